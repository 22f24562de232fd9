/* SPDX-License-Identifier: MIT */
/* json_id: what a caller calls an input, any JSON value, as the text that comes back to it. */
#ifndef POLYTOME_CLI_JSON_ID_H
#define POLYTOME_CLI_JSON_ID_H

#include <jansson.h>

/** The value's text, its numbers with no more digits than the one has that needs most to be told from others: 0.1 stays
 * 0.1. For free(); NULL where memory ran out. */
char *json_id_write(const json_t *id);

#endif
