#!/usr/bin/env bash
# The large policy network with a value head and the Q-value network, 817K and 3.3M parameters, of train seeds 0-199.
#
#   bash cloud/cloud-train-v2.sh     settings: cloud/common.sh, and those below; DRY_RUN=1 shows the commands
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"
TRAIN_SEEDS=${TRAIN_SEEDS:-0:200}
POLICY_SIZE=${POLICY_SIZE-817K}                  # empty: none
QVALUE_SIZE=${QVALUE_SIZE-3.3M}                  # empty: none

make_shards "$DATA/shards-standard" "$TRAIN_SEEDS"
make_golden "$DATA/shards-standard"
make_rows "$DATA/shards-standard" "$OUT/tokenized-v2"
if [ -n "$POLICY_SIZE" ]; then
  train_model "domino-v2-$POLICY_SIZE" "$POLICY_SIZE" "$OUT/tokenized-v2" --value-weight 0.5
fi
if [ -n "$QVALUE_SIZE" ]; then
  train_model "domino-qval-v2-$QVALUE_SIZE" "$QVALUE_SIZE" "$OUT/tokenized-v2" --loss-mode qvalue
fi
bundle cloud-train-v2
