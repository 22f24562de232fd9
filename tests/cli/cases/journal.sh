# SPDX-License-Identifier: MIT
# A run that is killed and started again writes what it would have written.
need_jq
plain() {
    sed 's/"ms":{[^}]*}/"ms":{}/'
}
for ((i = 1; i <= 40; i++)); do make_wav $i.wav 4; done
echo "not sound" >7.wav
for ((i = 1; i <= 40; i++)); do printf '{"path":"%d.wav","id":%d}\n' $i $((i / 2)); done >list
run() {
    polytome --json --jsonl --files-from list --journal journal -j 2 "$@"
}
lines() {
    if [[ -e journal ]]; then wc -l <journal; else echo 0; fi
}
expect 1 polytome --json --jsonl --files-from list 2>/dev/null | plain >whole

killed=0
for ((try = 0; try < 40 && killed < 3; try++)); do
    "$POLYTOME" --json --jsonl --files-from list --journal journal -j 2 -o out.json 2>/dev/null &
    victim=$!
    enough=$(($(lines) + 6))
    while kill -0 $victim 2>/dev/null && (($(lines) < enough)); do :; done
    kill -KILL $victim 2>/dev/null || true
    if wait $victim 2>/dev/null || (($? == 1)); then break; fi # it was done first
    [[ ! -e out.json ]] || fail "a killed run has its output"
    killed=$((killed + 1))
done
((killed > 0)) || fail "no run was killed"
printf '{"path":"8.wav","size":1' >>journal # torn
expect 1 run -o out.json 2>/dev/null
plain <out.json | cmp - whole
# Every line is whole again, and each file that was labelled stands there once.
jq -r 'select(.path) | [.path, .id] | @tsv' journal | sort | uniq -c | awk '$1 != 1' >twice
[[ ! -s twice ]] || fail "$(cat twice)"
jq -r 'select(.path) | .path' journal | wc -l
expect 1 run 2>complaints | plain | cmp - whole
tail -n 1 complaints

# A file that is another one is done again; so is a damaged line, and all of it where settings differ.
touch 8.wav
expect 1 run 2>&1 >/dev/null | tail -n 1
sed -i '5s/rooster/REDHEAD/; 5s/"id":[0-9]*/"id":99/' journal
expect 1 run 2>complaints | plain | cmp - whole
sed '/known format/d' complaints
expect 1 run --top 1 2>&1 >/dev/null | sed '/known format/d'
# What cannot be trusted is not touched.
echo '{"schema":1}' >other
expect 3 polytome --journal other 1.wav
cat other
mkdir folder
expect 3 polytome --journal folder 1.wav
# What the run depends on stands in it: the processor's kernels, and the shipped model's own file.
jq -r 'select(.run) | .run' journal | grep -c 'default-v0.safetensors file [0-9]* [0-9]*; kernels [a-z0-9]*'
expect 2 polytome --journal new -r 40ms 1.wav 2>/dev/null
expect 2 polytome --journal new -r 40MS 1.wav 2>/dev/null
# One new file under two names is one.
expect 2 polytome --journal new -o ./new 1.wav 2>/dev/null
expect 2 polytome timeline 1.wav -o new.csv -o ./new.csv 2>/dev/null
ls new* 2>/dev/null || true
[[ ! -e new ]] || fail "a journal was made"
# One run at a time: this one has it from before it opens the list.
mkfifo names
"$POLYTOME" -q --journal journal --files-from names >/dev/null 2>&1 &
first=$!
exec 9>names
expect 3 polytome --journal journal 1.wav
exec 9>&-
wait $first
# What was left to the model is told from what was asked for: a packed model answers them differently.
rm journal
for precision in auto f32; do polytome --only audio 1.wav --precision $precision --journal journal >auto-$precision; done
jq -r 'select(.run) | .run' journal | grep -o 'precision [^,]*'
