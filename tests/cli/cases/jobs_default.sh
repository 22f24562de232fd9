# SPDX-License-Identifier: MIT
# As many files at a time as there are threads, where nothing is asked for.
need_jq
for ((i = 1; i <= 6; i++)); do make_wav $i.wav $i; done
mkfifo a b c
# Three are read at once: the last can be written first.
polytome --json --unordered --threads 3 a b c >lines &
for ((i = 3; i >= 1; i--)); do
    fifo=$(echo abc | cut -c $i)
    timeout 60 cp $i.wav $fifo || fail "nobody reads $fifo"
    for ((wait = 0; wait < 600 && $(wc -l <lines) + i < 4; wait++)); do sleep 0.05; done
done
wait
jq -r '[.path, .duration] | @tsv' lines
# One thread reads one at a time.
polytome --json --threads 1 a b >lines &
cp 2.wav a
cp 4.wav b
wait
jq -r '[.path, .duration] | @tsv' lines
# Merging that is measured is measured once, unless several jobs are asked for.
polytome --json -r 1000ms --threads 2 {1..6}.wav | jq -c .audio.tokens.r | uniq -c
expect 2 polytome -j 2 -r 1000ms 1.wav
