# SPDX-License-Identifier: MIT
# A byte order mark before the first line of a list belongs to no name, but with -0 names are taken to the byte.
need_jq
make_wav a.wav
mark=$'\xef\xbb\xbf'
paths() {
    polytome --json "$@" | jq -c '[.path, .line, .status]'
}
printf '%sa.wav\na.wav\n' "$mark" | paths --files-from -
printf '%s\n\na.wav\n' "$mark" >list
paths --files-from list --progress 2>/dev/null
printf '%s{"path":"a.wav"}\n' "$mark" | paths --jsonl --files-from -
printf '%s' "$mark" | paths --jsonl --files-from - 2>/dev/null
# Anywhere else it is what it is.
printf '%s{"path":\n' "$mark$mark" | expect 1 paths --jsonl --files-from -
printf 'a.wav\n%sa.wav\n' "$mark" | expect 1 paths --files-from -
printf '%sa.wav\0' "$mark" | expect 1 paths --files-from - -0
cp a.wav "${mark}a.wav"
printf '%sa.wav\0' "$mark" | paths --files-from - -0
printf '%sa.wav\n' "./$mark" | paths --files-from -
