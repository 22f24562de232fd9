# SPDX-License-Identifier: MIT
# The first window of sound is one, though a gap longer than a window ends it.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
ffmpeg -v error -f lavfi -i sine=d=6:r=16000 -af "aselect='lt(t,0.5)+gt(t,3)'" -c:a pcm_s16le gap.mkv
for sampling in first windows; do
    polytome --json --sampling $sampling gap.mkv | jq -c '.audio | [.windows, .coverage.to < 1]'
done
polytome explain gap.mkv --only audio -o gap.png 2>&1 | grep -o '[0-9]* windows\?'
