# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav 4
polytome --json --only video a.wav 2>complaints >lines && fail "there is no picture in it"
jq -c '[.status, .error.code]' lines
polytome --json --only audio --top 1 a.wav | jq -c '[.video, (.audio.labels | length)]'
polytome --json --threshold 1 a.wav | jq -c .audio.labels
polytome --threshold 1 a.wav | grep -c 'no label reaches 100 %'
polytome --json -r off a.wav | jq -c '[.audio.tokens.in == .audio.tokens.out, .audio.tokens.r]'
polytome --json -r 10 a.wav | jq -c '[.audio.tokens.in - .audio.tokens.out, .audio.tokens.r]'
polytome --json --sampling first a.wav | jq -c '[.audio.coverage.sampling, .audio.windows]'
polytome --json --start 1.5 --duration 0:02 a.wav |
    jq -c '.audio.coverage | [.from, .to, .samples_used]'
