#!/usr/bin/env bash
# The large network of marginalised deals: train seeds 0-199, three deals of the other seats each; golden sets are standard ones.
#
#   bash cloud/cloud-train-v3-marginalized.sh     settings: cloud/common.sh, and those below; DRY_RUN=1 shows the commands
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"
TRAIN_SEEDS=${TRAIN_SEEDS:-0:200}
N_OPP_SEEDS=${N_OPP_SEEDS:-3}
N_PROCESSES=${N_PROCESSES:-$(nproc)}
SIZES=${SIZES:-817K}

shards=$DATA/shards-marginalized
or_without step forge campaign-marginalized --base-seed-range "$TRAIN_SEEDS" --n-opp-seeds "$N_OPP_SEEDS" \
  --batch-size "$N_PROCESSES" --out "$shards" --device "$DEVICE"
make_golden "$shards"
make_rows "$shards" "$OUT/tokenized-v3"
for size in $SIZES; do
  train_model "domino-v3-$size" "$size" "$OUT/tokenized-v3"
done
bundle cloud-train-v3-marginalized
