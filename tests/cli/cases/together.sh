# SPDX-License-Identifier: MIT
# Files wait for each other in a pass, but not behind one that may keep its reader waiting, and each has its own stamp.
need_jq
for ((i = 1; i <= 9; i++)); do make_wav $i.wav; done
mkfifo later
: >early
# What is done before the pipe has a writer is there although the pass has room for more.
polytome --unordered -j 1 --json 1.wav 2.wav 3.wav later 4.wav >early 2>complaints &
for ((i = 0; i < 600; i++)); do
    (($(wc -l <early) == 3)) && break
    sleep 0.05
done
jq -r .path early
touch 4.wav # has not been looked at yet
cat 5.wav >later
wait
jq -r .path early | tail -n 2
cat complaints
# A limit of time that is kept changes nothing.
polytome --json --batch 64 --threads 1 --timeout-per-file 60 {1..9}.wav | jq -r .status | sort | uniq -c
# The same results, whatever they share a pass with and however many do; a file that is none takes nothing from them.
echo "not sound" >6.wav
lines() {
    polytome --json --logits --top 0 "$@" {1..9}.wav 2>/dev/null | sed 's/"ms":{[^}]*}//'
}
expect 1 lines --batch 1 >alone
for options in '' '--batch 2' '--batch 64' '-j 2' '-j 3 --batch 4' '--threads 2 --batch 5'; do
    # shellcheck disable=SC2086 # several words
    expect 1 lines $options | cmp - alone
done
expect 2 polytome --batch 65 1.wav
