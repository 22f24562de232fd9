# SPDX-License-Identifier: MIT
# As interrupt and interrupt_twice, with several jobs: what was done is kept, and a second signal leaves nothing aside.
need_jq
for ((i = 1; i <= 20; i++)); do make_wav $i.wav 20; done
for ((i = 1; i <= 400; i++)); do echo $((i % 20 + 1)).wav; done >list
for ((i = 1; i <= 400; i++)); do echo "$SAMPLES/cut.mp4"; done >clips
"$POLYTOME" --json -j 3 -o out.json --journal journal --files-from list 2>complaints &
run=$!
wait_for_results
kill -TERM $run
expect 130 wait $run
jq -e -s 'length > 0 and all(.status == "ok")' out.json
(($(wc -l <journal) - 1 == $(wc -l <out.json))) || fail "the journal and the results differ"
grep -c 'then interrupted$' complaints
interrupt_in_window -j 3 --files-from clips
