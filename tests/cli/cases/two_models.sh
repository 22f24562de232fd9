# SPDX-License-Identifier: MIT
# One model for the picture and another for the sound, and the model of the environment.
need_jq
[[ -d $SHARED/goldens ]] || skip "the shared goldens are not there"
clip=$SAMPLES/pan-right-three.mp4
[[ -e $clip ]] || skip "the sample is not there"
models() {
    jq -c '[.video, .audio] | map(if . then [.model, .coverage.sampling, .tokens.in, .tokens.r] else null end)'
}
polytome --json -m "$SHARED/goldens/videomae" -m "$SHARED/goldens/ast" "$clip" | models
polytome --json -m "$SHARED/goldens/ast" "$clip" | models
POLYTOME_MODEL=$SHARED/goldens/videomae polytome --json "$clip" | models
expect 2 polytome -m "$SHARED/goldens/ast" -m "$SHARED/goldens/ast" "$clip"
