#!/usr/bin/env bash
# A medium and a large policy network, 275K and 817K parameters, of train seeds 0-99.
#
#   bash cloud/cloud-train-medium-large.sh     settings: cloud/common.sh, and those below; DRY_RUN=1 shows the commands
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"
TRAIN_SEEDS=${TRAIN_SEEDS:-0:100}
SIZES=${SIZES:-275K 817K}

make_shards "$DATA/shards-standard" "$TRAIN_SEEDS"
make_golden "$DATA/shards-standard"
make_rows "$DATA/shards-standard" "$OUT/tokenized"
for size in $SIZES; do
  train_model "domino-ml-$size" "$size" "$OUT/tokenized"
done
bundle cloud-train-medium-large
