#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `polytome stream` on two bad sources at once, for a long time: does it come back after each fault, stay as large as it
# is, count what happened, and end as it should?
#
#     scripts/soak.sh POLYTOME [MINUTES]      default: 30 minutes
#
# One stream listens to MPEG-TS over UDP behind a relay that loses, doubles, swaps and damages datagrams; the other reads
# RTSP over TCP from a server that gets its own stream through such a relay. Senders and servers are held, killed and
# started again, and time stamps jump. Faults, their order and their seeds are the same in every run; the moments at
# which packets meet them are not.
#
# MEDIA: a folder with the samples; default: samples/ beside this folder. KEEP: a folder for the lines of both streams,
# the samples of memory (csv) and the faults; default: thrown away. Needs ffmpeg, jq, and python3 with GStreamer's RTSP
# server. Ends in a table; exit code 1 where something is not as it should be.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
polytome=$(realpath -e -- "${1:?usage: scripts/soak.sh POLYTOME [MINUTES]}")
seconds=$(awk -v minutes="${2:-30}" 'BEGIN { print int(60 * minutes) }')
media=$(realpath -e -- "${MEDIA:-$root/samples}")

stall=5          # seconds after which the streams take a silent source for lost
declare -A limit # seconds within which both picture and sound must be answered again after a fault
limit=([udp]=10 [rtsp]=30)
# KiB from the first third of the run to the last, in medians. FFmpeg fills two buffers of 5 MB after each connection over
# UDP, so that memory is a saw; it takes about ten minutes until thirds of it look alike.
most_growth=$((6 * 1024))
warm_up=10 # percent of the run that is left out of that
apart=2    # seconds from sample to sample
between=12 # seconds from the end of a fault to the next

# ---------------------------------------------------------------- what is needed

python=/usr/bin/python3 # Debian's own: it sees Debian's bindings
need() { # COMMAND PACKAGE
    command -v "$1" > /dev/null || { echo "scripts/soak.sh needs $1 (Debian: $2)" >&2; exit 2; }
}
need ffmpeg ffmpeg
need jq jq
need $python python3
$python - << 'END' || exit 2
import sys
def missing(what, package):
    sys.exit(f"scripts/soak.sh needs {what} (Debian: {package})")
try:
    import gi
except ImportError:
    missing("Python's GObject bindings", "python3-gi")
try:
    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import Gst
except (ImportError, ValueError):
    missing("GStreamer's RTSP server", "gir1.2-gst-rtsp-server-1.0")
Gst.init(None)
packages = {"good": ["udpsrc", "aacparse", "rtph264pay", "rtpmp4gpay"], "bad": ["tsdemux", "h264parse"]}
for package, elements in packages.items():
    for element in elements:
        Gst.ElementFactory.find(element) or missing(f"GStreamer's {element}", f"gstreamer1.0-plugins-{package}")
END

