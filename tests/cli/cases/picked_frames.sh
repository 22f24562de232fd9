# SPDX-License-Identifier: MIT
# Spread over a film, only the frames that are wanted and what leads to them are decoded. The same film in a transport
# stream, or through a pipe, is decoded whole: the same frames are seen, and the answer is the same.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
film() { # NAME SECONDS OPTION...
    local name=$1 seconds=$2
    shift 2
    ffmpeg -v error -f lavfi -i "testsrc2=s=96x96:r=25:d=$seconds,noise=alls=20:allf=t" -f lavfi -i "sine=440:d=$seconds" \
        "$@" -c:a flac -strict -2 -shortest "$name"
}
look() { # MODALITY INPUT [OPTION...]: the answer, without its times
    polytome --json --logits --sampling uniform --only "$1" "${@:2}" | jq -cS 'del(.ms, .path, .duration)'
}

# With its own groups, with open ones, and refreshed piece by piece, which leaves no place to begin at.
film closed.mkv 16 -c:v libx264 -g 12
film open.mp4 16 -c:v libx265 -preset ultrafast -x265-params keyint=12:bframes=3:log-level=none
film refreshed.mkv 16 -c:v libx264 -x264-params keyint=12:intra-refresh=1:bframes=0
for film in closed.mkv open.mp4 refreshed.mkv; do
    ffmpeg -v error -i "$film" -c:v copy -an "$film.ts"
    seen='.video | [.coverage.frames_used, .coverage.frames_decoded, .labels]'
    cmp <(look video "$film" | jq -c "$seen") <(look video "$film.ts" | jq -c "$seen")
    look video "$film" | jq -c '[.status, .video.coverage.frames_used, .video.coverage.frames_decoded]'
done

# Two films in one, with parameter sets that change on the way.
film other.mkv 16 -c:v libx264 -g 12 -x264-params chroma-qp-offset=12:colormatrix=bt709
printf "file '%s'\n" closed.mkv other.mkv > list
ffmpeg -v error -f concat -i list -c copy -an both.mkv
ffmpeg -v error -i both.mkv -c copy both.ts
cmp <(look video both.mkv | jq -c .video.labels) <(look video both.ts | jq -c .video.labels)
look video both.mkv | jq -c '[.status, .video.coverage.frames_used]'

# A wanted picture and a sound that are damaged: it is read again, whole, and what is wrong with either is told.
film short.mkv 5 -c:v libx264 -g 1
damage() { # STREAM PACKET: zeros behind the first bytes
    local place
    place=$(ffprobe -v error -select_streams "$1" -show_entries packet=pos -of csv=p=0 short.mkv | sed -n "$2p")
    head -c 400 /dev/zero | dd of=short.mkv bs=1 seek=$((${place%,*} + 60)) conv=notrunc status=none
}
cmp <(look all short.mkv) <(look all - < short.mkv)
damage v 125
damage a 30
cmp <(look all short.mkv) <(look all - < short.mkv)
look all short.mkv | jq -c '[.status, .video.coverage.decode_errors > 0, .audio.coverage.decode_errors > 0]'

# Among other files, in any number of jobs: the same lines.
films=(closed.mkv open.mp4 refreshed.mkv both.mkv short.mkv)
look all --jobs 1 --threads 1 "${films[@]}" > one
look all --jobs 2 --threads 2 "${films[@]}" > two
cmp one two && wc -l < two

# A stretch of it, and fewer frames allowed than there are.
polytome --json --sampling uniform --start 1 --duration 12 closed.mkv | jq -c '.video.coverage | [.from, .to, .frames_used]'
expect 1 polytome --sampling uniform --max-frames 50 closed.mkv
