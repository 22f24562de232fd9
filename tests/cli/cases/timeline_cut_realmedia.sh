# SPDX-License-Identifier: MIT
# Pictures of RealMedia cannot be copied so that they can be decoded: no clip, and a sentence.
# Its sound alone goes into Matroska.
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
clip=$SAMPLES/pan-right-three.mp4
ffmpeg -v error -i "$clip" -c:v rv20 -c:a ac3 film.rm
ffmpeg -v error -i "$clip" -vn -c:a ac3 sound.rm
expect 1 polytome timeline -q film.rm --cut film >/dev/null
polytome timeline -q sound.rm --cut sound >/dev/null
ls sound
for made in sound/*; do ffmpeg -v error -xerror -i "$made" -f null -; done