scratch=$(mktemp -d)
injectors=() streams=()
# shellcheck disable=SC2317 # it is called: by the trap
clean_up() {
    kill "${injectors[@]}" "${streams[@]}" 2> /dev/null || true
    wait
    if [ -n "${KEEP:-}" ]; then cp ./*.jsonl ./*.csv ./*.faults ./*.told "$KEEP" || true; fi
    cd / && rm -rf "$scratch"
}
if [ -n "${KEEP:-}" ]; then KEEP=$(mkdir -p "$KEEP" && realpath "$KEEP"); fi
cd "$scratch"
trap clean_up EXIT
trap 'exit 130' INT TERM

# ---------------------------------------------------------------- senders, servers, and what is between

# Half a minute of camera motions, with rain and speech, to be sent over and over without being encoded again.
make_clip() {
    local name
    for name in static-shot pan-left tilt-up zoom-in pan-right-three; do
        printf "file '$media/$name.mp4'\n%.0s" 1 2 3
    done > scenes
    ffmpeg -v error -f concat -safe 0 -i scenes -stream_loop -1 -i "$media/rain.ogg" -stream_loop -1 \
        -i "$media/nine.ogg" -filter_complex '[1:a]atrim=0:15,aresample=16000[rain];[2:a]atrim=0:15,aresample=16000[nine];
        [rain][nine]concat=n=2:v=0:a=1[sound]' -map 0:v -map '[sound]' -t 30 -c:v libx264 -preset veryfast \
        -tune zerolatency -g 25 -c:a aac -f mpegts clip.ts
}

# Hands datagrams on from one port to another: whole, or as badly as the last line of standard input says.
cat > relay.py << 'END'
import random, select, socket, sys

listen, target, seed = map(int, sys.argv[1:])
chance, fault, held = random.Random(seed), "none", None
port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
port.bind(("127.0.0.1", listen))

def damage(data):
    data = bytearray(data)
    for _ in range(20):
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    return data

def sent(data):
    """The datagrams that become of one, one time in ten; else it is sent as it came."""
    global held
    if fault == "loss":
        return []
    if fault == "doubling":
        return [data, data]
    if fault == "damage":
        return [damage(data)]
    if fault == "disorder" and held is None:
        held = data
        return []
    return [data]

while True:
    for ready in select.select([port, sys.stdin], [], [])[0]:
        if ready is sys.stdin:
            line = sys.stdin.readline()
            if not line:
                sys.exit()
            fault = line.strip()
            continue
        data = port.recv(65536)
        out = sent(data) if chance.random() < 0.1 else [data]
        if held is not None and out:
            out, held = [*out, held], None
        for datagram in out:
            port.sendto(datagram, ("127.0.0.1", target))
END

# Whatever comes to a port as MPEG-TS, as H.264 and AAC by RTSP.
cat > server.py << 'END'
import sys
import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer

Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch(
    f"( udpsrc address=127.0.0.1 port={sys.argv[2]} ! tsdemux name=in"
    " in. ! queue ! h264parse ! rtph264pay config-interval=-1 name=pay0 pt=96"
    " in. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97 )"
)
server.get_mount_points().add_factory("/live", factory)
server.attach(None)
GLib.MainLoop().run()
END

port=$((20000 + $$ % 20000))
declare -A relay_port target_port url
relay_port=([udp]=$port [rtsp]=$((port + 1)))
target_port=([udp]=$((port + 2)) [rtsp]=$((port + 3)))
rtsp_port=$((port + 4))
url=([udp]=udp://127.0.0.1:${target_port[udp]} [rtsp]=rtsp://127.0.0.1:$rtsp_port/live)

# In the injector's own process: `name` is the stream whose sender and server it holds.
start_sender() {
    ffmpeg -v quiet -nostdin -re -stream_loop -1 -i clip.ts -c copy -output_ts_offset "$offset" -f mpegts \
        "udp://127.0.0.1:${relay_port[$name]}?pkt_size=1316" {tell}>&- &
    sender=$!
}

start_server() {
    if [ "$name" = udp ]; then return; fi
    $python server.py $rtsp_port "${target_port[rtsp]}" > /dev/null 2>&1 {tell}>&- &
    server=$!
}

end_process() { # ID
    kill -KILL "$1" 2> /dev/null || true
    wait "$1" 2> /dev/null || true
}

# ---------------------------------------------------------------- faults

nap() { # SECONDS, of which a signal makes an end
    sleep "$1" &
    wait $!
}

relayed() { # KIND
    echo "$1" >&"$tell"
    nap 4
    echo none >&"$tell"
}

held() { # ID SECONDS
    kill -STOP "$1"
    nap "$2"
    kill -CONT "$1"
}

away() { # sender|server SECONDS
    end_process "${!1}"
    nap "$2"
    "start_$1"
}

jump() { # forward|back: a day of time stamps ends at 95443.7 seconds, which every other one goes over
    jumps=$((jumps + 1))
    case $1-$((jumps / 2 % 2)) in
    forward-0) offset=5000 ;;
    forward-1) offset=95430 ;;
    *) offset=100 ;;
    esac
    away sender 0
}

inject() { # KIND
    case $1 in
    loss | doubling | disorder | damage) relayed "$1" ;;
    'short stall') held "$sender" 3 ;;
    'long stall') held "$sender" $((2 * stall)) ;;
    restart) away sender 0 ;;
    outage) away sender $((3 * stall)) ;;
    'jump forward') jump forward ;;
    'jump back') jump back ;;
    'short server stall') held "$server" 3 ;;
    'long server stall') held "$server" $((2 * stall)) ;;
    'server restart') away server 0 ;;
    'server outage') away server $((3 * stall)) ;;
    esac
}

declare -A kinds_of
kinds_of[udp]='loss,short stall,doubling,jump forward,disorder,long stall,damage,jump back,restart,outage'
kinds_of[rtsp]='loss,short server stall,damage,server restart,short stall,long server stall,doubling,restart,disorder'
kinds_of[rtsp]+=',server outage,outage'

# inject_all NAME END: one fault after the other until there would be no time to get over it; the sender goes on.
inject_all() {
    local name=$1 end=$2 turn=0 offset=100 jumps=1 tell sender server='' kind kinds since
    IFS=, read -r -a kinds <<< "${kinds_of[$name]}"
    trap 'exit 0' TERM
    trap 'end_process "$sender"; [ -z "$server" ] || end_process "$server"' EXIT
    mkfifo "$name.tell"
    $python relay.py "${relay_port[$name]}" "${target_port[$name]}" 1 < "$name.tell" &
    exec {tell}> "$name.tell"
    start_sender
    start_server
    while nap $between; do
        if ((EPOCHSECONDS > end - 3 * stall - ${limit[$name]})); then continue; fi
        kind=${kinds[turn++ % ${#kinds[@]}]} since=$EPOCHREALTIME
        inject "$kind"
        printf '%s\t%s\t%s\n' "$kind" "$since" "$EPOCHREALTIME" >> "$name.faults"
    done
}

# ---------------------------------------------------------------- the run

names=(udp rtsp)
declare -A stream status
wrong=0
complain() {
    echo "wrong: $*"
    wrong=1
}

start_stream() { # NAME OPTION...
    local name=$1
    shift
    "$polytome" stream "${url[$name]}" --json --top 1 --hop 1 --stall $stall "$@" > "$name.jsonl" 2> "$name.told" &
    stream[$name]=$!
    streams+=($!)
    echo seconds,kib,descriptors,threads > "$name.csv"
}

sample() { # NAME
    local process=/proc/${stream[$1]} descriptors
    descriptors=("$process"/fd/*)
    awk -v seconds=$((EPOCHSECONDS - began)) -v descriptors=${#descriptors[@]} -v OFS=, '
        /^VmRSS:/ { kib = $2 } /^Threads:/ { threads = $2 }
        END { print seconds, kib, descriptors, threads }' "$process/status" >> "$1.csv"
}

watch() { # until END
    local name
    while ((EPOCHSECONDS < $1)); do
        for name in "${names[@]}"; do
            if ! kill -0 "${stream[$name]}" 2> /dev/null; then return; fi
            sample "$name"
        done
        nap $apart
    done
}

# Waits for the end of a stream that should come by now; its exit status, or "none".
collect() { # NAME
    local turns=0
    while kill -0 "${stream[$1]}" 2> /dev/null && ((turns++ < 150)); do sleep 0.1; done
    status[$1]=none
    if kill -0 "${stream[$1]}" 2> /dev/null; then return; fi
    status[$1]=0
    wait "${stream[$1]}" || status[$1]=$?
}

# ---------------------------------------------------------------- what became of it

# Faults by kind, and how long after each one until both picture and sound that came in after it were answered.
judge_faults() { # NAME
    jq -r 'select(.kind == "window")
        | [.modality, (.arrived[:19] + "Z" | fromdate) + (.arrived[19:23] | tonumber)] | @tsv' "$1.jsonl" > "$1.windows"
    awk -F '\t' -v name="$1" -v limit="${limit[$1]}" -v began="$began" '
        FILENAME ~ /windows$/ { at[$1, ++count[$1]] = $2; next }
        function after(modality, time,    i) {
            for (i = 1; i <= count[modality]; i++) if (at[modality, i] > time) return at[modality, i] - time
            return 1e9
        }
        {
            took = after("video", $3) > after("audio", $3) ? after("video", $3) : after("audio", $3)
            if (!total[$1]++) kinds[++different] = $1
            if (took <= limit) recovered[$1]++
            else { printf "wrong: %s: %s until second %.0f: not back within %d s\n", name, $1, $3 - began, limit; bad = 1 }
            if (took > slowest[$1]) slowest[$1] = took
        }
        END {
            for (i = 1; i <= different; i++)
                printf "%-5s %-18s %5d %9d %9.1f s\n", name, kinds[i], total[kinds[i]], recovered[kinds[i]],
                    slowest[kinds[i]]
            exit bad || !different
        }' "$1.windows" "$1.faults"
}

faults() { # NAME PATTERN: how many there were
    cut -f 1 "$1.faults" | grep -c -x -E "$2" || true
}

# Whether the closing line agrees with the lines before it, with the summary, and with what was done to the source.
judge_counts() { # NAME LOSSES JUMPS: at least so many
    local windows
    windows=$(jq -s 'map(select(.kind == "window")) | length' "$1.jsonl")
    jq -e -s --argjson windows "$windows" --argjson losses "$2" --argjson jumps "$3" '
        ([.[] | select(.kind == "window")] | group_by(.modality) | map(last.window + 1) | add) as $numbered
        | last | .kind == "source" and .windows == $windows and ($numbered - .windows - .dropped | fabs) <= 2
            and .losses >= $losses and .losses - .reconnects >= 0 and .losses - .reconnects <= 1
            and .time_jumps >= $jumps' "$1.jsonl" > /dev/null || complain "$1: the closing line's counts"
    grep -q "^polytome: $windows windows and " "$1.told" || complain "$1: the summary"
}

print_counts() { # NAME
    jq -r --arg name "$1" 'select(.kind == "source") | [$name, .windows, .dropped, .losses, .reconnects, .time_jumps,
        .decode_errors, (.latency_ms | .p50, .p99, .max | round)] | @tsv' "$1.jsonl" |
        awk -F '\t' '{ printf "%-5s %7d %7d %6d %10d %5d %7d %9d %5d %5d ms\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }'
}

median() { # NAME COLUMN FIRST LAST
    awk -F , -v column="$2" -v first="$3" -v last="$4" 'NR > first && NR <= last { print $column }' "$1.csv" | sort -n |
        awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

judge_growth() { # NAME
    local rows first third column old=() new=()
    rows=$(wc -l < "$1.csv")
    first=$((1 + rows * warm_up / 100)) third=$(((rows - 1 - rows * warm_up / 100) / 3))
    for column in 2 3 4; do
        old+=("$(median "$1" $column $first $((first + third)))")
        new+=("$(median "$1" $column $((rows - third)) "$rows")")
    done
    printf '%-5s %9.1f %5.1f MiB %9d %3d %9d %3d\n' "$1" "$(awk "BEGIN { print ${old[0]} / 1024 }")" \
        "$(awk "BEGIN { print ${new[0]} / 1024 }")" "${old[1]}" "${new[1]}" "${old[2]}" "${new[2]}"
    ((new[0] - old[0] <= most_growth)) || complain "$1: memory grew by $((new[0] - old[0])) KiB"
    [ "${old[*]:1}" = "${new[*]:1}" ] || complain "$1: descriptors or threads changed"
}

# ---------------------------------------------------------------- all of it

make_clip
end=$((EPOCHSECONDS + seconds))
for name in "${names[@]}"; do
    inject_all "$name" $end &
    injectors+=($!)
done
nap 3
began=$EPOCHSECONDS
start_stream udp
start_stream rtsp --duration $((end - began + 5))
watch $end
kill -TERM "${stream[udp]}" 2> /dev/null || true
for name in "${names[@]}"; do collect "$name"; done
for i in 0 1; do kill -0 "${injectors[i]}" 2> /dev/null || complain "${names[i]}: no more faults from some time on"; done

echo "$((EPOCHSECONDS - began)) seconds; stalls count from $stall"
echo
echo 'source fault             times recovered  at most in'
for name in "${names[@]}"; do judge_faults "$name" || wrong=1; done
echo
echo 'source windows dropped losses reconnects jumps damaged  latency: half, 99 %, all under'
for name in "${names[@]}"; do print_counts "$name"; done
echo
echo 'source memory: first, last third   descriptors   threads'
for name in "${names[@]}"; do judge_growth "$name"; done
echo
[ "${status[udp]}" = 130 ] || complain "udp: SIGTERM ended in status ${status[udp]}, not 130"
[ "${status[rtsp]}" = 0 ] || complain "rtsp: --duration ended in status ${status[rtsp]}, not 0"
judge_counts udp "$(faults udp 'outage|long stall')" "$(faults udp 'jump .*')"
judge_counts rtsp "$(faults rtsp '(long )?server (stall|restart|outage)|long server stall|outage')" 0
if [ $wrong -eq 0 ]; then echo "all as it should be"; fi
exit $wrong
