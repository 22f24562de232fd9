# SPDX-License-Identifier: MIT
# From a web server: a file waits for its reader and nothing of it is dropped, however fast it comes; a playlist that
# grows is lost when the server goes away, and connected again when it is back. Nothing is answered twice.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
command -v python3 >/dev/null || skip "python3 is not installed"
port=$((20000 + ($$ + 7) % 20000))
mkdir www
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
kill "$sender"
wait "$sender" || true
# What was answered is not answered again. A playlist that nobody writes any more is not there again, however often it
# is connected; and once it is closed, that is the end.
ffmpeg -v error -nostdin -f lavfi -i "$picture" -t 6 -c:v mpeg2video -g 25 -f hls -hls_time 2 -hls_flags omit_endlist \
    www/stale.m3u8
: >said
"$POLYTOME" stream "http://127.0.0.1:$port/stale.m3u8" --stall 3 --json --rows windows --top 1 >lines 2>said &
stream=$!
for _ in $(seq 300); do
    grep -q 'trying again' said && break
    sleep 0.1
done
sleep 8
echo '#EXT-X-ENDLIST' >>www/stale.m3u8
status=0
wait "$stream" || status=$?
echo "status $status"
jq -c 'select(.kind == "source") | [.windows, .losses, .reconnects]' lines
grep -c 'there again' said || true
# A file whose connection breaks off, between key frames and twice, goes on there to the picture and to the sample, though
# the server begins anew.
ffmpeg -v error -nostdin -f lavfi -i "$picture" -f lavfi -i sine=frequency=440:sample_rate=48000 -t 20 \
    -c:v mpeg2video -g 250 -bf 2 -c:a mp2 -f mpegts www/long.ts
cat >parts.py <<'EOF'
import http.server, sys
answers = []
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        answers.append(self.path)
        data, tries = open('www' + self.path, 'rb').read(), answers.count(self.path)
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        if self.path == '/long.ts':
            self.wfile.write(data[:len(data) * (tries + 1) // 4])
        else: # first up to its samples
            self.wfile.write(data if tries > 1 else data[:data.index(b'mdat') + 4])
    def log_message(self, *what):
        pass
server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
print('yes', flush=True)
server.serve_forever()
EOF
# An MP4 with its index at the end needs a server that knows ranges: no other attempt would get further.
ffmpeg -v error -nostdin -f lavfi -i "$picture" -t 20 -c:v mpeg4 -q:v 1 www/late.mp4
for wish in '' '--duration 1'; do
    # shellcheck disable=SC2086 # words
    expect 1 timeout 60 "$POLYTOME" stream $wish "http://127.0.0.1:$port/late.mp4" 2>&1 | sed "s/:$port//"
done
kill "$server"
wait "$server" || true
python3 parts.py "$((port + 1))" >listens &
server=$!
for _ in $(seq 100); do
    [ -s listens ] && break
    sleep 0.1
done
for run in broken whole; do
    "$POLYTOME" stream "http://127.0.0.1:$((port + 1))/long.ts" --json --rows windows --top 1 --no-adapt -q >lines
    jq -c 'select(.kind == "source") | [.status, .losses, .reconnects, .frames_decoded, .decode_errors]' lines
    jq -c 'select(.kind != "source") | [.modality, .start, .end, .labels]' lines | LC_ALL=C sort >"$run"
done
cmp broken whole && grep -c . broken
# Nor is one whose connection breaks off before the first picture given up: its index is where it should be.
ffmpeg -v error -nostdin -f lavfi -i "$picture" -t 4 -c:v mpeg4 -movflags +faststart www/early.mp4
timeout 60 "$POLYTOME" stream "http://127.0.0.1:$((port + 1))/early.mp4" --json --rows windows --top 1 -q |
    jq -c 'select(.kind == "source") | [.status, .losses, .reconnects, .frames_decoded, .decode_errors]'
