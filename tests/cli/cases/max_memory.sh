# SPDX-License-Identifier: MIT
# A file that needs more memory than there may be fails, and the run goes on.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
if grep -q -e __asan_init -e __tsan_init "$POLYTOME"; then skip "sanitizers set aside memory of their own"; fi
make_wav a.wav
ffmpeg -v error -f lavfi -i color=red:s=8000x8000 -frames:v 1 large.png
expect 3 polytome --max-memory 2M a.wav 2>&1 | sed 's/[0-9]*M/NM/'
expect 1 polytome --json --max-memory 300M a.wav large.png a.wav 2>/dev/null | jq -c '[.path, .status, .error.code]'
polytome --json large.png | jq -c '[.path, .status]'
polytome --max-memory 300M -j 8 a.wav 2>&1 >/dev/null | sed 's/[0-9]* of 8/N of 8/'
expect 2 polytome --max-memory 1X a.wav
