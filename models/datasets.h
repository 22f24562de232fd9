/* SPDX-License-Identifier: MIT */
/* datasets: what models take over from the data that they were trained on. */
#ifndef POLYTOME_MODELS_DATASETS_H
#define POLYTOME_MODELS_DATASETS_H

/* Of ImageNet's pictures: red, green and blue from 0 to 1. */
#define IMAGENET_MEAN \
    { 0.485f, 0.456f, 0.406f }
#define IMAGENET_STD \
    { 0.229f, 0.224f, 0.225f }

/* Of AudioSet's spectrograms; its labels are not exclusive. */
#define AUDIOSET_MEAN (-4.2677393)
#define AUDIOSET_STD 4.5689974
enum { AUDIOSET_LABELS = 527 };

#endif
