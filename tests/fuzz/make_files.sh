# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the scripts that make a corpus with the ffmpeg command share.

exact="-fflags +bitexact -flags +bitexact -map_metadata -1"

# make NAME ARGUMENT...: one file in the folder $into.
make() {
    name=$1
    shift
    # shellcheck disable=SC2086,SC2154 # exact is a list of words, and into is for the caller to set
    ffmpeg -nostdin -v error -y "$@" $exact "$into/$name"
}
