# SPDX-License-Identifier: MIT
# Whatever a line holds, it gets an answer, and so does the next one.
need_jq
make_wav a.wav
{
    printf 'hello\n{"id":1\n[]\n"a"\n\xff\xfe\n{"id":2,"path":"\xff"}\n{"id":2,"path":"a\\u0000b"}\n'
    printf '{"id":3}\n{"id":3,"path":"a.wav","data":""}\n{"id":3,"id":4,"op":"ping"}\n{"id":{},"op":"ping"}\n'
    printf '{"id":5,"path":7}\n{"id":5,"path":""}\n{"id":5,"data":"QUJ"}\n{"id":5,"data":"QU=C"}\n{"id":5,"data":"QUJ="}\n'
    printf '{"id":5,"data":"QUJD\\n"}\n{"id":5,"data":""}\n{"id":5,"data":"QUJD"}\n{"id":5,"op":"stop"}\n'
    printf '{"id":6,"path":"a.wav","TOP":1}\n{"id":6,"path":"a.wav","top":-1}\n{"id":6,"path":"a.wav","top":1.5}\n'
    printf '{"id":6,"path":"a.wav","threshold":"1"}\n{"id":6,"path":"a.wav","only":"smell"}\n{"id":6,"path":"a.wav","logits":1}\n'
    printf '{"id":6,"path":"a.wav","r":"zebra"}\n{"id":6,"path":"a.wav","r":-1}\n{"id":6,"path":"a.wav","start":1e10}\n'
    printf '{"id":6,"path":"a.wav","only":"image"}\n{"id":6,"path":"a.wav","max-pixels":1}\n{"id":1e999,"op":"ping"}\n'
    printf '{"id":7,"path":"a.wav","top":1}\n'
    printf '{"id":8,"path":"a.wa'
} | polytome serve >lines
jq -r '"\(.id) \(.line) \(.error.code) \(.error.message // "" | gsub("column [0-9]+.*"; ""))"' lines

# A line that is longer than allowed is passed over, however long it is.
{
    printf '{"id":1,"op":"ping"}\n{"id":2,"path":"%0100d"}\n{"id":3,"op":"ping"}\n' 1
    head -c 64000000 /dev/zero | tr '\0' x
    printf '\n{"id":4,"op":"ping"}%80s\n' ' '
    printf '{"id":5,"op":"ping"}%81s\n{"id":6,"op":"ping"}\n' ' '
    head -c 1000 /dev/zero
} | polytome serve --max-request-bytes 100 >lines
jq -c '[.id, .line, .status, .error.code]' lines
jq -r '.error.message // empty' lines | head -n 1
