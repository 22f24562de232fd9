# SPDX-License-Identifier: MIT
need_jq
[[ $(id -u) != 0 ]] || skip "root reads everything"
mkdir closed
chmod 0 closed
make_wav a.wav
expect 1 polytome --json closed a.wav 2>/dev/null | jq -r '.path + " " + .status'
