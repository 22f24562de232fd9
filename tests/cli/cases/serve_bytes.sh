# SPDX-License-Identifier: MIT
need_jq
# A name that is not UTF-8 is asked for by its bytes, as answers give them back.
make_wav $'bad\xff.wav' || skip "the file system takes no such names"
make_wav a.wav
{
    printf '{"id":1,"path_bytes":"626164ff2e776176"}\n{"id":2,"path_bytes":"626164ff2e776176","path":"a.wav"}\n'
    printf '{"id":3,"path_bytes":"626164FF"}\n{"id":4,"path_bytes":"61002e"}\n{"id":5,"path_bytes":7,"path":"a.wav"}\n'
    printf '{"id":6,"path_bytes":"","path":"a.wav"}\n{"id":7,"path_bytes":"61","op":"ping"}\n'
    printf '{"id":8,"path_bytes":"612e776176","start":0.1}\n'
} | polytome serve | jq -c '[.id, .path, .path_bytes, .error.message // .status]'
