# SPDX-License-Identifier: MIT
# Fewer files at a time where the limits of the process leave no room for more.
if grep -q -e __asan_init -e __tsan_init "$POLYTOME"; then skip "sanitizers set aside memory of their own"; fi
need_jq
for ((i = 1; i <= 6; i++)); do make_wav $i.wav; done
# Each thread needs 128 MiB of address space, and each job 384 beside its session.
ulimit -v 1800000
polytome --json --threads 8 {1..6}.wav | jq -r .path
polytome --json --threads 8 --jobs 3 {1..6}.wav | wc -l
