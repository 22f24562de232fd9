# SPDX-License-Identifier: MIT
# A sender that goes: what came before is answered and its events end at once, not when it is back; and what it brings
# then that it did not bring before is labelled, too. Who listens hears it as soon as it sends.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
port=$((20000 + ($$ + 13) % 20000))
picture='testsrc2=size=64x64:rate=25' sound='anoisesrc=amplitude=0.1'
mkfifo fifo
: >lines
: >said
# until_said COUNT PATTERN FILE: waits for so many lines.
until_said() {
    for _ in $(seq 300); do
        [ "$(grep -c "$2" "$3")" -ge "$1" ] && break
        sleep 0.1
    done
}
"$POLYTOME" stream fifo --on 0 --off 0 --best --json --top 1 >lines 2>said &
stream=$!
ffmpeg -v error -nostdin -y -f lavfi -i "$picture" -t 5 -c:v mpeg2video -f mpegts fifo
until_said 1 'trying again' said
until_said 3 '"event"' lines
jq -c 'select(.kind == "window" or .kind == "event") | [.kind, .modality]' lines | sort | uniq -c | sed 's/^ *//'
ffmpeg -v error -nostdin -y -f lavfi -i "$picture" -f lavfi -i "$sound" -t 5 -c:v mpeg2video -c:a mp2 -f mpegts fifo
until_said 2 'trying again' said
until_said 6 '"window","modality":"video"' lines
until_said 4 '"window","modality":"audio"' lines
kill -INT "$stream"
wait "$stream" || true
jq -r 'select(.kind == "window") | .modality' lines | sort | uniq -c | sed 's/^ *//'
# Over UDP: nobody is deaf between two attempts.
: >lines
: >said
"$POLYTOME" stream "udp://127.0.0.1:$port" --stall 3 --only video --json --rows windows --top 1 >lines 2>said &
stream=$!
send() {
    ffmpeg -v error -nostdin -re -f lavfi -i "$picture" -t "$1" -c:v mpeg2video -g 5 -f mpegts \
        "udp://127.0.0.1:$port?pkt_size=1316" &
    sender=$!
}
send 100
until_said 1 '"window"' lines
kill "$sender"
until_said 1 'trying again' said
sleep 20 # attempts of three seconds, and doubled pauses: it would not listen from 19.5 to 27.5 s
send 7
until_said 1 'there again' said
kill -INT "$stream"
wait "$stream" || true
sed "s/:$port//; /windows/d" said | head -n 2 # a machine that stands still for a second adds more
