#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes corpus/windows: the option bytes of fuzz_windows in front of small files, some of corpus/media and some that the
# ffmpeg command makes. Run make_media_corpus.sh before it.
set -eu
cd "$(dirname "$0")"
# shellcheck source=tests/fuzz/make_files.sh
. ./make_files.sh
media=corpus/media
out=corpus/windows
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
into=$scratch

picture="-f lavfi -i testsrc=size=16x16:rate=8:duration=3"
sound="-f lavfi -i sine=frequency=440:sample_rate=4000:duration=3"
small="-c:v mpeg4 -g 8 -q:v 31 -c:a adpcm_ima_wav"

# seed NAME FILE WAY HOP WINDOW KINDS RANGE: the option bytes, in octal, then the file. WAY 0: as a file, 1: a live file,
# 2: a live pipe. HOP and WINDOW are of heard_length(), 0: the model's; KINDS 0 all, 1 video and sound, 3 video, 4 sound,
# 5 image; RANGE: start and 16 times duration.
seed() {
    # shellcheck disable=SC2059 # the format is the bytes
    printf "\\$3\\$4\\$5\\$6\\$7" | cat - "$2" >"$out/$1"
}

# shellcheck disable=SC2086 # picture, sound and small are lists of words
{
    make long.mkv $picture $sound $small
    # Picture and sound are missing from 0.8 s to 2.2 s.
    make gap.mkv $picture $sound -vf "select='lt(t,0.8)+gte(t,2.2)'" -af "aselect='lt(t,0.8)+gte(t,2.2)'" \
        -vsync passthrough $small
    # The fourth picture is shown 115 days after the third.
    make leap.mkv $picture -vf "setpts='if(lt(N,3),N/8,1e7+N/8)/TB'" -vsync passthrough -frames:v 6 -c:v mjpeg
    # It goes on behind the 0.4 s that its header says (Duration: 0x4489, 8 bytes, milliseconds).
    LC_ALL=C sed 's/\x44\x89\x88......../\x44\x89\x88\x40\x79\x00\x00\x00\x00\x00\x00/' "$scratch/long.mkv" >"$scratch/false_end.mkv"
    make short.mkv $picture $sound -t 0.3 $small
    make long.ts $picture -r 25 -c:v mpeg2video -g 8 -q:v 31
    make long.wav $sound -c:a adpcm_ima_wav
}
seed overlapping "$scratch/long.mkv" 0 3 0 1 0
seed side_by_side "$scratch/long.mkv" 0 0 0 0 0
seed short_windows "$scratch/long.mkv" 0 0 3 1 0
seed far_apart "$scratch/long.mkv" 0 10 2 1 0
seed range "$scratch/long.mkv" 0 2 0 1 63
seed images "$scratch/long.mkv" 0 5 0 5 0
seed false_end "$scratch/false_end.mkv" 0 5 2 0 0
seed live_file "$scratch/long.mkv" 1 3 0 1 0
seed live_pipe "$scratch/long.mkv" 2 3 0 1 0
seed gap "$scratch/gap.mkv" 0 3 0 1 0
seed live_gap "$scratch/gap.mkv" 1 3 0 1 0
seed leap "$scratch/leap.mkv" 0 0 0 3 0
seed leap_range "$scratch/leap.mkv" 1 0 0 3 100
seed short "$scratch/short.mkv" 0 2 0 1 0
seed live_short "$scratch/short.mkv" 2 0 0 0 0
seed sound "$scratch/long.wav" 0 2 6 4 0
seed live_sound "$scratch/long.wav" 2 2 0 4 40
seed live_stream "$scratch/long.ts" 2 3 0 3 0
seed twice "$media/twice.ts" 2 5 0 1 0
seed half "$media/half_both.ts" 0 4 0 1 2
seed edited "$media/edited.mp4" 0 1 3 1 0
seed vfr "$media/vfr.mkv" 1 2 0 3 0
seed still "$media/still.png" 0 0 0 0 0
seed cover "$media/cover.mp3" 0 0 0 0 0
seed list "$media/list.m3u8" 1 0 0 0 0
