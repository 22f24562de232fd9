# SPDX-License-Identifier: MIT
# Pictures that are decoded in another order than they are shown keep their times in a clip: the first few of Matroska
# and NUT do not say when they are decoded.
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
ffmpeg -v error -encoders | grep libx264 >/dev/null || skip "ffmpeg has no libx264"
printf "file '$SAMPLES/%s.mp4'\n" pan-right-three zoom-in tilt-up >list
times() {
    ffprobe -v error -select_streams v -show_entries frame=pts_time -of csv=p=0 "$1" | grep -o '^[0-9.]*'
}
for container in mkv nut; do
    film=film.$container
    ffmpeg -v error -f concat -safe 0 -i list -an -r 5 -c:v libx264 -preset slow -bf 8 -b_strategy 0 -g 16 "$film"
    polytome timeline -q --best --on 0.3 --off 0.3 "$film" --cut "$container" >/dev/null
    for clip in "$container"/*; do
        echo "$clip" "$(times "$clip" | awk 'NR > 1 {printf "%.1f\n", $1 - last} {last = $1}' | sort | uniq -c)"
    done
done
# A clip that is over before the second key frame holds what is shown in it, though a later picture is decoded first.
polytome timeline -q --only video --best --on 0 --min 0 --duration 1.2 film.mkv --cut short >/dev/null
for clip in short/*; do
    echo "$clip" "$(times "$clip" | paste -sd' ')"
done
