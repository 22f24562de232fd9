# SPDX-License-Identifier: MIT
# Sound keeps its time, through a pipe, too: where songs follow one another in Ogg, where the sample rate changes, and
# where a recording has a gap.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
ffmpeg -v error -encoders | grep libopus >/dev/null || skip "ffmpeg has no libopus"
ffmpeg -v error -encoders | grep libvorbis >/dev/null || skip "ffmpeg has no libvorbis"
ffmpeg -v error -encoders | grep libmp3lame >/dev/null || skip "ffmpeg has no libmp3lame"
# song FILE RATE ENCODER: four seconds.
song() {
    ffmpeg -v error -f lavfi -i 'anoisesrc=amplitude=0.1:duration=4' -ar "$2" -ac 1 -c:a "$3" "$1"
}
# seconds [FILE]: how long the sound lasts, by its last window.
seconds() {
    polytome "$@" --only audio --json --rows windows --top 1 2>/dev/null | jq -s '[.[] | .to // 0] | max * 10 | round / 10'
}
song opus.ogg 48000 libopus
cat opus.ogg opus.ogg opus.ogg | seconds stream -
for end in ogg:libvorbis aac:aac; do
    song "high.${end%:*}" 44100 "${end#*:}"
    song "low.${end%:*}" 16000 "${end#*:}"
    cat high."${end%:*}" low."${end%:*}" high."${end%:*}" >both
    seconds stream - <both
    # shellcheck disable=SC2002 # a pipe cannot seek
    cat both | seconds stream -
    seconds timeline both
done
ffmpeg -v error -i opus.ogg -c copy -bsf:a 'setts=ts=TS+gte(N\,100)*20000' gap.mkv
seconds timeline gap.mkv
# shellcheck disable=SC2002
cat gap.mkv | seconds stream -
# In MP4 stamps are times, at any rate: a gap before another rate stays.
song high.mp3 44100 libmp3lame
song low.mp3 22050 libmp3lame
printf "file '%s'\nduration 9\n" high.mp3 low.mp3 high.mp3 >pieces
ffmpeg -v error -f concat -i pieces -c copy gap.mp4
seconds timeline gap.mp4
