# SPDX-License-Identifier: MIT
# Frames and samples that the caller holds.
need_jq
base() {
    base64 | tr -d '\n'
}
# Two pixels that are 255 and 0, as a picture file and as they are.
picture() {
    { printf 'P6\n2 1\n255\n' && printf '\377\377\377\0\0\0'; } | base
}
raw=$(printf '\377\377\377\0\0\0' | base)
floats=$(for ((i = 0; i < 4000; i++)); do printf '\0\0\200\076\0\0\200\276'; done | base)
{
    printf '{"id":1,"frames":["%s","%s"],"logits":true}\n' "$(picture)" "$(picture)"
    printf '{"id":2,"frames":["%s","%s"],"width":2,"height":1,"logits":true}\n' "$raw" "$raw"
    printf '{"id":3,"samples":"%s","sample_rate":16000}\n' "$floats"
    printf '{"id":4,"samples":"%s","sample_rate":8000}\n' "$floats"
    printf '{"id":5,"frames":["%s"],"width":1,"height":1}\n' "$raw"
    printf '{"id":6,"frames":["%s","%s"]}\n' "$(picture)" "$raw"
    printf '{"id":7,"frames":[]}\n'
    printf '{"id":8,"frames":[7]}\n'
    printf '{"id":9,"frames":["%s"],"width":2}\n' "$raw"
    printf '{"id":10,"samples":"%s"}\n' "$floats"
    printf '{"id":11,"samples":"AAAA","sample_rate":16000}\n'
    printf '{"id":12,"samples":"AADAfw==","sample_rate":16000}\n'
    printf '{"id":13,"samples":"","sample_rate":16000}\n'
    printf '{"id":14,"samples":"%s","sample_rate":1}\n' "$floats"
    printf '{"id":15,"frames":["%s"],"width":2,"height":1,"start":1}\n' "$raw"
    printf '{"id":16,"data":"%s","width":2}\n' "$raw"
    printf '{"id":17,"data":"%s","sample_rate":16000}\n' "$raw"
    large=$({ printf 'P6\n64 64\n255\n' && head -c 12288 /dev/zero; } | base)
    many=$(for ((i = 0; i < 33; i++)); do printf '"%s",' "$large"; done)
    printf '{"id":18,"frames":[%s]}\n' "${many%,}"
    printf '{"id":19,"frames":["%s"],"width":128,"height":65}\n' "$(head -c 24960 /dev/zero | base)"
} | polytome serve --max-pixels 8192 >lines
jq -c '[.id, .path, .duration, .video.coverage.frames_used, .audio.coverage.samples_used, .error.code, .error.message]' lines
# Decoded and raw, the same pixels are the same answer.
cmp <(jq -c 'select(.id == 1) | .video' lines) <(jq -c 'select(.id == 2) | .video' lines)
