/* SPDX-License-Identifier: MIT */
/* preprocessor: preprocessor_config.json of image processors and sound feature extractors, old and new key names. */
#ifndef POLYTOME_MODELS_PREPROCESSOR_H
#define POLYTOME_MODELS_PREPROCESSOR_H

#include "models/families.h"
#include "models/processors.h"

/**
 * Fills network->picture. What the file does not say is as the class that it names has it, else as `processor`, the
 * family's; without a file, sizes are the network's own. The grid's size must be known. PTM_EMODEL where the file names
 * a class that is not known, whose steps and defaults may be others.
 */
ptm_status preprocessor_read_pictures(struct network *network, const struct processor *processor, struct json json,
                                      ptm_error *err);

/** Fills network->audio; what is absent is as ASTFeatureExtractor's defaults say. Bins and length must be known. */
ptm_status preprocessor_read_ast(struct network *network, const struct checkpoint *checkpoint, ptm_error *err);

/** Rows and columns that pictures end in; of such as are neither cropped nor resized both stay as they are. */
void preprocessor_get_size(const struct pixels_spec *spec, int *rows, int *columns);

#endif
