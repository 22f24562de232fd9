#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A long file with known changes in picture and sound, made of the samples: is every change found within one hop, does
# memory stay where it is for ten seconds, and is the speed the same all along?
#
# A window that a change lies in may be answered with what is before it or behind it. So hops, by which changes must be
# found, are a little longer than half of a video's window, two seconds, and no divisor of what is between changes.
#
#     scripts/long_file.sh [HOURS [HOP]]      default: 3 hours, 1.1 seconds
#
# POLYTOME: the command to measure; default: build/release/cli/polytome. Needs ffmpeg and jq. Three hours take about
# ten minutes on two cores. Ends in a table; exit code 1 where something is not as it should be.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
hours=${1:-3} hop=${2:-1.1}
polytome=$(realpath -e -- "${POLYTOME:-$root/build/release/cli/polytome}")
most_growth=$((10 * 1024)) # KiB
for tool in ffmpeg jq; do
    command -v $tool > /dev/null || { echo "scripts/long_file.sh needs $tool" >&2; exit 2; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

# One round of 30 seconds: samples, each over and over, and what is to be seen and heard from when on.
period=30
scenes=(static-shot pan-left tilt-up zoom-in pan-right-three)
sounds=(rain.ogg nine.ogg seven.wav)
cat > round << 'END'
video	0	static shot
video	6	pan left
video	12	tilt up
video	18	zoom in
video	24	pan right
audio	0	rain
audio	10	nine
audio	20	seven
END

make_round() {
    local name inputs=() filter=
    for name in "${scenes[@]}"; do printf "file '$root/samples/$name.mp4'\n%.0s" 1 2 3; done > scenes
    for name in "${sounds[@]}"; do
        filter+="[$((${#inputs[@]} / 4 + 1)):a]atrim=0:10,aresample=16000[$name];"
        inputs+=(-stream_loop -1 -i "$root/samples/$name")
    done
    filter+="$(printf '[%s]' "${sounds[@]}")concat=n=${#sounds[@]}:v=0:a=1[sound]"
    ffmpeg -v error -f concat -safe 0 -i scenes "${inputs[@]}" -filter_complex "$filter" -map 0:v -map '[sound]' \
        -t $period -c:v libx264 -preset veryfast -crf 20 -g 50 -c:a flac round.mkv
}

make_long() { # SECONDS FILE
    ffmpeg -v error -stream_loop -1 -i round.mkv -t "$1" -c copy "$2"
}

# measure FILE LINES: the timeline, and beside it how much memory it took at most, and each second how far it is.
measure() {
    "$polytome" timeline --json --best --hop "$hop" "$1" > "$2" &
    local run=$! started=$SECONDS turn=0
    while kill -0 $run 2> /dev/null; do
        sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$run/status" > peak.now 2> /dev/null || true
        if [ -s peak.now ]; then cp peak.now "$2.peak"; fi
        if ((turn++ % 50 == 49)); then
            echo "$((SECONDS - started)) $(tail -n 5 "$2" | jq -R 'fromjson? | select(.kind == "window") | .to' | tail -n 1)"
        fi
        sleep 0.02
    done > "$2.speed"
    wait $run
}

make_round
seconds=$(awk -v hours="$hours" 'BEGIN { print int(hours * 3600) }')
make_long 10 short.mkv
make_long "$seconds" long.mkv
measure short.mkv short
measure long.mkv long

# The longest hop of each modality: they are rounded so that neighbours share patches. The first and the last window
# stand for more.
jq -r 'select(.window > 0) | [.modality, .to - .from] | @tsv' long |
    awk -F '\t' '$1 in last { if (last[$1] > hop[$1]) hop[$1] = last[$1] } { last[$1] = $2 }
        END { for (m in hop) print m "\t" hop[m] }' > hops
# Every change that was made, and the end of the old label's event or the begin of the new one's, whichever is nearer.
jq -r 'select(.kind == "event") | [.modality, .label, .start, .end] | @tsv' long > events
awk -F '\t' -v OFS='\t' -v period=$period -v seconds="$seconds" '
    { modality[NR] = $1; offset[NR] = $2; label[NR] = $3 }
    END {
        for (base = 0; base < seconds; base += period)
            for (i = 1; i <= NR; i++)
                if (base + offset[i] + 2 <= seconds) {
                    if (old[modality[i]] != "") print modality[i], base + offset[i], old[modality[i]], label[i]
                    old[modality[i]] = label[i]
                }
    }' round > changes
awk -F '\t' '
    function bin(modality, time) { return int(time / hop[modality]) }
    FILENAME == "hops" { hop[$1] = $2; next }
    FILENAME == "events" {
        found[$1, "begin", $2, bin($1, $3)] = $3
        found[$1, "end", $2, bin($1, $4)] = $4
        next
    }
    function look(modality, what, label, time,    i, off) {
        for (i = bin(modality, time) - 2; i <= bin(modality, time) + 2; i++)
            if ((modality, what, label, i) in found) {
                off = found[modality, what, label, i] - time
                if (off < 0) off = -off
                if (off < best) best = off
            }
    }
    {
        best = 1e9
        look($1, "end", $3, $2)
        look($1, "begin", $4, $2)
        total[$1]++
        if (best > hop[$1] + 0.001) { missed[$1]++; print "missed: " $1 " " $4 " at " $2 > "/dev/stderr" }
        else if (best > worst[$1]) worst[$1] = best
    }
    END {
        for (m in total)
            printf "%s\t%d\t%d\t%.3f\t%.3f\n", m, total[m], total[m] - missed[m], worst[m], hop[m]
    }' hops events changes | LC_ALL=C sort > found

# Media seconds labelled in each second, over each third of the run.
awk '$2 != "" { time[++n] = $1; place[n] = $2 }
    END {
        for (third = 0; third < 3; third++) {
            first = int(1 + third * (n - 1) / 3); last = int(1 + (third + 1) * (n - 1) / 3)
            printf "%.0f%s", (place[last] - place[first]) / (time[last] > time[first] ? time[last] - time[first] : 1),
                third < 2 ? " " : "\n"
        }
    }' long.speed > speed

short_peak=$(cat short.peak) long_peak=$(cat long.peak)
read -r -a speeds < speed
wrong=0
echo "$hours hours of picture and sound, windows $hop seconds apart"
while IFS=$'\t' read -r modality total good worst apart; do
    echo "$modality: $good of $total changes found, the worst $worst seconds off; windows up to $apart seconds apart"
    [ "$good" -eq "$total" ] || wrong=1
done < found
[ "$(wc -l < found)" -eq 2 ] || wrong=1
echo "memory: $((short_peak / 1024)) MiB for 10 seconds, $((long_peak / 1024)) MiB for all of it"
[ $((long_peak - short_peak)) -le $most_growth ] || wrong=1
echo "speed: ${speeds[0]}, ${speeds[1]} and ${speeds[2]} times real time in the first, second and last third"
awk -v a="${speeds[0]}" -v b="${speeds[2]}" 'BEGIN { exit !(b >= 0.8 * a) }' || wrong=1
[ $wrong -eq 0 ] && echo "all as it should be"
exit $wrong
