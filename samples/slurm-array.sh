#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#SBATCH --job-name=polytome
#SBATCH --array=1-16
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=08:00:00
#SBATCH --requeue
# Labels the files of a list, a part in each task of the array:
#
#     sbatch samples/slurm-array.sh LIST FOLDER
#
# A task that was killed or requeued goes on where it was; run the array again and what is done is only copied.
set -euo pipefail

list=$1
folder=$2
task=$SLURM_ARRAY_TASK_ID
status=0
polytome --json --files-from "$list" --shard "$task/$SLURM_ARRAY_TASK_COUNT" --threads "${SLURM_CPUS_PER_TASK:-1}" \
    --journal "$folder/journal.$task" -o "$folder/labels.$task.jsonl" || status=$?
# 1: some files failed, and each has its line. The array is not to be stopped for them.
((status <= 1)) || exit "$status"
