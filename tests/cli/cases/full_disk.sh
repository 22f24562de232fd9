# SPDX-License-Identifier: MIT
# The results or the journal cannot grow any more: status 3, no half of a file, and what the journal holds is whole.
need_jq
plain() {
    sed 's/"ms":{[^}]*}/"ms":{}/'
}
mkdir files
for ((i = 1; i <= 30; i++)); do make_wav files/$i.wav; done
for ((i = 1; i <= 30; i++)); do echo files/$i.wav; done >list
polytome --json --files-from list | plain >whole
run() {
    polytome --json -j 2 --files-from list "$@"
}
# A limit on the size of files stands for the disk.
limited() (
    ulimit -f 8
    "$@"
)
expect 3 limited run -o out.json
expect 3 limited run --journal journal >/dev/null
ls
jq -c . journal >/dev/null
lines=$(wc -l <journal)
((lines > 3 && lines < 30)) || fail "$lines lines in the journal"
[[ $(tail -c 1 journal) == '' ]] || fail "the journal's last line is torn"
# With room again the run goes on where it was.
run --journal journal -v 2>summary | plain | cmp - whole
grep -q "$((lines - 1)) of them taken from the journal" summary || fail "$(cat summary)"
if [[ -c /dev/full ]]; then
    expect 3 run --journal other >/dev/full
    run --journal other | plain | cmp - whole
fi
