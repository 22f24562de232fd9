# SPDX-License-Identifier: MIT
# Pictures of what merged, of each kind; what cannot be drawn is one sentence, and leaves nothing behind.
polytome explain "$SAMPLES/two.flac" -o sound.png
polytome explain "$SAMPLES/two.flac" -r off -o sound.svg
polytome explain "$SAMPLES/pan-right-three.mp4" -o clip.mp4
polytome explain "$SAMPLES/pan-right-three.mp4" --only audio -q -o both.png
polytome explain "$SAMPLES/cut.mp4" --start 0.5 --duration 0.4 -r 20 --prop-attn off -o cut.PNG
polytome explain - -o stdin.svg <"$SAMPLES/two.flac"
ls
[[ $(head -c 8 sound.png | od -An -c | tr -d ' ') == '211PNG\r\n032\n' ]] || fail "sound.png is no PNG"
[[ $(head -c 5 sound.svg) == '<?xml' ]] || fail "sound.svg is no SVG"
[[ $(head -c 8 clip.mp4 | tail -c 4) == ftyp ]] || fail "clip.mp4 is no MP4"
polytome --json --only video clip.mp4 >relabelled # a film like any other
# The same bytes for any number of threads.
for name in sound.png sound.svg clip.mp4; do
    source=$SAMPLES/two.flac
    [[ $name == clip.mp4 ]] && source=$SAMPLES/pan-right-three.mp4
    for threads in 1 2; do polytome explain -q "$source" --threads $threads -o "$threads-$name"; done
    cmp "1-$name" "2-$name"
done
mkdir clean
cd clean || exit
expect 2 polytome explain "$SAMPLES/two.flac"
expect 2 polytome explain -o out.png
expect 2 polytome explain a b -o out.png
expect 2 polytome explain "$SAMPLES/two.flac" -o out.gif
expect 2 polytome explain "$SAMPLES/two.flac" -o out.mp4
expect 2 polytome explain "$SAMPLES/two.flac" -r nonsense -o out.png 2>/dev/null
expect 1 polytome explain "$SAMPLES/two.flac" --only video -o out.png
expect 1 polytome explain missing.wav -o out.png
expect 1 polytome explain . -o out.png
expect 3 polytome explain "$SAMPLES/two.flac" -o nowhere/out.png
expect 2 polytome explain "$SAMPLES/pan-left.mp4" --only image -o out.png
[[ -z $(ls -A) ]] || fail "left behind: $(ls -A)"
