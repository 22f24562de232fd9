# SPDX-License-Identifier: MIT
# Sound that no resampler takes is no damage: the sentence says what it is.
# make_header CHANNELS RATE: a WAV of 16 bits with 65000 bytes of samples.
make_header() {
    printf RIFF
    little 4 65036
    printf 'WAVEfmt '
    little 4 16
    little 2 1
    little 2 "$1"
    little 4 "$2"
    little 4 $(($1 * $2 * 2))
    little 2 $(($1 * 2))
    little 2 16
    printf data
    little 4 65000
    head -c 65000 /dev/zero
}
make_header 65 16000 >channels.wav
make_header 1 5000000 >rate.wav
for file in channels.wav rate.wav; do
    expect 1 polytome "$file"
    expect 1 polytome timeline "$file"
    expect 1 polytome stream "$file"
done
make_header 64 16000 >most.wav
polytome most.wav >/dev/null
