# SPDX-License-Identifier: MIT
# As interrupt and interrupt_twice, with several jobs: what was done is kept, and a second signal leaves nothing aside.
need_jq
for ((i = 1; i <= 20; i++)); do make_wav $i.wav 20; done
for ((i = 1; i <= 400; i++)); do echo $((i % 20 + 1)).wav; done >list
for ((i = 1; i <= 400; i++)); do echo "$SAMPLES/cut.mp4"; done >clips
started() {
    local i
    for ((i = 0; i < 1500; i++)); do
        grep -qs '"schema":1' out.json.* && return
        sleep 0.02
    done
    fail "nothing was written"
}
"$POLYTOME" --json -j 3 -o out.json --journal journal --files-from list 2>complaints &
run=$!
started
kill -TERM $run
expect 130 wait $run
jq -e -s 'length > 0 and all(.status == "ok")' out.json
(($(wc -l <journal) - 1 == $(wc -l <out.json))) || fail "the journal and the results differ"
grep -c 'then interrupted$' complaints
for ((try = 0; try < 40; try++)); do
    rm -f out.json
    "$POLYTOME" --cpu scalar --threads 1 -j 3 --only video -r off --json -o out.json --files-from clips 2>/dev/null &
    run=$!
    started
    sleep 0.0$((try % 8 + 1))
    kill -INT $run
    sleep 0.01
    kill -INT $run 2>/dev/null || true
    expect 130 wait $run
    compgen -G 'out.json.*' && fail "a file was left aside"
    [[ -e out.json ]] || break
done
[[ ! -e out.json ]] || fail "every run ended in order"
