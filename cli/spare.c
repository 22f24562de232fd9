/* SPDX-License-Identifier: MIT */
#include "spare.h"

#include "text.h"

#include <string.h>
#include <sys/stat.h>

/** A name to write to, and what is there now. */
struct target {
    const char *name;
    struct stat file;
    bool exists; /* else no input has to be looked at */
};

static bool is_file(const char *name) {
    return name && strcmp(name, "-") != 0;
}

static bool is_same(const struct target *target, const char *input) {
    struct stat file;
    if (!is_file(input)) return false;
    if (!target->exists || stat(input, &file) != 0) return strcmp(target->name, input) == 0;
    return S_ISREG(file.st_mode) && file.st_dev == target->file.st_dev && file.st_ino == target->file.st_ino;
}

static bool is_read(const struct options *options, const struct target *target) {
    const char *const single[] = {options->files_from,  options->journal,      options->live.audio,
                                  options->check.input, options->check.expect, options->check.expect_source};
    bool read = false;
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) read = read || is_same(target, single[i]);
    for (int i = 0; i < options->num_operands; i++) read = read || is_same(target, options->operands[i]);
    for (int i = 0; i < options->models.count; i++) read = read || is_same(target, options->models.items[i]);
    return read;
}

static bool spares(const struct options *options, const char *output) {
    struct target target = {.name = output};
    if (!is_file(output)) return true;
    target.exists = stat(output, &target.file) == 0;
    if (!is_read(options, &target)) return true;
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
