# SPDX-License-Identifier: MIT
need_jq
make_wav good.wav
make_y4m 'also good.y4m'
echo "not sound" >bad.wav
: >empty.wav
printf '%s\n' good.wav bad.wav '' empty.wav 'also good.y4m' >list
expect 1 polytome --json --files-from list >lines 2>complaints
jq -r '.path + " " + .status + " " + (.error.code // "-")' lines
grep -q '^polytome: .*bad\.wav' complaints || fail "no complaint about bad.wav"
tail -n 1 complaints
