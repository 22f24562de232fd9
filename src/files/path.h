/* SPDX-License-Identifier: MIT */
/* path: names of files. */
#ifndef POLYTOME_FILES_PATH_H
#define POLYTOME_FILES_PATH_H

#include "base/error.h"

#include <stdbool.h>

/** directory/name, with one slash where the directory ends in one; owned by the caller, mem_free(). NULL where memory
 * is short. */
char *path_join(const char *directory, const char *name);

/** *path: of a regular file in there, owned by the caller; NULL: there is none of that name. PTM_ENOMEM. */
ptm_status path_find(char **path, const char *directory, const char *name, ptm_error *err);

/** The number behind names like /dev/fd/3 and /dev/stdout, of a descriptor that is open already: what it leads to,
 * perhaps the end of a file, would be another place if its name were opened. -1: it is no such name. The command has
 * the same (cli/output.c), as it sees the public header only. */
int path_descriptor(const char *path);

/** Whether there is a regular file of this name, or a link to one. */
bool path_is_file(const char *path);

#endif
