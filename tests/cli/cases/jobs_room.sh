# SPDX-License-Identifier: MIT
# Fewer files at a time, and fewer threads, where the limits of the process leave no room for more.
if grep -q -e __asan_init -e __tsan_init "$POLYTOME"; then skip "sanitizers set aside memory of their own"; fi
need_jq
for ((i = 1; i <= 6; i++)); do make_wav $i.wav; done
# One job of one thread takes half of it; six, or eight threads, would take twice as much.
ulimit -v 1000000
polytome --json --threads 8 {1..6}.wav | jq -r .status | uniq -c
polytome --json --threads 8 --jobs 6 {1..6}.wav 2>complaint | jq -r .status | uniq -c
[[ ! -s complaint || $(cat complaint) == 'polytome: there was no room for 6 jobs, '* ]] || cat complaint
