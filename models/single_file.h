/* SPDX-License-Identifier: MIT */
/*
 * single_file: one safetensors file whose metadata describes the whole model (docs/format.md). Here: what both
 * schemas say alike; shared_backbone.h has schema 1, packed.h schema 2.
 */
#ifndef POLYTOME_MODELS_SINGLE_FILE_H
#define POLYTOME_MODELS_SINGLE_FILE_H

#include "files/json.h"
#include "models/network.h"

enum single_file_schema { SINGLE_FILE_SHARED = 1, SINGLE_FILE_PACKED = 2 };

/** Which schema the JSON text of the metadata key `polytome` has; PTM_EMODEL where it is another one. */
ptm_status single_file_schema(enum single_file_schema *schema, struct json root, ptm_error *err);

/** "merge": {"r", "prop_attn"}, the recommended merging. Absent: stays as it is. The network's depth must be known. */
ptm_status single_file_read_merge(struct network *network, struct json json, ptm_error *err);

/** Whether `r` can be recommended to a network of known depth: a schedule, or a cost that every machine knows. */
ptm_status single_file_check_merge(const char *r, const struct network *network, ptm_error *err);

/** {"r0", "merged"}, the stored answers. */
ptm_status single_file_read_self_test(struct network *network, struct json test, ptm_error *err);

#endif
