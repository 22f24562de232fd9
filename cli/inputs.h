/* SPDX-License-Identifier: MIT */
/* inputs: the files to look at, from names, directories and lists of names. */
#ifndef POLYTOME_CLI_INPUTS_H
#define POLYTOME_CLI_INPUTS_H

#include <stdbool.h>

/** What is done with each input. Both answer whether to go on. */
struct inputs_visitor {
    /** A file, or "-" for standard input. `found`: it was found in a directory, not named. */
    bool (*file)(void *user, const char *path, bool found);
    /** A name, directory or list that cannot be read; `why` is a full sentence. */
    bool (*failed)(void *user, const char *path, const char *why);
    void *user;
};

/** Visits what `name` stands for: the file itself, or the files of the directory, sorted by name. */
bool inputs_visit(const struct inputs_visitor *visitor, const char *name);

/** Visits every name in the list (`path` "-": standard input); names end with `separator`. */
bool inputs_visit_list(const struct inputs_visitor *visitor, const char *path, char separator);

/** Does the name end like that of a video, sound or image file? */
bool inputs_looks_like_media(const char *path);

#endif
