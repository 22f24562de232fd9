# SPDX-License-Identifier: MIT
# Programs that read each format find the labels in it, whatever characters these are made of.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
clips=(static-shot pan-left cut tilt-up)
printf "file '$SAMPLES/%s.mp4'\n" "${clips[@]}" >clips
ffmpeg -v error -f concat -safe 0 -i clips -c copy clip.mp4
polytome timeline -q clip.mp4 -o tidy.{srt,vtt,ffmeta,csv,jsonl,txt,selections.txt}
# Subtitles: FFmpeg turns each kind into the other's and into tables of times.
ffmpeg -v error -i tidy.srt tidy-again.vtt
sed 's/^00://; s/> 00:/> /' tidy.vtt | cmp - <(cat tidy-again.vtt; echo) # it leaves hours out
ffprobe -v error -show_entries packet=pts_time,duration_time -of csv=p=0 tidy.srt
# Chapters: into a film and out of it again.
ffmpeg -v error -i clip.mp4 -f ffmetadata -i tidy.ffmeta -map 0:v -map_metadata 1 -c copy chapters.mkv
ffprobe -v error -show_chapters -of json chapters.mkv | jq -c '.chapters[] | [.start_time, .end_time, .tags.title]'
jq -r 'select(.kind == "event") | [.start, .end, .label] | @tsv' tidy.jsonl >wanted
awk -F '\t' '{ printf "%g\t%g\t%s\n", $1, $2, $3 }' tidy.txt | cmp - wanted
awk -F '\t' 'NR > 1 { printf "%g\t%g\t%s\n", $4, $5, $8 }' tidy.selections.txt | cmp - wanted

# Labels that are made to break out of their places.
mkdir model
cp "$SAMPLES/../tests/golden/videomae/"{model.safetensors,preprocessor_config.json} model
jq '.id2label |= with_entries(.value += ",\"a\"\nb\t<i>c</i>{\\an8} & 00:00:01,000 --> 00:00:02,000 =;#\\")' \
    "$SAMPLES/../tests/golden/videomae/config.json" | jq '.label2id = {}' >model/config.json
polytome timeline -q -m model --on 0 clip.mp4 -o odd.{srt,vtt,ffmeta,csv,jsonl,txt,selections.txt}
jq -c 'select(.kind == "event") | .label' odd.jsonl | sort >wanted
wc -l <wanted
cues() {
    ffprobe -v error -show_entries packet=pts_time -of csv=p=0 "$1" | wc -l
}
cues odd.srt
cues odd.vtt
# What a player shows: the mark-up is text, and the label is on one line. SubRip has invisible joiners and wide braces.
shown() {
    ffmpeg -v error -i "$1" -f ass - | sed -n 's/^Dialogue: [^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,[^,]*,//p' |
        sed 's/\xE2\x81\xA0//g; s/\\\([{}]\)/\1/g; s/{{}/{/g; s/ [0-9]* %\r*$//' | tr -d '\r' | sort | head -n 1
}
shown odd.srt
shown odd.vtt
ffmpeg -v error -i clip.mp4 -f ffmetadata -i odd.ffmeta -map 0:v -map_metadata 1 -c copy odd.mkv
ffprobe -v error -show_chapters -of json odd.mkv | jq -r '.chapters[].tags.title' >title
# All labels hold all the time: one chapter named after all of them.
jq -r 'select(.kind == "event") | .label' odd.jsonl | paste -s -d '\n' >wanted-title
tr -d '+\n ' <title | cmp - <(tr -d '+\n ' <wanted-title | tr '\t' ' ' | tr -d ' ')
awk -F '\t' 'NF != 3' odd.txt
awk -F '\t' 'NF != 10' odd.selections.txt
if command -v python3 >/dev/null; then
    python3 - odd.csv >rows <<'END'
import csv, json, sys
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file, strict=True):
        print(json.dumps(row["label"]))
END
    sort rows | cmp - wanted
fi
