# SPDX-License-Identifier: MIT
need_jq
polytome info | sed 's/  */ /g' | grep -E '^ (model|backbone|video|audio)'
[[ $(polytome info --labels | grep -c -E '^ +[0-9]+  [a-z ]+$') == $(polytome info --json | jq '.video.num_labels + .audio.num_labels') ]] ||
    fail "not all labels are listed"
polytome info --json | jq -c 'keys_unsorted, .backbone, .video.input_shape, .audio.tokens'
polytome info --json --labels | jq -c '[(.video.labels | length), .video.num_labels]'
