/* SPDX-License-Identifier: MIT */
/* preprocessor: preprocessor_config.json of image processors and sound feature extractors, old and new key names. */
#ifndef POLYTOME_MODELS_PREPROCESSOR_H
#define POLYTOME_MODELS_PREPROCESSOR_H

#include "files/json.h"
#include "models/network.h"

/** Fills network->video; what is absent is as VideoMAEImageProcessor's defaults say. The grid's size must be known. */
ptm_status preprocessor_read_video(struct network *network, struct json json, ptm_error *err);

/** Fills network->audio; what is absent is as ASTFeatureExtractor's defaults say. Bins and length must be known. */
ptm_status preprocessor_read_audio(struct network *network, struct json json, ptm_error *err);

#endif
