# SPDX-License-Identifier: MIT
# The recipes of docs/batch.md: each gives every result once.
need_jq
plain() {
    sed 's/"ms":{[^}]*}/"ms":{}/'
}
PATH=$(dirname "$POLYTOME"):$PATH
mkdir files
for ((i = 1; i <= 12; i++)); do make_wav "files/with space $i.wav"; done
find files -name '*.wav' -print0 | sort -z >list0
tr '\0' '\n' <list0 >list
polytome --json --files-from list | plain | sort >wanted

seq 4 | xargs -P 2 -I{} polytome --json --shard {}/4 --files-from list -o xargs.{}.jsonl
cat xargs.*.jsonl | plain | sort | cmp - wanted
xargs -0 -n 5 -P 2 sh -c 'exec polytome --json -o "batch.$$.jsonl" -- "$@"' sh <list0
cat batch.*.jsonl | plain | sort | cmp - wanted

mkdir slurm
for task in 1 2 3; do
    SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=3 SLURM_CPUS_PER_TASK=2 \
        bash "$SAMPLES/slurm-array.sh" list slurm
done
cat slurm/labels.*.jsonl | plain | sort | cmp - wanted

if command -v parallel >/dev/null; then
    parallel -j 2 polytome --json --shard {}/3 --files-from list -o parallel.{}.jsonl ::: 1 2 3
    cat parallel.*.jsonl | plain | sort | cmp - wanted
fi
