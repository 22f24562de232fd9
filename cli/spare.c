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

struct spare_target spare_look(const char *name) {
    struct spare_target target = {.name = name};
    target.exists = is_file(name) && stat(name, &target.file) == 0;
    return target;
}

static bool is_same(const struct spare_target *target, const char *input) {
    struct stat file;
    if (!is_file(input) || target->exists != (stat(input, &file) == 0)) return false;
    return target->exists ? spare_is_target(target, &file) : will_be_one(target->name, input);
}

bool spare_is_same(const char *a, const char *b) {
    if (!is_file(a)) return false;
    const struct spare_target target = spare_look(a);
    return is_same(&target, b);
}

static bool is_read(const struct options *options, const struct spare_target *target) {
    const char *const single[] = {options->files_from,  options->journal,      options->live.audio,
                                  options->check.input, options->check.expect, options->check.expect_source};
    bool read = false;
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) read = read || is_same(target, single[i]);
    for (int i = 0; i < options->num_operands; i++) read = read || is_same(target, options->operands[i]);
    for (int i = 0; i < options->models.count; i++) read = read || is_same(target, options->models.items[i]);
    return read;
}

static bool spares(const struct options *options, const char *output) {
    if (!is_file(output)) return true;
    const struct spare_target target = spare_look(output);
    if (!is_read(options, &target)) return true;
    text_complain(SPARE_SENTENCE, output);
    return false;
}

/** All that the run writes. */
struct outputs {
    const char *names[5 + OPTIONS_MAX_LIST];
    int count;
};

static struct outputs list_outputs(const struct options *options) {
    const char *const single[] = {options->output, options->plot, options->overlay, options->check.output,
                                  options->check.source};
    struct outputs outputs = {0};
    for (size_t i = 0; i < sizeof single / sizeof *single; i++)
        if (is_file(single[i])) outputs.names[outputs.count++] = single[i];
    for (int i = 0; i < options->outputs.count; i++)
        if (is_file(options->outputs.items[i])) outputs.names[outputs.count++] = options->outputs.items[i];
    return outputs;
}

static bool are_apart(const struct outputs *outputs, int i) {
    for (int j = 0; j < i; j++) {
        if (!spare_is_same(outputs->names[i], outputs->names[j])) continue;
        text_complain("the output %s is named twice", outputs->names[i]);
        return false;
    }
    return true;
}

bool spare_inputs(const struct options *options) {
    const struct outputs outputs = list_outputs(options);
    bool good = true;
    for (int i = 0; i < outputs.count && good; i++) good = spares(options, outputs.names[i]) && are_apart(&outputs, i);
    return good;
}

bool spare_is_target(const struct spare_target *target, const struct stat *found) {
    return target->exists && S_ISREG(found->st_mode) && are_one(&target->file, found);
}
