/* SPDX-License-Identifier: MIT */
/* inputs: the files to look at, from names, directories and lists of names. */
#ifndef POLYTOME_CLI_INPUTS_H
#define POLYTOME_CLI_INPUTS_H

#include "list.h"
#include "shard.h"

/** What is done with each input. Both answer whether to go on; `id` is the list's own, JSON text or NULL. */
struct inputs_visitor {
    /** A file, or "-" for standard input. `found`: it was found in a directory, not named. */
    bool (*file)(void *user, const char *path, const char *id, bool found);
    /** A name, directory or list that cannot be read, or the `line` (from 1, else 0) of a list, which names no input;
     * `why` is a full sentence. */
    bool (*failed)(void *user, const char *path, const char *id, long line, const char *why);
    void *user;
    struct shard shard; /* only files of this part are visited */
};

/** Visits what `name` stands for: the file itself, or the files of the directory, sorted by name. */
bool inputs_visit(const struct inputs_visitor *visitor, const char *name, const char *id);

/** Visits every name in the list (`path` "-": standard input). */
bool inputs_visit_list(const struct inputs_visitor *visitor, const char *path, enum list_format format);

/** Whether a list can be opened, before anything is begun. False with errno. */
bool inputs_try_list(const char *path);

/** How many names of the part a list holds, a directory counting as one; 0 where it can be read only once, or not. */
long inputs_count_list(const char *path, enum list_format format, const struct shard *shard);

/** Does the name end like that of a video, sound or image file? */
bool inputs_looks_like_media(const char *path);

#endif
