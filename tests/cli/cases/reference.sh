# SPDX-License-Identifier: MIT
# Checkpoints as their authors publish them, against answers of the reference programs: without merging and with it.
need_jq
[[ -d $SHARED/goldens ]] || skip "the shared goldens are not there"
for family in videomae ast; do
    folder=$SHARED/goldens/$family
    polytome check "$folder" --input "$folder/input.npy" --expect "$folder/logits.npy" -r off | sed -n '1p;$p'
    jq -r '.merged[] | "\(.r) \(if .prop_attn then "on" else "off" end) \(.logits) \(.source)"' "$folder/cases.json" |
        while read -r r prop_attn logits source; do
            echo "$r $prop_attn"
            polytome check "$folder" --input "$folder/input.npy" -r "$r" --prop-attn "$prop_attn" \
                --expect "$folder/$logits" --expect-source "$folder/$source" | sed -n '4,$p'
        done
done
