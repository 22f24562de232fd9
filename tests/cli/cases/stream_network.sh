# SPDX-License-Identifier: MIT
# A sender over UDP that stops, and comes back with time stamps an hour on: windows go on, the jump is counted, and
# Ctrl-C ends the run with its summary. Losses over TCP are counted once each.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
port=$((20000 + $$ % 20000))
"$POLYTOME" stream "udp://127.0.0.1:$port" --only video --json --rows windows --top 1 -q >lines &
stream=$!
send() {
    ffmpeg -v error -nostdin -re -f lavfi -i testsrc2=size=64x64:rate=25 -t "$1" -c:v mpeg2video -g 5 -output_ts_offset "$2" \
        -f mpegts "udp://127.0.0.1:$port?pkt_size=1316"
}
sleep 0.5
send 4.5 0
sleep 1
send 4.5 3600
for _ in $(seq 100); do
    [ "$(grep -c '"window"' lines)" -ge 3 ] && break
    sleep 0.1
done
kill -INT "$stream"
status=0
wait "$stream" || status=$?
echo "status $status"
jq -s -c '[.[] | select(.kind == "window")] | [length >= 3, (map(.from) | . == sort), all(.ms.latency < 4000)]' lines
jq -c 'select(.kind == "source") | [.time_jumps >= 1, .duration < 60, .decoders_opened >= 1]' lines
# A stamp that says when a picture is shown, five hours late by damage, makes no picture of five hours.
ffmpeg -v error -f lavfi -i testsrc2=size=64x64:rate=10 -t 6 -c:v mpeg2video -bf 0 clean.ts
ffmpeg -v error -i clean.ts -c copy -bsf:v 'setts=pts=PTS+eq(N\,30)*90000*20000' damaged.ts
"$POLYTOME" stream --json --rows windows - < <(cat damaged.ts) 2>/dev/null |
    jq -c 'select(.kind == "window" or .kind == "source") | [.kind, .from, .to, .windows]'
# Pictures that no decoder takes, as FFmpeg's MPEG-2 counts its edges into the limit, are no good end.
ffmpeg -v error -f lavfi -i testsrc2=size=128x96:rate=10:duration=1 -c:v mpeg2video edges.ts
expect 1 polytome stream edges.ts --max-pixels 12500
# A connection that breaks off is one loss, however often it takes to connect again.
serve() {
    ffmpeg -v error -nostdin -re -f lavfi -i testsrc2=size=64x64:rate=25 -t "$1" -c:v mpeg2video -g 5 -f mpegts \
        "tcp://127.0.0.1:$port?listen=1" 2>/dev/null
}
serve 3 &
server=$!
sleep 1
"$POLYTOME" stream "tcp://127.0.0.1:$port" --only video --json --rows windows --top 1 >lines 2>said &
stream=$!
wait "$server" || true
sleep 3
serve 3 || true
sleep 0.5
kill -INT "$stream"
wait "$stream" || true
jq -c 'select(.kind == "source") | [.losses, .reconnects, (.last_loss | length > 0)]' lines
sed "s/:$port//; /there again/q" said # that the next attempts are refused as well is not told
# At the speed of time stamps: those of the next writer of a FIFO begin an hour on, and are not waited for.
mkfifo fifo
"$POLYTOME" stream fifo --pace --duration 6 --only video --json --rows windows --top 1 -q >lines &
stream=$!
write() {
    ffmpeg -v error -nostdin -y -re -f lavfi -i testsrc2=size=64x64:rate=25 -t 2 -c:v mpeg2video -g 5 \
        -output_ts_offset "$1" -f mpegts fifo
}
write 0
sleep 1
write 3600
wait "$stream"
jq -c 'select(.kind == "source") | [.reconnects, .frames_decoded > 60]' lines
