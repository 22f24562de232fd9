/* SPDX-License-Identifier: MIT */
#include "spare.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_file(const char *name) {
    return name && strcmp(name, "-") != 0;
}

static bool are_one(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/** The folder of a name; false where there is none. */
static bool stat_folder(const char *name, struct stat *folder) {
    const char *slash = strrchr(name, '/');
    char *path = slash ? strndup(name, (size_t)(slash - name) + 1) : strdup(".");
    const bool found = path && stat(path, folder) == 0;
    free(path);
    return found;
}

/** Of files that are not there yet: the same name in the same folder? */
static bool will_be_one(const char *a, const char *b) {
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    struct stat folder_a, folder_b;
    if (strcmp(slash_a ? slash_a + 1 : a, slash_b ? slash_b + 1 : b) != 0) return false;
    return stat_folder(a, &folder_a) && stat_folder(b, &folder_b) && are_one(&folder_a, &folder_b);
}

bool spare_is_same(const char *a, const char *b) {
    struct stat file_a, file_b;
    if (!is_file(a) || !is_file(b)) return false;
    const bool there = stat(a, &file_a) == 0;
    if (there != (stat(b, &file_b) == 0)) return false;
    return there ? S_ISREG(file_a.st_mode) && are_one(&file_a, &file_b) : will_be_one(a, b);
}

static bool is_read(const struct options *options, const char *output) {
    const char *const single[] = {options->files_from,  options->journal,      options->live.audio,
                                  options->check.input, options->check.expect, options->check.expect_source};
    bool read = false;
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) read = read || spare_is_same(output, single[i]);
    for (int i = 0; i < options->num_operands; i++) read = read || spare_is_same(output, options->operands[i]);
    for (int i = 0; i < options->models.count; i++) read = read || spare_is_same(output, options->models.items[i]);
    return read;
}

static bool spares(const struct options *options, const char *output) {
    if (!is_file(output) || !is_read(options, output)) return true;
    text_complain("the output %s is a file that the run itself reads: choose another name", output);
    return false;
}

bool spare_inputs(const struct options *options) {
    const char *const single[] = {options->output, options->plot, options->overlay, options->check.output,
                                  options->check.source};
    bool good = true;
    for (size_t i = 0; i < sizeof single / sizeof *single && good; i++) good = spares(options, single[i]);
    for (int i = 0; i < options->outputs.count && good; i++) good = spares(options, options->outputs.items[i]);
    return good;
}
