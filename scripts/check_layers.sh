#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Data flows one way: base <- compute, files, media, features <- models <- pipelines <- cli. This checks that each folder
# includes only what lies below it, that each foreign library has its one place, and that the library neither prints nor
# exits nor looks at its surroundings. Prints every breach; exit code 1 where there is one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A folder, and the prefixes of what its files may include beside the public header. cli: its own headers only.
layers='
    src/base        base
    src/compute     base compute
    src/files       base files
    src/media       base media
    src/features    base features
    models          base compute files features models
    pipelines       base compute files media features models pipelines
    cli
'
library='src/base src/compute src/files src/media src/features models pipelines'

# A header of a foreign library (a pattern), and the files that may include it (a pattern).
foreign='
    (libav[a-z]*|libsw[a-z]*|libpostproc)/.*   src/media/.*
    (cblas|openblas[a-z_]*)\.h                 src/compute/gemm\.c
    fftw3\.h                                   src/features/fbank\.c
    jansson\.h                                 src/files/.*|cli/((request|list|journal_line)\.c|json_(id|line|path)\.[ch])
'

# Calls that a library must not make, and the files that may (a pattern; - for none).
calls='
    exit|_exit|_Exit|abort|quick_exit|atexit|raise|assert                                   -
    printf|vprintf|puts|putchar|perror                                                      -
    fprintf|vfprintf|fputs|fputc                                                            -
    getenv|secure_getenv|setenv|putenv|setlocale                                            models/default_model\.c
    system|popen|fork|execv[a-z]*|execl[a-z]*                                               -
    av_log_set_callback                                                                     -
    av_log_set_level                                                                        src/media/ffmpeg_log\.c
    signal|sigaction|openblas_set_num_threads                                               -
    malloc|calloc|realloc|strdup|aligned_alloc|posix_memalign                               src/base/memory\.c
    strcpy|strcat|sprintf|vsprintf|gets|strtok|rand|srand                                   -
'

breaches=0
breach() {
    echo "$*"
    breaches=$((breaches + 1))
}

# sources FOLDER...: the C files and headers in them.
sources() {
    find "$@" -maxdepth 1 -name '*.[ch]' | LC_ALL=C sort
}

# code FILE: the file with comments, string and character literals blanked; the lines stay where they were.
code() {
    awk '
        {
            line = $0; out = ""
            while (line != "") {
                if (in_comment) {
                    end = index(line, "*/")
                    if (!end) { line = ""; break }
                    line = substr(line, end + 2); in_comment = 0
                } else if (match(line, /^[^"\x27\/]+/)) {
                    out = out substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
                } else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\x27([^\x27\\]|\\.)*\x27/)) {
                    out = out "\"\""; line = substr(line, RLENGTH + 1)
                } else if (substr(line, 1, 2) == "/*") {
                    in_comment = 1; line = substr(line, 3)
                } else if (substr(line, 1, 2) == "//") {
                    line = ""
                } else {
                    out = out substr(line, 1, 1); line = substr(line, 2)
                }
            }
            print out
        }' "$1"
}

# includes FILE: "LINE NAME" of each header that it includes; NAME in <> or "" as written.
includes() {
    sed -n -E 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]+[>"]).*/\1/;T;=;p' "$1" | paste -d' ' - -
}

check_own() { # FILE LINE HEADER FOLDER PREFIX...
    local file=$1 line=$2 header=$3 folder=$4 prefix
    shift 4
    [ "$header" = polytome.h ] && return
    if [ "$folder" = cli ] && [ -e "cli/$header" ] && [[ $header != */* ]]; then return; fi
    for prefix in "$@"; do
        if [[ $header == "$prefix"/* ]]; then return; fi
    done
    breach "$file:$line: $folder must not include \"$header\""
}

check_foreign() { # FILE LINE HEADER
    local header place
    while read -r header place; do
        [ -n "$header" ] || continue
        if [[ $3 =~ ^($header)$ ]] && ! [[ $1 =~ ^($place)$ ]]; then
            breach "$1:$2: <$3> belongs in $place only"
        fi
    done <<< "$foreign"
}

every_call=$(awk 'NF { printf "%s%s", sep, $1; sep = "|" }' <<< "$calls")

check_calls() { # FILE
    local names place found text
    text=$(code "$1")
    grep -q -E "(^|[^A-Za-z0-9_.>])($every_call)[[:space:]]*\(" <<< "$text" || return 0
    while read -r names place; do
        [ -n "$names" ] || continue
        if [[ $1 =~ ^($place)$ ]]; then continue; fi
        while read -r found; do
            [ -n "$found" ] && breach "$1:$found: a library does not call this"
        done <<< "$(grep -n -o -E "(^|[^A-Za-z0-9_.>])($names)[[:space:]]*\(" <<< "$text" || true)"
    done <<< "$calls"
}

files=0
while read -r folder prefixes; do
    [ -n "$folder" ] || continue
    for file in $(sources "$folder"); do
        files=$((files + 1))
        while read -r line header; do
            [ -n "$header" ] || continue
            name=${header:1:-1}
            # shellcheck disable=SC2086 # one word a prefix
            if [[ $header == \"* ]]; then check_own "$file" "$line" "$name" "$folder" $prefixes; fi
            check_foreign "$file" "$line" "$name"
        done <<< "$(includes "$file")"
    done
done <<< "$layers"
# shellcheck disable=SC2086 # one word a folder
for file in $(sources $library); do check_calls "$file"; done

if [ "$files" -eq 0 ]; then breach "no source file was found"; fi
echo "layers: $files files, $breaches breaches"
[ "$breaches" -eq 0 ]
