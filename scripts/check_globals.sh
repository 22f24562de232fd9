#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The library keeps no state outside of its handles. This lists what its object files would write to: variables in .data,
# .bss or thread-local storage, but for those named here. Exit code 1 where there is one.
#
#     scripts/check_globals.sh BUILD_FOLDER
set -euo pipefail

allowed='^(planner|buffers)$' # one lock for FFTW's planner, one for OpenBLAS's buffers: process-wide things themselves

if [ $# -ne 1 ] || [ ! -d "$1/CMakeFiles" ]; then
    echo "usage: scripts/check_globals.sh BUILD_FOLDER" >&2
    exit 2
fi
objects=$(find "$1/CMakeFiles" -path '*part_*' -name '*.o' | LC_ALL=C sort)
if [ -z "$objects" ]; then
    echo "no object files of the library in $1" >&2
    exit 2
fi
# objdump -t: VALUE FLAGS SECTION<tab>SIZE NAME; flag O: a variable.
# shellcheck disable=SC2086 # one word a file
found=$(objdump -t $objects | awk -v allowed="$allowed" '
    /file format/ { object = $1; sub(/:$/, "", object); sub(/.*\//, "", object) }
    / O \.(data|bss|tdata|tbss)(\.[^\t]*)?\t/ && !/ O \.data\.rel\.ro/ && $NF !~ allowed { print object ": " $NF " can be written to" }')
if [ -n "$found" ]; then echo "$found"; fi
echo "globals: $(wc -w <<< "$objects") object files, $(grep -c . <<< "$found" || true) variables"
[ -z "$found" ]
