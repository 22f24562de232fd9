# SPDX-License-Identifier: MIT
# Each event as a clip of its own, which other programs read from its begin to its end.
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
clips=(static-shot pan-left cut tilt-up)
printf "file '$SAMPLES/%s.mp4'\n" "${clips[@]}" >list
ffmpeg -v error -f concat -safe 0 -i list -c copy clip.mp4
polytome timeline clip.mp4 --cut made/ -o events.csv
polytome timeline -q --hop 0.1 --min 0.3 "$SAMPLES/two.flac" --cut made >/dev/null
for clip in made/*; do
    ffmpeg -v error -xerror -i "$clip" -f null -
    case $clip in
    *.flac) echo "$clip" ;; # does not say how long it is
    *) echo "$clip $(ffprobe -v error -show_entries format=duration -of csv=p=0 "$clip")" ;;
    esac
done
# The very label that was found, from the clip alone.
polytome --only video made/*.mp4 | grep -E -A 1 '^made' | grep -o 'video  .*' | sed 's/ *[0-9.]* %//'
# The picture begins behind the first sound: that clip is sound alone, and the picture's begins with its key frame.
ffmpeg -v error -itsoffset 3 -i "$SAMPLES/pan-left.mp4" -i "$SAMPLES/two.flac" -map 0:v -map 1:a -c copy late.mkv
polytome timeline -q --on 0.3 late.mkv --cut late >/dev/null
# It begins within the sound: the clip has all of that, and the picture from there on.
ffmpeg -v error -itsoffset 0.3 -i "$SAMPLES/pan-left.mp4" -i "$SAMPLES/two.flac" -map 0:v -map 1:a -c copy within.mkv
polytome timeline -q --on 0.3 --only audio within.mkv --cut within >/dev/null
ffprobe -v error -select_streams v -show_entries packet=pts_time -of csv=p=0 within/001_* | sed 's/,$//' | head -n 1
for clip in late/* within/*; do
    echo "$clip" "$(ffprobe -v error -show_entries stream=codec_type -of csv=p=0 "$clip" | paste -sd' ')" \
        "$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$clip")"
done
# A clip that would take the place of what it is cut from is refused.
mkdir same
cp "$SAMPLES/two.flac" same/001_0-00-00.0_two.flac
expect 2 polytome timeline -q --hop 0.1 same/001_0-00-00.0_two.flac --cut same >/dev/null 2>&1
cmp same/001_0-00-00.0_two.flac "$SAMPLES/two.flac"
# Labels cannot leave the folder, nor hide in it.
if type -P jq >/dev/null; then
    mkdir model
    cp "$SAMPLES/../tests/golden/videomae/"{model.safetensors,preprocessor_config.json} model
    jq '.id2label |= with_entries(.value = "../.." + .value + "/\n*é") | .label2id = {}' \
        "$SAMPLES/../tests/golden/videomae/config.json" >model/config.json
    polytome timeline -q -m model --best --on 0 "$SAMPLES/pan-left.mp4" --cut odd >/dev/null
    ls odd
fi
mkdir clean
cd clean || exit
expect 2 polytome timeline - --cut out <../clip.mp4
echo kept >file
expect 3 polytome timeline ../clip.mp4 --cut file
expect 3 polytome timeline ../clip.mp4 --cut nowhere/out
ls
