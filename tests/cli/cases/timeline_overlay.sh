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
# Sound that the encoder does not take: what is no number, and what is louder than any.
for sound in 'if(eq(n,30000),0/0,sin(6283*t)/2)' '1e9*sin(6283*t)'; do
    ffmpeg -v error -i "$film" -f lavfi -i "aevalsrc='$sound':d=2:s=48000" -map 0:v -map 1:a -c:v copy -c:a pcm_f32le -y odd.mkv
    timeout -k 1 60 "$POLYTOME" timeline -q odd.mkv --overlay odd.mp4 >/dev/null
    ffmpeg -v error -xerror -i odd.mp4 -f null -
done
# Of recoded sound only what lies within is heard, though decoding begins before it: the tone of 2 s comes 0.68 s after 1.32.
ffmpeg -v error -f lavfi -i testsrc2=s=128x96:r=25:d=4 -f lavfi -i "aevalsrc='if(gte(t,2),sin(6283*t),0)':d=4:s=48000" \
    -c:v mpeg2video -g 1 -c:a mp2 -f mpegts tone.ts
polytome timeline -q tone.ts --start 1.3 --overlay tone.mp4 >/dev/null
ffmpeg -i tone.mp4 -af silencedetect=n=-40dB:d=0.1 -f null - 2>&1 | grep -o 'silence_end: 0.6[78]' | sed 's/[78]$/7 or 8/'
# Sound that goes from two channels to one, and to another rate, as broadcasts do.
ffmpeg -v error -f lavfi -i testsrc2=s=128x96:r=10:d=2 -f lavfi -i sine=d=2:r=48000 -ac 2 -c:v mpeg2video -c:a mp2 -f mpegts a.ts
ffmpeg -v error -f lavfi -i testsrc2=s=128x96:r=10:d=2 -f lavfi -i sine=d=2:r=32000 -ac 1 -c:v mpeg2video -c:a mp2 \
    -output_ts_offset 2 -f mpegts b.ts
cat a.ts b.ts >ab.ts
polytome timeline -q ab.ts --overlay ab.mp4 >/dev/null
ffprobe -v error -select_streams a -show_entries stream=codec_name,channels,duration -of csv=p=0 ab.mp4 | grep -o '^aac,2,[34]' | sed 's/[34]$/N/'
mkfifo pipe.mp4
expect 2 polytome timeline -q tone.ts --overlay pipe.mp4 >/dev/null
# Pixels that are not square keep their shape, turned with the picture.
ffmpeg -v error -i "$film" -an -vf setsar=16/11 -c:v mpeg4 wide.mp4
ffmpeg -v error -i wide.mp4 -c copy -metadata:s:v rotate=90 turned.mp4
for shape in wide turned; do
    polytome timeline -q $shape.mp4 --overlay $shape-drawn.mp4 >/dev/null
    polytome explain -q $shape.mp4 -o $shape-map.mp4 >/dev/null
    for made in drawn map; do
        ffprobe -v error -show_entries stream=width,height,sample_aspect_ratio -of csv=p=0 $shape-$made.mp4
    done
done
