# SPDX-License-Identifier: MIT
# Ten thousand files of which a hundred are broken, killed three times on the way: nothing lost, nothing twice.
[[ -n ${POLYTOME_TEST_LONG:-} ]] || skip "it takes minutes: set POLYTOME_TEST_LONG=1"
if grep -q -e __asan_init -e __tsan_init "$POLYTOME"; then skip "sanitizers take too long"; fi
need_jq
plain() {
    sed 's/"ms":{[^}]*}/"ms":{}/'
}
mkdir files
for ((i = 0; i < 20; i++)); do
    make_wav sound.wav 1 $((8000 + 400 * i))
    mapfile -t copies < <(seq -f files/%05g.wav $i 20 9999)
    tee "${copies[@]}" <sound.wav >/dev/null
done
mapfile -t broken < <(seq -f files/%05g.wav 50 100 9999)
for ((i = 0; i < 100; i += 4)); do
    echo "not sound" >"${broken[i]}"
    : >"${broken[i + 1]}"
    head -c 30 sound.wav >"${broken[i + 2]}"
    rm "${broken[i + 3]}"
done
seq -f files/%05g.wav 0 9999 >list

expect 1 polytome --json -j 2 --files-from list -o whole 2>complaints
tail -n 1 complaints
for ((enough = 2000; enough <= 8000; enough += 3000)); do
    "$POLYTOME" --json -j 2 --files-from list -o out.json --journal journal 2>/dev/null &
    victim=$!
    while [[ ! -e journal ]] || (($(wc -l <journal) < enough)); do sleep 0.1; done
    kill -KILL $victim
    wait $victim 2>/dev/null || true
    [[ ! -e out.json ]] || fail "a killed run has its output"
done
expect 1 polytome --json -j 2 --files-from list -o out.json --journal journal 2>complaints
grep -q '9900 labelled, 100 failed' complaints || fail "$(tail -n 1 complaints)"
cmp <(plain <out.json) <(plain <whole)
jq -r .path out.json | cmp - list
jq -r 'select(.status == "error").path' out.json | cmp - <(printf '%s\n' "${broken[@]}")
jq -r 'select(.path).path' journal | sort | uniq -d | wc -l
