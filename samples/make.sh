#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the clips and sounds of this folder again, from nothing but ffmpeg's own sources and espeak-ng's voice.
#
#     samples/make.sh [FOLDER]      FOLDER: where to write them; default: this folder
set -euo pipefail

out=${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)}
for tool in ffmpeg espeak-ng; do
    command -v "$tool" > /dev/null || {
        echo "samples/make.sh: $tool is missing; install it (apt-get install ffmpeg espeak-ng) and run this again." >&2
        exit 1
    }
done
mkdir -p "$out"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

run_ffmpeg() {
    ffmpeg -nostdin -v error -y -filter_complex_threads 1 "$@"
}

# ---------------------------------------------------------------- scenes: stills that a camera can move over

# noise CELLS SEED: grey noise of so many cells, smoothed to the size of the scene.
noise() {
    echo "nullsrc=s=$1:d=1:r=1,format=gray,geq=lum='255*random($2)',scale=1280:720:flags=bicubic"
}

# paint SKY HILLS FIELDS: one colour channel of the landscape; p(X,Y) is the noise.
paint() {
    local hills='st(0,300+70*sin(X/170)+40*sin(X/61+1)+18*sin(X/23))'
    local fields='st(1,460+50*sin(X/230+2)+25*sin(X/47)+10*sin(X/13))'
    echo "$hills;$fields;clip(if(lt(Y,ld(0)),$1,if(lt(Y,ld(1)),$2,$3)),0,255)"
}

run_ffmpeg -filter_complex "
    $(noise 10x5 1)[a]; $(noise 40x20 2)[b]; $(noise 160x90 3)[c]; $(noise 640x360 4)[d];
    [a][b]blend=all_expr='0.62*A+0.38*B'[ab]; [c][d]blend=all_expr='0.6*A+0.4*B'[cd];
    [ab][cd]blend=all_expr='0.7*A+0.3*B',split=3[x][y][z]; [x][y][z]mergeplanes=0x001020:gbrp,geq=
    r='$(paint '60+Y*0.25+max(0,p(X,Y)-110)*1.6' '35+p(X,Y)*0.45' \
        '70+p(X,Y)*0.5*mod(floor(X/40+Y/90),2)+p(X,Y)*0.2')':
    g='$(paint '110+Y*0.22+max(0,p(X,Y)-110)*1.2' '50+p(X,Y)*0.5' '60+p(X,Y)*0.6')':
    b='$(paint '190+Y*0.1+max(0,p(X,Y)-110)*0.6' '50+p(X,Y)*0.3' '20+p(X,Y)*0.25')'" \
    -frames:v 1 "$scratch/landscape.png"

run_ffmpeg -f lavfi -i "mandelbrot=s=960x540:start_x=-0.743643887:start_y=0.131825904:start_scale=0.02:maxiter=2000" \
    -frames:v 1 "$scratch/fractal.png"

# ---------------------------------------------------------------- clips: two seconds, 320x180, 25 frames a second

video=(-c:v libx264 -preset veryslow -crf 26 -pix_fmt yuv420p -x264-params threads=1:lookahead-threads=1 -map_metadata -1 -fflags +bitexact
    -flags:v +bitexact -movflags +faststart)
still=(-loop 1 -framerate 25 -t 2 -i "$scratch/landscape.png")
small="scale=320:180,setsar=1"

# clip NAME FILTER: the landscape through a filter.
clip() {
    run_ffmpeg "${still[@]}" -vf "$2" "${video[@]}" "$out/$1.mp4"
}

clip static-shot "crop=640:360,$small"
clip pan-left "crop=640:360:x=(iw-640)/2+100-100*t:y=(ih-360)/2,$small"
clip tilt-up "crop=640:360:x=(iw-640)/2:y=(ih-360)/2+80-80*t,$small"
clip fade "crop=640:360,$small,fade=out:0:50"
run_ffmpeg -i "$scratch/landscape.png" -vf "scale=1920:1080,zoompan=z='1.2+1.6*on/49':x='iw/2-iw/zoom/2':\
y='ih/2-ih/zoom/2':d=50:s=320x180:fps=25,setsar=1" "${video[@]}" "$out/zoom-in.mp4"
run_ffmpeg -loop 1 -framerate 25 -t 0.8 -i "$scratch/landscape.png" -loop 1 -framerate 25 -t 1.2 \
    -i "$scratch/fractal.png" -filter_complex "[0]crop=640:360,$small,format=rgb24[a];
    [1]crop=640:360,$small,format=rgb24[b]; [a][b]concat" "${video[@]}" "$out/cut.mp4"

# ---------------------------------------------------------------- sounds: 16 kHz, mono

# say DIGIT VOICE: the word, spoken, as 16 kHz samples.
say() {
    espeak-ng -v "$2" -s 150 -w "$scratch/voice.wav" "$1"
    run_ffmpeg -i "$scratch/voice.wav" -ar 16000 -ac 1 "$scratch/$1.wav"
}

audio=(-map_metadata -1 -fflags +bitexact -flags:a +bitexact -ar 16000 -ac 1)
say seven en-us
say two en-gb
say nine en-us
say three en-gb-scotland
run_ffmpeg -i "$scratch/seven.wav" "${audio[@]}" "$out/seven.wav"
run_ffmpeg -i "$scratch/two.wav" "${audio[@]}" "$out/two.flac"
run_ffmpeg -i "$scratch/nine.wav" "${audio[@]}" -c:a libvorbis -q:a 4 "$out/nine.ogg"
run_ffmpeg -f lavfi -i "anoisesrc=c=pink:r=16000:a=0.5:d=3.9:s=1" "${audio[@]}" -c:a libvorbis -q:a 2 "$out/rain.ogg"
run_ffmpeg -f lavfi -i "aevalsrc='0.6*exp(-mod(t,0.25)*300)*(random(0)-0.5)*2
    +0.25*exp(-mod(t,0.25)*150)*sin(2*PI*2400*t)':s=16000:d=3.9" "${audio[@]}" "$out/clock-tick.flac"

# A clip with sound, for both answers in one pass.
run_ffmpeg "${still[@]}" -i "$scratch/three.wav" \
    -vf "crop=640:360:x=(iw-640)/2-100+100*t:y=(ih-360)/2,$small" -af "adelay=700,apad=whole_dur=2" \
    "${video[@]}" "${audio[@]}" -c:a aac -b:a 48k -t 2 "$out/pan-right-three.mp4"
