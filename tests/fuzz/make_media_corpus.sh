#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes corpus/media: tiny files of many formats (each a few KB), for the fuzzer and for tests/test_media.c. Needs the
# ffmpeg command; the results are kept in the repository, so that nobody else does. Encoders differ between versions of
# FFmpeg: after a new run, run the tests.
set -eu
cd "$(dirname "$0")"
# shellcheck source=tests/fuzz/make_files.sh
. ./make_files.sh
out=corpus/media
mkdir -p "$out"
into=$out

picture="-f lavfi -i testsrc=size=32x32:rate=10:duration=1"
sound="-f lavfi -i sine=frequency=440:sample_rate=8000:duration=1"

# shellcheck disable=SC2086 # picture and sound are lists of words
{
    make both.mp4 $picture $sound -c:v libx264 -crf 45 -c:a aac -b:a 16k -x264-params threads=1:no-info=1
    make both.mkv $picture $sound -c:v libx264 -crf 45 -c:a libopus -b:a 8k -x264-params threads=1:no-info=1
    make both.webm $picture $sound -c:v libvpx -b:v 20k -auto-alt-ref 1 -lag-in-frames 10 -c:a libvorbis -q:a 0
    make both.avi $picture $sound -c:v mpeg4 -bf 2 -q:v 20 -c:a adpcm_ima_wav
    make both.mpg $picture $sound -r 25 -c:v mpeg1video -q:v 20 -ar 32000 -c:a mp2 -b:a 32k -t 0.4
    make both.ts $picture $sound -c:v libx264 -crf 45 -g 5 -c:a aac -b:a 16k -x264-params threads=1:no-info=1
    make still.png $picture -frames:v 1
    make still.jpg $picture -frames:v 1
    make moving.gif $picture -t 0.4
    make raw.h264 $picture -c:v libx264 -crf 45 -x264-params threads=1:no-info=1
    make sound.wav $sound -t 0.1
    make sound.flac $sound -t 0.3
    make sound.ogg $sound -c:a libvorbis -q:a 0 -t 0.3
    make sound.mp3 $sound -c:a libmp3lame -b:a 8k
    make cover.mp3 $sound -i "$out/still.jpg" -map 0 -map 1 -c:a libmp3lame -b:a 8k -c:v copy \
        -disposition:v attached_pic -id3v2_version 3
    # Frames at 0, 0.1, 0.2, 0.7, 0.8 and 0.9 s: a variable frame rate.
    make vfr.mkv $picture -vf "select='lt(n,3)+gte(n,7)'" -vsync passthrough -c:v mpeg4 -q:v 20
    # Cut without decoding: an edit list hides the frames between the key frame and 0.35 s.
    make edited.mp4 -ss 0.35 -i "$out/both.mp4" -c copy
    make turned.mp4 -i "$out/both.mp4" -an -c copy -metadata:s:v:0 rotate=270
}
# A transport stream whose clock begins again in the middle.
cat "$out/both.ts" "$out/both.ts" >"$out/twice.ts"
# Truncations, and damage within.
for name in both.mp4 both.mkv both.avi both.ts; do
    bytes=$(wc -c <"$out/$name")
    head -c $((bytes / 2)) "$out/$name" >"$out/half_$name"
done
printf '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nboth.ts\n#EXT-X-ENDLIST\n' >"$out/list.m3u8"
printf 'ffconcat version 1.0\nfile both.mkv\n' >"$out/list.ffconcat"
