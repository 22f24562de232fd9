# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav
make_wav $'bad\xff.wav' || skip "the file system takes no such names"
cat >list <<'END'
{"path":"a.wav","id":17}
{"id":{"set":["x",null,1.5]},"path":"a.wav"}
{"path":"missing.wav","id":"gone"}
{"path":"a.wav"}
{"path_bytes":"626164ff2e776176","path":"bad?.wav","id":"exact"}


{"path":""}
{"path":"a.wav","path":"b.wav"}
{"path":"a\u0000.wav"}
{"path_bytes":"6"}
{"path_bytes":"00"}
{"id":3}
["a.wav"]
a.wav
END
sed -i '7s/^/ \t/' list # blanks are no line either
expect 1 polytome --json -j 2 --files-from list --jsonl 2>complaints >lines
jq -c '[.line, .path, has("id"), .id, .status, .error.code]' lines
cat complaints
# A number comes back with the digits that it had, also from the journal.
printf '{"path":"a.wav","id":%s}\n' 0.1 '[2.5,-1e-7]' 0.30000000000000004 12345678901234567 >numbers
for _ in first second; do polytome --json --jsonl --files-from numbers --journal journal -v | cut -d : -f 2 | cut -c 1-20; done
# Results are a list themselves: what failed is tried again.
make_wav missing.wav
jq -c 'select(.path == "missing.wav")' lines | polytome --json --jsonl --files-from - | jq -c '[.path, .id, .status]'
expect 2 polytome --jsonl a.wav
