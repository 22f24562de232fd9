# SPDX-License-Identifier: MIT
# A source window by window: a file is labelled as timeline labels it; a generator in step; events run a command, and
# labels reach it through the environment only; what cannot be opened is one sentence.
need_jq
clip=$SAMPLES/pan-right-three.mp4
# Up to where a window answers the next one tells; of a source nobody knows that a window is its last.
windows='select(.kind == "window") | [.modality, .window, .start, .end, .from, .labels]'
polytome timeline --json --rows windows --hop 0.5 "$clip" | jq -c "$windows" | sort >wanted
polytome stream --json --rows windows --hop 0.5 "$clip" 2>/dev/null | jq -c "$windows" | sort | cmp - wanted
polytome stream --json --rows windows --hop 0.5 - <"$clip" 2>/dev/null | jq -c "$windows" | sort | cmp - wanted
polytome stream --json -q "$clip" | jq -c 'select(.kind == "source") | [.status, .windows, .dropped, .decoders_opened]'
# A generator: its 4 seconds are two windows; at the speed of its time stamps each tells its latency.
generator='lavfi:testsrc2=size=64x64:rate=10'
polytome stream --json -q --duration 4 --top 1 "$generator" |
    jq -c 'select(.kind == "window") | [.modality, .from, .to, .ms.latency >= 0, (.arrived | length)]'
polytome stream --pace -q --json --duration 2 "$generator" | jq -c 'select(.kind == "source") | [.windows, .dropped]'
# Windows that overlap, of a camera with one picture a second, which the next one ends: none is left out.
polytome stream --pace -q --json --duration 4 --hop 1 'lavfi:testsrc2=size=64x64:rate=1' >slow
jq -c 'select(.kind == "source") | [.windows, .dropped, .latency_ms.max < 2000]' slow
# The window that the end cuts short is answered, and tells its latency, too.
polytome stream --pace -q --json --rows windows --duration 3 "$generator" >short
jq -c 'select(.kind == "window") | [.to, .ms.latency >= 0, (.arrived | length)]' short
jq -c 'select(.kind == "source") | [.windows, .dropped]' short
# The last window answers no further than --duration, and than the pictures go.
for end in '--duration 3.3' ''; do
    # shellcheck disable=SC2086
    polytome stream -q --json --rows windows $end "$generator:duration=3.3" | jq -c 'select(.kind == "window") | .to'
done
# Commands at the begin and at the end of events, neither waited for nor able to be anything but what was asked for.
# What was inherited under their names does not reach them.
# shellcheck disable=SC2016
POLYTOME_LABEL=stale polytome stream -q --only video "$clip" --exec 'echo "$POLYTOME_LABEL" >>labels' >/dev/null
for _ in $(seq 50); do
    [ "$(grep -c . labels 2>/dev/null)" = 2 ] && break
    sleep 0.1
done
sort -u labels
# shellcheck disable=SC2016
polytome stream -q --only video "$clip" >/dev/null 2>&1 --exec \
    'echo $$ >>sleepers; echo "$POLYTOME_EVENT $POLYTOME_MODALITY $POLYTOME_LABEL" >>told; exec sleep 60'
for _ in $(seq 50); do
    [ "$(grep -c . told 2>/dev/null)" = 2 ] && break
    sleep 0.1
done
sort told
xargs kill <sleepers
polytome stream -q -o events.srt "$clip"
grep -c 'pan right' events.srt
# Rows are there at once, and a stream that is started again goes on behind them, after a line that was torn.
"$POLYTOME" stream -q --pace --rows all -o rows.csv -o log.jsonl --hop 0.5 "$generator" &
for _ in $(seq 200); do
    grep -q '"kind":"window"' log.jsonl 2>/dev/null && break
    sleep 0.1
done
kill -TERM $!
wait $! || echo "status $?"
printf 'torn' >>rows.csv
polytome stream -q --only video -o rows.csv -o log.jsonl "$clip"
grep -c '^kind' rows.csv
# Rows that bear numbers go on counting.
for _ in 1 2; do polytome stream -q --rows windows --top 2 -o rows.selections.txt "$clip"; done
awk -F '\t' 'NR > 1 && $1 != NR - 1 { print "row " NR - 1 " is numbered " $1 } END { print (NR > 5) }' rows.selections.txt
tail -2 rows.csv | cut -d, -f1-3
jq -r 'select(.kind == "source") | .status' log.jsonl
# A pipe whose writer takes longer than --duration is waited for: it counts by the pictures' own clock.
make_y4m slow.y4m 75
{
    head -c 20000 slow.y4m
    sleep 4
    tail -c +20001 slow.y4m
} | polytome stream -q --json --duration 2 - | jq -c 'select(.kind == "source") | [.status, .duration]'
# One that hangs is given up.
polytome stream -q --json --duration 1 --stall 1 - < <(head -c 20000 slow.y4m && sleep 20) |
    jq -c 'select(.kind == "source") | [.status, .duration]'
expect 1 polytome stream --max-seconds 0.001 slow.y4m
expect 2 polytome stream
expect 2 polytome stream "$generator" --stall 0
expect 2 polytome stream nosuch://user:secret@source
expect 2 polytome stream "$generator" --input-options http_proxy=http://user:secret@proxy
expect 1 polytome stream missing.mp4
expect 1 polytome stream rtsp://user:secret@127.0.0.1:9/none
printf '#EXTM3U\n#EXTINF:3,\n%s\n' "$clip" >list.m3u8
expect 1 polytome stream list.m3u8
printf 'ffconcat version 1.0\nfile %s\n' "$clip" | expect 1 polytome stream -
expect 1 polytome stream 'lavfi:nosuchfilter' 2>told
grep -c 'lavfi:nosuchfilter: cannot be opened: ' told
# Who never writes is not waited for longer than he is wanted.
mkfifo silent
expect 1 timeout 60 "$POLYTOME" stream silent --duration 0.2 --stall 0.3
# A source without an end stops where nobody takes the results.
[[ -c /dev/full ]] || skip "there is no /dev/full"
expect 3 timeout 60 "$POLYTOME" stream --json 'lavfi:testsrc=rate=16:size=64x64:duration=100000' >/dev/full
# Devices that are not there are one sentence, whatever their libraries print; so are formats that lack a setting.
polytome stream alsa:nosuch 2>told || true
if grep -q libavdevice told; then echo 1; else grep -c . told; fi
head -c 100000 /dev/zero | expect 2 polytome stream - --input-format rawvideo
