# SPDX-License-Identifier: MIT
# What another merging changes, on real files.
need_jq
what='{a, b, files, failed, video: .video.agreement, audio: .audio.agreement, image, same: .video.logit_difference.max}'
# The same merging twice is the same answer.
polytome compare --json -r 16 -r 16 "$SAMPLES/cut.mp4" "$SAMPLES/two.flac" | jq -c "$what"
# One -r is B's; none makes B merge as the model recommends.
polytome compare --json -r 16 "$SAMPLES/cut.mp4" | jq -c '[.a.r, .b.r, .video.tokens.b.out, .ms.a > 0, .ms.ratio > 0]'
polytome compare --json "$SAMPLES/cut.mp4" | jq -c '[.a.r, .b.r, .video.tokens.b.r]'
polytome compare --json -r 40 -r 40 --prop-attn off --prop-attn on "$SAMPLES/cut.mp4" |
    jq -c '[.a.prop_attn, .b.prop_attn, .video.logit_difference.mean > 0]'
# One --precision is B's, and A is the reference; the labels of int8 are those of float32.
if polytome info | grep -q 'int8 by'; then
    polytome compare --json -r off --precision int8 "$SAMPLES" |
        jq -c '[.a.precision, .b.precision, .a.r, .b.r, .video.agreement, .audio.agreement, .video.logit_difference.max > 0]'
    polytome compare --json -r off --precision int8 --precision int8 "$SAMPLES/two.flac" |
        jq -c '[.a.precision, .b.precision, .audio.logit_difference.max]'
else
    printf '["f32","int8","off","off",1,1,true]\n["int8","int8",0]\n'
fi
# The difference is that of the two answers.
polytome -r off --logits --top 0 --json "$SAMPLES/two.flac" >a.json
polytome -r 60 --logits --top 0 --json "$SAMPLES/two.flac" >b.json
polytome compare --json -r 60 "$SAMPLES/two.flac" >c.json
jq -e -n --slurpfile a a.json --slurpfile b b.json --slurpfile c c.json '
    def logits: [.[0].audio.labels | sort_by(.index)[] | .logit];
    def mean: add / length;
    def near($x): (. - $x) * (. - $x) < 1e-10;
    ([[$a | logits], [$b | logits]] | map(.[0]) | transpose | map(.[0] - .[1] | if . < 0 then -. else . end)) as $d
    | ($d | mean | near($c[0].audio.logit_difference.mean)) and ($d | max | near($c[0].audio.logit_difference.max))
' >/dev/null || fail "the differences are others than those of the answers"
# Files that get another label are named.
polytome compare -r 30 -r 60 "$SAMPLES"/*.ogg "$SAMPLES"/*.flac |
    sed -E 's/[0-9]+\.[0-9]+ (ms|times|%)/N \1/g; s/(by|most) [0-9.]+/\1 N/g; s/[^ ]*samples/samples/'
# A bad file is counted, and the rest is compared.
expect 1 polytome compare --json missing.wav "$SAMPLES/two.flac" 2>/dev/null | jq -c '[.files, .failed]'
# Where nothing was compared an earlier report stays.
echo earlier >report
expect 1 polytome compare -o report missing.wav 2>/dev/null
cat report
expect 2 polytome compare -
expect 2 polytome compare
expect 2 polytome compare -r 1 -r 2 -r 3 "$SAMPLES/cut.mp4"
