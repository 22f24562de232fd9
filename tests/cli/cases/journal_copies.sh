# SPDX-License-Identifier: MIT
# Files that were copied back are no longer those of the journal, which is said.
need_jq
mkdir files
for ((i = 1; i <= 3; i++)); do make_wav files/$i.wav; done
run() {
    polytome --json --journal journal "$@" files
}
run | wc -l
cp -a files copies
mv files away
mv copies files
run | wc -l
wc -l <journal
# Now these are its files; what another run asked for, or another id, says nothing.
run -v 2>&1 >/dev/null | tail -n 1
cp -a files/1.wav copy
mv copy files/1.wav
run --top 1 | wc -l
run -q | wc -l
# Times that 64 bits of nanoseconds do not hold are their ends.
touch -d 2400-01-01 files/1.wav
if (($(stat -c %Y files/1.wav) == $(date -d 2400-01-01 +%s))); then
    polytome --journal times files/1.wav >/dev/null
    [[ $(jq 'select(.path) | .modified == 9223372036854775807' times) == true ]] || fail "$(cat times)"
fi
# A journal that somebody removes is missed at the end.
mkfifo names
"$POLYTOME" --json -o out.json --journal removed --files-from names &
run=$!
exec 9>names
echo files/2.wav >&9
until [[ -s removed && -s $(compgen -G 'out.json.??????') ]]; do sleep 0.02; done
rm removed
exec 9>&-
wait $run
wc -l <out.json
