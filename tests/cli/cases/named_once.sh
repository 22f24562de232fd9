# SPDX-License-Identifier: MIT
# A complaint names its file once and in full, and then says why.
odd=$'a\eb\xc2\x9bc.wav'
echo "not sound" >"$odd"
expect 1 polytome "$odd"
expect 1 polytome --json $'gone\t.wav' >/dev/null
# The library's sentences have 512 bytes, and leave the middle of a long name out.
long=$(printf 'x%.0s' {1..200})
mkdir -p "$long/$long/$long"
echo "not sound" >"$long/$long/$long/bad.wav"
expect 1 polytome "$long/$long/$long/bad.wav" 2>complaints
sed 's/x\{200\}/X/g' complaints
# Lists that come from Windows.
printf 'a.wav\r\n' | expect 1 polytome --files-from -
