# SPDX-License-Identifier: MIT
# A source that ends by itself and gave neither a picture nor a sample is an error, from a file and from a pipe.
make_wav empty.wav 0
make_y4m empty.y4m 0
for source in empty.*; do
    expect 1 polytome stream "$source"
    # shellcheck disable=SC2002 # a pipe cannot seek
    cat "$source" | expect 1 polytome stream -
    expect 1 polytome stream --duration 1 "$source"
done
# So is one that is away when the duration is over, and has brought nothing.
mkfifo fifo
cat empty.y4m >fifo &
expect 1 polytome stream --duration 1 -q fifo
# What cannot be read of a pipe says why.
command -v ffmpeg >/dev/null || exit 0
ffmpeg -v error -i "$SAMPLES/zoom-in.mp4" -an -c:v mjpeg -q:v 1 late.mov # larger than what is read at once
# shellcheck disable=SC2002 # a pipe cannot seek
cat late.mov | expect 1 polytome stream - 2>told
grep -q '^polytome: standard input: nothing in it can be read without seeking' told
