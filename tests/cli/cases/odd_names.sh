# SPDX-License-Identifier: MIT
need_jq
make_wav -odd.wav
cp -- -odd.wav ' two  spaces .wav'
cp -- -odd.wav $'line\nbreak.wav'
cp -- -odd.wav $'\e[31mred.wav'
cp -- -odd.wav $'caf\xc3\xa9.wav'
cp -- -odd.wav ./-
cp -- -odd.wav $'bad\xff\xc3.wav' || skip "the file system takes no such names"

polytome --json -- -odd.wav ' two  spaces .wav' ./- >lines
jq -c '[.path, .path_bytes, .status]' lines
# The same through lists; a name with a line break needs NUL bytes.
printf '%s\0' -odd.wav $'line\nbreak.wav' $'bad\xff\xc3.wav' - | polytome --json --files-from - -0 >lines
jq -c '[.path, .path_bytes, .status]' lines
expect 1 polytome --files-from <(printf 'one.wav\0two.wav\0')
# Nothing in a name drives the terminal.
polytome --top 1 -- $'\e[31mred.wav' $'line\nbreak.wav' $'bad\xff\xc3.wav' $'caf\xc3\xa9.wav' | grep wav
