/* SPDX-License-Identifier: MIT */
/* path: names of files. */
#ifndef POLYTOME_FILES_PATH_H
#define POLYTOME_FILES_PATH_H

#include <stdbool.h>

/** directory/name, owned by the caller, mem_free(); NULL where memory is short. */
char *path_join(const char *directory, const char *name);

/** Whether there is a regular file of this name, or a link to one. */
bool path_is_file(const char *path);

#endif
