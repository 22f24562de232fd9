# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav 2
make_y4m b.y4m
base() {
    base64 <"$1" | tr -d '\n'
}
# One line for each request, in order, each with the id as it was written, or the number of its line.
{
    printf '{"id":1,"path":"a.wav"}\n'
    printf '{"path":"b.y4m"}\n\n \t\r\n'
    printf '{"id":"data","data":"%s"}\n' "$(base a.wav)"
    printf '{"id":0.12345678901234567,"path":"nowhere.wav"}\n'
    printf '{"id":null,"op":"ping"}\r\n'
    printf '{"id":"\\u00e9","op":"info"}'
} | polytome serve >lines
jq -c '[(.id | if type == "number" then floor else . end), .line, .path, .op, .status, .error.code]' lines
sed -n 4p lines | cut -c 1-36
echo '{"id":0.1,"op":"ping"}' | polytome serve | cut -c 1-10
jq -c 'select(.op == "info") | [(.version | length > 0), .video.num_labels, (.audio.labels | length), .image]' lines

# The same answers as classify's, but for the key in front.
wanted() {
    polytome --json "$@" | sed 's/"ms":{[^}]*}//'
}
served() {
    polytome serve "$@" | sed 's/"ms":{[^}]*}//; s/^{"id":0,/{/'
}
printf '{"id":0,"path":"a.wav"}\n{"id":0,"path":"b.y4m"}' | served | cmp - <(wanted a.wav b.y4m)
printf '{"id":0,"path":"b.y4m"}' | served --top 0 --logits -r 10 --trace --sampling first |
    cmp - <(wanted --top 0 --logits -r 10 --trace --sampling first b.y4m)
# What a request asks for holds for itself alone.
printf '%s\n' '{"id":0,"path":"a.wav","top":0,"threshold":0.01,"logits":true,"trace":true,"r":7,"start":0.5,"duration":1}' \
    '{"id":0,"path":"a.wav"}' '{"id":0,"path":"a.wav","r":"2x"}' '{"id":0,"path":"b.y4m","only":"video","sampling":"uniform"}' |
    served | cmp - <(
        wanted --top 0 --threshold 0.01 --logits --trace -r 7 --start 0.5 --duration 1 a.wav
        wanted a.wav
        wanted -r 2x a.wav
        wanted --only video --sampling uniform b.y4m
    )
# A file named "-" is a file, and standard input goes on.
cp a.wav ./-
printf '{"id":1,"path":"-"}\n{"id":2,"op":"ping"}' | polytome serve | jq -c '[.id, .status]'

expect 2 polytome serve a.wav
expect 3 polytome serve -m nowhere </dev/null
polytome serve </dev/null
expect 3 polytome serve <.
if [[ -c /dev/full ]]; then echo '{"op":"ping"}' | expect 3 polytome serve >/dev/full; fi
