/* SPDX-License-Identifier: MIT */
/*
 * json_path: paths in JSON. A path may hold any bytes but JSON text is UTF-8: bytes that are none become U+FFFD, and
 * the key "path_bytes" then gives the exact path in hexadecimal.
 */
#ifndef POLYTOME_CLI_JSON_PATH_H
#define POLYTOME_CLI_JSON_PATH_H

#include <jansson.h>
#include <stdbool.h>

/** The text, bytes that are no UTF-8 as U+FFFD; NULL where memory ran out. */
json_t *json_words(const char *text);

/** Sets "path" and, where it is needed, "path_bytes". False where memory ran out. */
bool json_put_path(json_t *object, const char *path);

/** The path that json_put_path() left there, for free(); NULL where there is none, or memory ran out. */
char *json_get_path(const json_t *object);

#endif
