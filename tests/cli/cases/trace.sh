# SPDX-License-Identifier: MIT
# The tokens that enter each block, then those that leave the last; and tokens that are kept from merging.
need_jq
polytome --trace --json -r 40 "$SAMPLES/cut.mp4" | jq -c .video.tokens
polytome --trace -r 8:-1 --top 1 "$SAMPLES/cut.mp4" | grep 'by block'
polytome --json -r 40 "$SAMPLES/cut.mp4" | jq -c '.video.tokens | has("trace")'
# Of 145 tokens 137 are kept; of the other 8 the half can merge in each block.
polytome --trace --json -r 40 --protect 137 "$SAMPLES/two.flac" | jq -c .audio.tokens
polytome --json -r 40 --protect 1 "$SAMPLES/cut.mp4" | jq -c .video.tokens.out
expect 2 polytome --protect 281 "$SAMPLES/two.flac"
# A budget is turned into a schedule.
polytome --trace --json -r 2x "$SAMPLES/cut.mp4" | jq -c '.video.tokens | [.in, .trace[3] < .trace[1], .r]'
