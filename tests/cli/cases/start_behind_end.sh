# SPDX-License-Identifier: MIT
# Who asks for what lies behind a file's end is told where that is, which is no damage.
make_wav sound.wav 2
make_y4m film.y4m
expect 1 polytome sound.wav --start 2
expect 1 polytome timeline film.y4m --start 60 --duration 1
expect 1 polytome explain sound.wav --start 60 -o out.png
expect 1 polytome explain film.y4m --start 60 -o out.png
# Of a pipe the end is not known.
# shellcheck disable=SC2002 # a pipe cannot seek
cat sound.wav | expect 1 polytome - --start 60
