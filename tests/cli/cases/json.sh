# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav 2
make_y4m b.y4m
polytome --json --logits --top 2 a.wav b.y4m >lines
jq -c keys_unsorted lines
jq -c '.audio | select(.labels) | [keys_unsorted, (.labels[0] | keys_unsorted), (.coverage | keys_unsorted), .tokens]' lines
jq -c '.video | select(.labels) | [keys_unsorted, (.labels | length), (.coverage | keys_unsorted), .tokens]' lines
jq -c '[.schema, .status, .duration, .video.missing, .audio.missing, .error]' lines
jq -c '.audio // empty | select(.labels) | .coverage' lines
jq -c '.video // empty | select(.labels) | .coverage' lines
jq -e '[.video, .audio] | map(.labels // empty | .[] | .score >= 0 and .score <= 1) | all' lines >/dev/null
# All scores of a softmax add up to one, and they are sorted.
polytome --json --top 0 a.wav | jq -c '.audio.labels | [length, (map(.score) | add * 1000 | round), (map(-.score) | . == sort)]'
