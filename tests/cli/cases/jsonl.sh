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
expect 1 polytome --json -j 2 --files-from list --jsonl 2>complaints >lines
jq -c '[.line, .path, has("id"), .id, .status, .error.code]' lines
cat complaints
# Results are a list themselves: what failed is tried again.
make_wav missing.wav
jq -c 'select(.path == "missing.wav")' lines | polytome --json --jsonl --files-from - | jq -c '[.path, .id, .status]'
expect 2 polytome --jsonl a.wav
