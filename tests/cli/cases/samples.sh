# SPDX-License-Identifier: MIT
# Every sample gets its answer, named or found in the directory.
need_jq
shopt -s nullglob
files=("$SAMPLES"/*.{wav,flac,ogg,mp4})
((${#files[@]} > 0)) || skip "there are no samples"
polytome --json "${files[@]}" >named
polytome --json "$SAMPLES" >found
jq -e '.status == "ok" and ([.video, .audio] | map(.labels // empty | .[0].score > 0.2) | any)' named >verdicts ||
    fail "some sample got no answer"
jq -r .path named | sort | cmp - <(jq -r 'select(.status == "ok") | .path' found | sort)
