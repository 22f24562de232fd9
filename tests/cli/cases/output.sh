# SPDX-License-Identifier: MIT
make_wav a.wav
polytome --json a.wav | sed 's/"ms":{[^}]*}//' >wanted
polytome --json -o out.json a.wav
sed 's/"ms":{[^}]*}//' out.json | cmp - wanted
# Nothing is left behind, and what stood there stays, when a run cannot start or its results cannot be written.
mkdir clean
cd clean || exit
expect 3 polytome -m nowhere -o new.json ../a.wav 2>/dev/null
expect 2 polytome -r nonsense -o new.json ../a.wav 2>/dev/null
expect 3 polytome -o nowhere/new.json ../a.wav 2>/dev/null
expect 3 polytome -o . ../a.wav 2>/dev/null
[[ -z $(ls -A) ]] || fail "left behind: $(ls -A)"
echo old >kept.json
expect 3 polytome -m nowhere -o kept.json ../a.wav 2>/dev/null
[[ $(cat kept.json) == old ]] || fail "the old file was touched"
# A failed input has its line, and the file is complete; links and modes stay.
chmod 640 kept.json
ln -s kept.json link.json
expect 1 polytome --json -o link.json missing.wav ../a.wav 2>/dev/null
wc -l <kept.json
stat -c %a kept.json
[[ -L link.json ]] || fail "the link was replaced"
ls
# What the run reads is not written over, under whatever name.
cp ../a.wav b.wav
ln -s b.wav other.wav
printf 'b.wav\n' >list
: >journal
expect 2 polytome b.wav -o b.wav
expect 2 polytome --json b.wav -o other.wav
expect 2 polytome timeline b.wav --format csv -o ./b.wav
expect 2 polytome stream b.wav --format csv -o b.wav
expect 2 polytome bench --plot b.wav b.wav
expect 2 polytome --files-from list -o list
expect 2 polytome --json b.wav --journal journal -o journal
expect 2 polytome --json b.wav --journal none -o none
cmp b.wav ../a.wav
rm b.wav other.wav list journal
# A device is written to, not replaced.
polytome -o /dev/null ../a.wav
[[ -c /dev/null ]] || fail "/dev/null was replaced"
if [[ -c /dev/full ]]; then
    expect 3 polytome ../a.wav >/dev/full
    expect 3 polytome version >/dev/full
fi
