# SPDX-License-Identifier: MIT
# Labels drawn into a film: its own frames and times, its sound as it is, or as AAC where MP4 does not take it.
film=$SAMPLES/pan-right-three.mp4
polytome timeline -q "$film" --overlay drawn.mp4 >/dev/null
[[ $(head -c 8 drawn.mp4 | tail -c 4) == ftyp ]] || fail "drawn.mp4 is no MP4"
polytome timeline "$film" --start 0.5 --duration 1 --overlay part.mp4 -o part.csv
for threads in 1 2; do polytome timeline -q "$film" --threads $threads --overlay $threads.mp4 >/dev/null; done
cmp 1.mp4 2.mp4
cp "$film" film.mp4
mkdir clean
expect 2 polytome timeline -q film.mp4 --overlay film.mp4 >/dev/null
cmp film.mp4 "$film"
cd clean || exit
expect 2 polytome timeline -q - --overlay out.mp4 <"$film"
expect 1 polytome timeline -q "$SAMPLES/two.flac" --overlay out.mp4 >/dev/null 2>&1
expect 3 polytome timeline -q "$film" --overlay nowhere/out.mp4 >/dev/null
[[ -z $(ls -A) ]] || fail "left behind: $(ls -A)"
cd ..
command -v ffmpeg >/dev/null || exit 0
ffmpeg -v error -xerror -i drawn.mp4 -f null -
stamps() {
    ffprobe -v error -select_streams v -show_entries frame=pts_time -of csv=p=0 "$1"
}
cmp <(stamps drawn.mp4) <(stamps "$film")
cmp <(ffmpeg -v error -i drawn.mp4 -map 0:a -f md5 -) <(ffmpeg -v error -i "$film" -map 0:a -f md5 -)
# Sound in two channels that MP4 does not take: the same channels, at the same time, as loud as they were.
ffmpeg -v error -i "$film" -c:v copy -filter_complex '[0:a]asplit[l][r];[r]volume=0.25[q];[l][q]join=inputs=2' -c:a flac film.mkv
polytome timeline -q film.mkv --overlay recoded.mp4 >/dev/null
ffprobe -v error -select_streams a -show_entries stream=codec_name,sample_rate,channels -of csv=p=0 recoded.mp4
loudness() { # FILE CHANNEL
    ffmpeg -v info -i "$1" -map 0:a -af "pan=mono|c0=c$2,atrim=0.2:1.5,volumedetect" -f null - 2>&1 |
        sed -n 's/.*mean_volume: -*\([0-9]*\).*/\1/p'
}
for channel in 0 1; do
    off=$(($(loudness film.mkv $channel) - $(loudness recoded.mp4 $channel)))
    ((off >= -1 && off <= 1)) || fail "channel $channel is $off dB off"
done
ffmpeg -v error -xerror -i recoded.mp4 -f null -
