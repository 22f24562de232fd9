# SPDX-License-Identifier: MIT
# Spread over a file, only the frames that are wanted and what leads to them are decoded; a pipe is decoded whole. Both
# see the same frames, and give the same answer.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
picture="testsrc2=s=96x96:r=25:d=4.8,noise=alls=20:allf=t"
film() { # NAME OPTION...
    local name=$1
    shift
    ffmpeg -v error -f lavfi -i "$picture" -f lavfi -i "sine=440:d=4.8" "$@" -c:a flac -strict -2 -shortest "$name"
}
film closed.mkv -c:v libx264 -g 4
film open.mkv -c:v libx264 -x264-params keyint=4:open-gop=1
film refreshed.mkv -c:v libx264 -x264-params keyint=12:intra-refresh=1
film open.mp4 -c:v libx265 -x265-params keyint=4:log-level=none -movflags +faststart
film short.webm -c:v libvpx-vp9 -g 4 -deadline realtime -cpu-used 8 -an
film stills.mkv -c:v mjpeg -q:v 3
film one.mkv -c:v mpeg2video -g 300 -sc_threshold 1000000000
films=(closed.mkv open.mkv refreshed.mkv open.mp4 short.webm stills.mkv one.mkv)
seen='del(.ms, .path, .duration)'
for film in "${films[@]}"; do
    polytome --json --logits --sampling uniform "$film" > file.json
    polytome --json --logits --sampling uniform - < "$film" > pipe.json
    jq -r --arg film "$film" '[$film, .status, .video.coverage.frames_used, .video.coverage.frames_decoded] | @tsv' file.json
    cmp <(jq -S "$seen" file.json) <(jq -S "$seen" pipe.json)
done

# Among other files, in any number of jobs: the same lines.
polytome --json --logits --sampling uniform --jobs 1 --threads 1 "${films[@]}" | jq -c 'del(.ms)' > one
polytome --json --logits --sampling uniform --jobs 2 --threads 2 "${films[@]}" | jq -c 'del(.ms)' > two
cmp one two && wc -l < two

# A stretch of it, and fewer frames allowed than there are.
polytome --json --sampling uniform --start 1 --duration 3 open.mkv | jq -c '.video.coverage | [.from, .to, .frames_used]'
expect 1 polytome --sampling uniform --max-frames 50 closed.mkv
