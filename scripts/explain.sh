#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the pictures of docs/explain.md again, from samples/ and the models in this tree.
#
#     scripts/explain.sh POLYTOME [FOLDER]      FOLDER: where they go (default: docs/explain)
#
# Needs ffmpeg, for the still and for a clip that is small enough to be kept in a repository.
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ] || [ ! -x "$1" ]; then
    echo "usage: scripts/explain.sh POLYTOME [FOLDER]" >&2
    exit 2
fi
polytome=$(realpath "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${2:-$root/docs/explain}
command -v ffmpeg >/dev/null || {
    echo "scripts/explain.sh needs ffmpeg" >&2
    exit 1
}
mkdir -p "$folder"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

small() { # IN OUT: 160x90
    ffmpeg -v error -i "$1" -vf scale=160:90:flags=area -c:v libx264 -crf 12 -threads 1 "$2"
}

small "$root/samples/cut.mp4" "$scratch/cut.mp4"
"$polytome" explain "$scratch/cut.mp4" -o "$folder/clip.png"
"$polytome" explain "$root/samples/two.flac" -o "$folder/sound.png"
"$polytome" explain "$root/samples/rain.ogg" -o "$folder/sound.svg"

# No image model ships with polytome: a small golden checkpoint with random weights. Its patches are still projected, so
# that those which look alike are alike.
ffmpeg -v error -ss 1 -i "$root/samples/static-shot.mp4" -vf crop=180:180,scale=480:480 -frames:v 1 "$scratch/still.png"
"$polytome" explain -m "$root/tests/golden/dinov2_resized" -r off "$scratch/still.png" -o "$folder/image-off.png"
"$polytome" explain -m "$root/tests/golden/dinov2_resized" -r 8 "$scratch/still.png" -o "$folder/image.png"
