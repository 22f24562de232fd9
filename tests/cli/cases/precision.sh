# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav
for_f32=$(polytome --format json --logits a.wav | jq -c '[.audio.labels[].index] | .[:2]')
if polytome info | grep -q 'int8 by'; then
    polytome check --precision int8 | grep -c same
    polytome bench --precision int8 --modality audio --seconds 0.02 -r off --json |
        jq -c '[.precision, (.instruction | length > 0)]'
    polytome bench --precision int8 --modality audio --seconds 0.02 -r off | grep -c 'int8 by'
    said=$(polytome info | sed -n 's/.*int8 by [^ ]* (attention in \([a-z0-9]*\)).*/\1/p')
    [[ $(polytome bench --precision int8 --modality audio --seconds 0.02 -r off --json | jq -r .attention) == "$said" ]] ||
        fail "info and bench differ about attention beside int8"
    [[ $(polytome --precision int8 --format json --logits a.wav | jq -c '[.audio.labels[].index] | .[:2]') == "$for_f32" ]] ||
        fail "int8 has other labels than f32"
    for threads in 1 2 3; do polytome --precision int8 --threads $threads --format json --logits a.wav | jq -c '.audio.labels'; done |
        sort -u | wc -l
else
    printf '2\n["int8",true]\n1\n1\n'
fi
polytome bench --precision f32 --modality audio --seconds 0.02 -r off --json | jq -c '[.precision, .instruction, .attention]'
expect 2 polytome --precision fp8 a.wav
