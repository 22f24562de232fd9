# SPDX-License-Identifier: MIT
# Patches that stand still are left out: nearly all of a still scene, a few of one in which something moves, none of noise.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
ffmpeg -v error -f lavfi -i "testsrc=s=192x192:r=8:d=1,trim=end_frame=1,loop=loop=15:size=1:start=0,drawbox=x=0:y=0:w=24:h=24" \
    -c:v ffv1 still.mkv
ffmpeg -v error -f lavfi -i "color=gray:s=192x192:r=8:d=2" -f lavfi -i "color=white:s=24x24:r=8:d=2" \
    -filter_complex "[0][1]overlay=x='24*n'" -c:v ffv1 moving.mkv
ffmpeg -v error -f lavfi -i "color=gray:s=192x192:r=8:d=2,noise=alls=100:allf=t" -c:v ffv1 noise.mkv
tokens='.video.tokens | [.in, .out, .static]'
for clip in still moving noise; do polytome --json -r off --static 0.1 $clip.mkv | jq -c "$tokens"; done
polytome --json -r off still.mkv | jq -c "$tokens"
polytome --json -r 40 --static 0.1 still.mkv | jq -c "$tokens"
polytome -r off --static 0.1 --top 1 moving.mkv | grep -o 'tokens .*static'

# A token that stands for a run counts as many: the label stays.
polytome compare --json -r off -r off --static 0.1 still.mkv moving.mkv |
    jq -c '[.a.static, .b.static, .video.agreement, .video.tokens.b.in]'
polytome compare -r off -r off --static 0.1 still.mkv | head -2

# The same over time, and one window after the other has its own number of tokens.
ffmpeg -v error -i still.mkv -i noise.mkv -filter_complex "[0][1]concat=n=2" -c:v ffv1 both.mkv
polytome timeline --json -r off --static 0.1 --rows windows both.mkv |
    jq -c 'select(.kind == "window") | [.start, .tokens.in, .tokens.static]'
for threads in 1 2 3; do polytome --json -r 40 --static 0.1 --threads $threads both.mkv | jq -c 'del(.ms)'; done | uniq | wc -l
for batch in 1 2 0; do polytome --json --static 0.1 --batch $batch both.mkv still.mkv noise.mkv | jq -c 'del(.ms)'; done | sort -u | wc -l
expect 2 polytome --static -1 still.mkv
