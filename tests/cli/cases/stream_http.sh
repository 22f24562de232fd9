# SPDX-License-Identifier: MIT
# From a web server: a file waits for its reader and nothing of it is dropped, however fast it comes; a playlist that
# grows is lost when the server goes away, and connected again when it is back.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
command -v python3 >/dev/null || skip "python3 is not installed"
port=$((20000 + ($$ + 7) % 20000))
mkdir www
server='' sender='' stream=''
trap 'kill $server $sender $stream 2>/dev/null || true' EXIT
serve() {
    (cd www && exec python3 -m http.server --bind 127.0.0.1 "$port" >/dev/null 2>&1) &
    server=$!
    for _ in $(seq 100); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        sleep 0.1
    done
}
# until_windows COUNT: waits for so many lines.
until_windows() {
    for _ in $(seq 300); do
        [ "$(grep -c '"window"' lines)" -ge "$1" ] && break
        sleep 0.1
    done
}
picture='testsrc2=size=64x64:rate=25'
ffmpeg -v error -nostdin -f lavfi -i "$picture" -t 60 -c:v mpeg2video -g 25 -f mpegts www/file.ts
serve
"$POLYTOME" stream "http://127.0.0.1:$port/file.ts" --json --rows windows --top 1 -q |
    jq -c 'select(.kind == "source") | [.status, .windows, .dropped, .losses]'
ffmpeg -v quiet -nostdin -re -f lavfi -i "$picture" -c:v mpeg2video -g 25 -f hls -hls_time 1 www/live.m3u8 &
sender=$!
for _ in $(seq 100); do
    [ -e www/live.m3u8 ] && break
    sleep 0.1
done
: >lines # until_windows may come first
"$POLYTOME" stream "http://127.0.0.1:$port/live.m3u8" --stall 3 --json --rows windows --top 1 -q >lines &
stream=$!
until_windows 1
kill "$server"
wait "$server" || true
sleep 6
before=$(grep -c '"window"' lines || true)
serve
until_windows $((before + 2))
kill -INT "$stream"
wait "$stream" || true
jq -c 'select(.kind == "source") | [.losses, .reconnects]' lines
