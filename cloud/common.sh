# shellcheck shell=bash
# What the scripts and task files of this folder share; `. cloud/common.sh` in bash.
#
# Every setting is an environment variable. With DRY_RUN=1 commands are printed, not run.

set -euo pipefail

OUT=${OUT:-cloud-run}                            # all that a run makes
DATA=${DATA:-$OUT/data}                          # shards, shared by all runs that name it
VAL_SEEDS=${VAL_SEEDS:-900:910}                  # golden
TEST_SEEDS=${TEST_SEEDS:-950:960}                # golden, for a last report
SAMPLES_PER_SHARD=${SAMPLES_PER_SHARD:-50000}
EPOCHS=${EPOCHS:-20}
BATCH_SIZE=${BATCH_SIZE:-4096}
PRECISION=${PRECISION:-bf16-mixed}
DEVICE=${DEVICE:-auto}
WANDB_GROUP=${WANDB_GROUP:-}                     # none: nothing is logged at W&B
DRY_RUN=${DRY_RUN:-0}

die() {
  printf 'error: %s\n' "$*" >&2
  exit 2
}

# Print a command, and run it unless DRY_RUN=1.
step() {
  printf '+ %s\n' "$*"
  [ "$DRY_RUN" = 1 ] || "$@"
}

group() { [ -z "$WANDB_GROUP" ] || printf -- '--wandb-group\n%s\n' "$WANDB_GROUP"; }

# The options of a network by its number of parameters.
size_options() {
  case $1 in
    73K) echo --n-layers 2 --n-heads 4 --embed-dim 64 --ff-dim 128 ;;
    275K) echo --n-layers 3 --n-heads 6 --embed-dim 96 --ff-dim 256 ;;
    817K) echo --n-layers 4 --n-heads 8 --embed-dim 128 --ff-dim 512 ;;
    3.3M) echo --n-layers 4 --n-heads 8 --embed-dim 256 --ff-dim 1024 ;;
    *) die "a size must be 73K, 275K, 817K or 3.3M, got $1" ;;
  esac
}

# make_shards FOLDER A:B: one declaration a seed; what is there stays. A deal that the memory is too small for is
# named and left out (exit code 1), and the run goes on without it.
make_shards() { or_without step forge generate --seed-range "$2" --out "$1" --device "$DEVICE"; }

# Run a step that may leave something out.
or_without() {
  local code=0
  "$@" || code=$?
  [ "$code" -le 1 ] || return "$code"
}

# make_golden FOLDER: the val and test sets, which are of standard deals in every training.
make_golden() {
  make_shards "$1" "$VAL_SEEDS"
  make_shards "$1" "$TEST_SEEDS"
}

# make_rows SHARDS FOLDER
make_rows() {
  step forge tokenize --input "$1" --output "$2" --max-samples-per-shard "$SAMPLES_PER_SHARD"
}

# train_model NAME SIZE ROWS [OPTION...]: train, go on where a run was stopped, measure and write the card; once.
train_model() {
  local name=$1 size=$2 rows=$3 runs=$OUT/runs/$1 options=() start=() grouped=() last best
  shift 3
  if [ -f "$OUT/models/$name.ckpt" ]; then
    echo "$OUT/models/$name.ckpt is there already"
    return
  fi
  read -ra options <<<"$(size_options "$size")"
  mapfile -t grouped < <(group)
  last=$(newest "$runs" last.ckpt)
  [ -z "$last" ] || start=(--resume "$last")
  step forge train --data "$rows" --run-dir "$runs" --epochs "$EPOCHS" --batch-size "$BATCH_SIZE" \
    --precision "$PRECISION" "${options[@]}" "$@" "${start[@]}" "${grouped[@]}"
  best=$(newest "$runs" best.ckpt)
  step forge promote --checkpoint "${best:-$runs/domino/version_0/checkpoints/best.ckpt}" --name "$name" \
    --to "$OUT/models" --no-limit --data "$rows" --device "$DEVICE"
}

# newest RUNS FILE: the checkpoint that was written last; nothing where there is none.
newest() {
  [ ! -d "$1" ] || find "$1" -path "*/checkpoints/$2" -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-
}

# bundle NAME: checkpoints, logs and cards of a run in one file, put in place whole.
bundle() {
  local file=$OUT/$1.tar.gz
  step tar -czf "$file.part" -C "$OUT" runs models
  step mv "$file.part" "$file"
  echo "made: $file"
}

# block_of FIRST N: the seeds of this node, A:B, of N from FIRST on that all nodes of a task share.
block_of() {
  local rank=${SKYPILOT_NODE_RANK:-0} nodes=${SKYPILOT_NUM_NODES:-1}
  echo "$(($1 + $2 * rank / nodes)):$(($1 + $2 * (rank + 1) / nodes))"
}

# Where cloud-setup.sh has installed forge, unless it was there before.
find_forge() { command -v forge >/dev/null || PATH=$PWD/${VENV:-.venv}/bin:$PATH; }

# make_games FOLDER A:B WORLDS: E[Q] games of the seeds; what is there stays.
make_games() {
  local first=${2%:*} last=${2#*:} missing
  missing=$((last - first - $(count_between "$1" "$first" "$last")))
  [ "$missing" -gt 0 ] || return 0
  step forge generate-eq-continuous --start-seed "$first" --limit "$missing" --n-samples "$3" \
    --output-dir "$1" --device "$DEVICE"
}

# count_between FOLDER A B: files of seeds A to B - 1.
count_between() {
  [ -d "$1" ] || { echo 0; return; }
  find "$1" -name 'seed_*.pt' -printf '%f\n' | sed 's/^seed_0*\([0-9]\)/\1/; s/\.pt$//' | awk -v a="$2" -v b="$3" '$1 >= a && $1 < b { n++ } END { print n + 0 }'
}

# turn_flywheel FOLDER: make it where there is none, and let it go on for at most MAX_HOURS.
turn_flywheel() {
  local more=()
  read -ra more <<<"${FLYWHEEL_OPTIONS:-}"
  if [ ! -f "$1/state.yaml" ]; then
    step forge flywheel init --dir "$1" --start-seed "$START_SEED" --seeds-per-iter "$SEEDS_PER_ITER" \
      --iterations "$ITERATIONS" --precision "$PRECISION" --device "$DEVICE" "${more[@]}"
  fi
  step timeout --preserve-status "${MAX_HOURS}h" forge flywheel --dir "$1"
}
