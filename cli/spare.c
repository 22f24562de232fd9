/* SPDX-License-Identifier: MIT */
#include "spare.h"

#include "text.h"

#include <string.h>
#include <sys/stat.h>

static bool is_file(const char *name) {
    return name && strcmp(name, "-") != 0;
}

static bool is_same(const char *output, const char *input) {
    struct stat a, b;
    if (!is_file(output) || !is_file(input)) return false;
    if (stat(output, &a) != 0 || stat(input, &b) != 0) return strcmp(output, input) == 0;
    return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool is_read(const struct options *options, const char *output) {
    const char *const single[] = {options->files_from,  options->journal,      options->live.audio,
                                  options->check.input, options->check.expect, options->check.expect_source};
    bool read = false;
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) read = read || is_same(output, single[i]);
    for (int i = 0; i < options->num_operands; i++) read = read || is_same(output, options->operands[i]);
    for (int i = 0; i < options->models.count; i++) read = read || is_same(output, options->models.items[i]);
    return read;
}

static bool spares(const struct options *options, const char *output) {
    if (!is_read(options, output)) return true;
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
