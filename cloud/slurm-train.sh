#!/usr/bin/env bash
# A training on two machines of a Slurm cluster, four GPUs each, by Lightning's own Slurm support: srun starts the same
# line for every GPU, and Lightning reads from Slurm's variables who is who. No machine with a GPU has run this yet.
#
#   sbatch cloud/slurm-train.sh              DATA_FOLDER, RUN_DIR: storage that all machines have
#
# Slurm sends SIGTERM two minutes before the end: the step in hand is finished and a checkpoint written. Submitted again it
# goes on from there, with as many processes.
#SBATCH --job-name=forge-train
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=8
#SBATCH --mem=128G
#SBATCH --time=08:00:00
#SBATCH --signal=TERM@120
#SBATCH --output=slurm-%j.out
here=${SLURM_SUBMIT_DIR:-.}/cloud
# shellcheck source=common.sh
. "$here/common.sh"
DATA_FOLDER=${DATA_FOLDER:-data/tokenized}
RUN_DIR=${RUN_DIR:-runs/slurm}
SIZE=${SIZE:-3.3M}
SRUN=${SRUN:-srun}

read -ra options <<<"$(size_options "$SIZE")"
start=()
last=$(newest "$RUN_DIR" last.ckpt)
[ -z "$last" ] || start=(--resume "$last")
step "$SRUN" forge train --data "$DATA_FOLDER" --run-dir "$RUN_DIR" --epochs "$EPOCHS" --batch-size "$BATCH_SIZE" \
  --precision "$PRECISION" --loss-mode qvalue "${options[@]}" "${start[@]}" \
  --num-nodes "${SLURM_JOB_NUM_NODES:-2}" --devices "${SLURM_NTASKS_PER_NODE:-4}" --strategy "${STRATEGY:-ddp}"
