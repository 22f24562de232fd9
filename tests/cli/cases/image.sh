# SPDX-License-Identifier: MIT
# Stills go to the image model and videos to the video model; each takes the other's place where that is asked for.
need_jq
vit=$CASES/../../golden/vit
mkdir pictures
polytome explain -q "$SAMPLES/two.flac" -o pictures/b.png
polytome explain -q "$SAMPLES/rain.ogg" -o pictures/a.png
cp "$SAMPLES/cut.mp4" pictures
echo 'not a picture' >pictures/broken.jpg
echo 'nothing' >pictures/notes.txt
# The pictures of a directory by an image model alone: the broken one is named like a picture, the notes are passed over.
expect 1 polytome -m "$vit" --json pictures | jq -c '[.path, .status, .video, .audio, .image.windows, .image.tokens]'
polytome -m "$vit" pictures/a.png --top 1 | sed 's/ \+[0-9.]* %//'
# With a video model beside it the film goes there, and no key for images where there is no image model.
model=$CASES/../../../models/default/default-v0.safetensors
polytome -m "$vit" -m "$model" --json pictures/a.png pictures/cut.mp4 |
    jq -c '[.duration, .video.model, .image.model, .image.coverage.to]'
polytome -m "$vit" -m "$model" --json --only image pictures/cut.mp4 | jq -c '[.video, .image.windows]'
polytome -m "$vit" -m "$model" --json --only video pictures/a.png | jq -c '[.video.windows, .image]'
polytome --json pictures/a.png | jq -c 'has("image")'
# Where a video model labels a still for want of an image model, the text says so.
for model_options in "-m $model" "-m $model -m $vit" "-m $model -m $vit --only video"; do
    # shellcheck disable=SC2086 # several words
    polytome $model_options pictures/a.png pictures/cut.mp4 | grep -c 'a still picture, taken for a video' || true
done
polytome info "$vit" --modality image --json | jq -c '.image | [.image_size, .num_frames, .tokens]'
expect 2 polytome info "$vit" --modality audio
expect 2 polytome -m "$vit" --only audio pictures/a.png
