# SPDX-License-Identifier: MIT
# Sessions come and go thousands of times where each file has its own time, and none is lost.
echo "not sound" >bad.wav
for ((i = 0; i < 4000; i++)); do echo bad.wav; done >list
expect 1 polytome -q --json --threads 4 --timeout-per-file 60 --files-from list 2>/dev/null | wc -l
# Nor where a session cannot be opened while the others are through. Sanitizers set aside memory of their own.
for ((i = 1; i <= 6; i++)); do cp bad.wav $i.wav; done
limit=unlimited
if ! grep -q -e __asan_init -e __tsan_init "$POLYTOME"; then
    limit=200000
    while (ulimit -v $limit; polytome -q -j 1 --threads 1 1.wav 2>/dev/null) || (($? != 1)); do limit=$((limit + 10000)); done
    limit=$((limit + 50000))
fi
ulimit -v $limit
six_jobs() {
    expect 1 timeout 60 "$POLYTOME" -q --json --threads 8 -j 6 {1..6}.wav 2>>complaints
}
no_room() {
    [[ $limit == unlimited ]] || grep -q 'there was no room for 6 jobs' complaints
}
for ((i = 0; i < 20; i++)); do six_jobs; done | wc -l
# It is missing only where they are at work at the same time.
for ((i = 0; i < 200; i++)); do if no_room; then break; else six_jobs >/dev/null; fi; done
no_room
