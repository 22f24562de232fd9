# SPDX-License-Identifier: MIT
# Pictures that are decoded in another order than they are shown have the same windows from a pipe as from the file: the
# first few of Matroska and NUT do not say when they are decoded, which is no jump of the clock.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
ffmpeg -v error -encoders | grep libx264 >/dev/null || skip "ffmpeg has no libx264"
printf "file '$SAMPLES/%s.mp4'\n" pan-right-three zoom-in tilt-up >list
windows() {
    polytome stream --json -q "$1" | jq -c 'if .kind == "source" then {frames_decoded, time_jumps}
        elif .kind == "window" then {modality, from, to, labels} else empty end' | sort
}
for container in mkv nut; do
    film=film.$container
    ffmpeg -v error -f concat -safe 0 -i list -r 5 -c:v libx264 -preset slow -bf 8 -b_strategy 0 "$film"
    windows "$film" >file
    # shellcheck disable=SC2002 # a pipe cannot seek
    cat "$film" | windows - >pipe
    diff file pipe
    echo "$container $(grep -c labels pipe) windows, $(grep frames pipe)"
done
