/* SPDX-License-Identifier: MIT */
/* labels: the names of the classes, from a config's id2label or a plain list. */
#ifndef POLYTOME_MODELS_LABELS_H
#define POLYTOME_MODELS_LABELS_H

#include "files/json.h"
#include "models/network.h"

/**
 * Reads `id2label` ({"0": name, ...}, every number from 0 once), else makes LABEL_0, LABEL_1 ... for `num_labels` (2
 * where that is absent too), into network->labels and config.num_labels. A name is a string or, as digits' labels are,
 * a whole number. `timm`: the config is timm's, where a list `label_names` comes first and `num_classes` counts too.
 */
ptm_status labels_read_config(struct network *network, bool timm, struct json config, ptm_error *err);

/** The same from an array of names, `parent`'s member `key`. */
ptm_status labels_read_list(struct network *network, struct json parent, const char *key, ptm_error *err);

#endif
