/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include "grow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/** Names in a directory. */
struct names {
    char **items;
    size_t count;
};

/** What an entry of a list, or an operand, stands for. */
struct visit {
    const struct inputs_visitor *visitor;
    const char *id;
};

enum { WHY_BYTES = 512 };

/** A sentence that begins with the name, where there is room: else who complains puts it before. */
static void say(char *why, const char *path, const char *what, const char *reason) {
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    const bool brief = strlen(name) < WHY_BYTES / 2;
    snprintf(why, WHY_BYTES, "%s%s%s%s", brief ? name : "", brief ? ": " : "", what, reason);
}

static bool fail(const struct visit *visit, const char *path, int error) {
    char why[WHY_BYTES];
    say(why, path, "cannot be read: ", strerror(error));
    return visit->visitor->failed(visit->visitor->user, path, visit->id, 0, why);
}

/** A name or directory that cannot be read belongs to one part, as files do. */
static bool fail_path(const struct visit *visit, const char *path, int error) {
    return !shard_takes(&visit->visitor->shard, path) || fail(visit, path, error);
}

static bool visit_file(const struct visit *visit, const char *path, bool found) {
    const struct inputs_visitor *visitor = visit->visitor;
    return !shard_takes(&visitor->shard, path) || visitor->file(visitor->user, path, visit->id, found);
}

static bool names_add(struct names *names, const char *name) {
    char **items = grow(names->items, names->count, sizeof *items);
    if (!items) return false;
    names->items = items;
    items[names->count] = strdup(name);
    return items[names->count] && ++names->count;
}

static void names_free(struct names *names) {
    for (size_t i = 0; i < names->count; i++) free(names->items[i]);
    free(names->items);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/** The names in a directory without the hidden ones, sorted bytewise; 0 or an errno. */
static int names_read(struct names *names, const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return errno;
    int error = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry) {
            error = errno;
            break;
        }
        if (entry->d_name[0] == '.') continue;
        if (!names_add(names, entry->d_name)) {
            error = ENOMEM;
            break;
        }
    }
    closedir(directory);
    if (error == 0 && names->count > 0) qsort(names->items, names->count, sizeof *names->items, compare_names);
    return error;
}

static bool visit_directory(const struct visit *visit, const char *path);

/** One entry of a directory: linked files count, linked directories are not followed. */
static bool visit_entry(const struct visit *visit, const char *directory, const char *name) {
    const size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    const size_t bytes = length + strlen(name) + 2;
    char *path = malloc(bytes);
    if (!path) return fail_path(visit, directory, ENOMEM);
    snprintf(path, bytes, "%s%s%s", directory, slash, name);

    bool go_on = true;
    struct stat status;
    if (lstat(path, &status) != 0)
        go_on = fail_path(visit, path, errno);
    else if (S_ISDIR(status.st_mode))
        go_on = visit_directory(visit, path);
    else if (S_ISREG(status.st_mode) ||
             (S_ISLNK(status.st_mode) && stat(path, &status) == 0 && S_ISREG(status.st_mode)))
        go_on = visit_file(visit, path, true);
    free(path);
    return go_on;
}

/* The directory is read to its end and closed before its entries are visited: depth costs no descriptors, and it is
 * bounded, because a path longer than the system allows cannot be read. */
static bool visit_directory(const struct visit *visit, const char *path) {
    struct names names = {0};
    const int error = names_read(&names, path);
    bool go_on = error == 0 || fail_path(visit, path, error);
    for (size_t i = 0; go_on && error == 0 && i < names.count; i++) go_on = visit_entry(visit, path, names.items[i]);
    names_free(&names);
    return go_on;
}

bool inputs_visit(const struct inputs_visitor *visitor, const char *name, const char *id) {
    const struct visit visit = {visitor, id};
    struct stat status;
    if (strcmp(name, "-") != 0 && stat(name, &status) == 0 && S_ISDIR(status.st_mode))
        return visit_directory(&visit, name);
    return visit_file(&visit, name, false);
}

/** In a list "-" can only be the name of a file, for there is no second standard input. */
static const char *listed_name(const struct list *list) {
    return strcmp(list->path, "-") == 0 ? "./-" : list->path;
}

/** An entry that names nothing: an object is passed over, but names that are no lines make the whole list wrong. */
static bool fail_entry(const struct inputs_visitor *visitor, const char *path, const struct list *list, bool *ended) {
    *ended = list->format != LIST_JSON;
    if (!*ended && !shard_takes(&visitor->shard, list->line)) return true;
    char why[WHY_BYTES];
    if (*ended)
        say(why, path, list->wrong, "");
    else
        snprintf(why, sizeof why, "line %ld: %s", list->number, list->wrong);
    return visitor->failed(visitor->user, path, list->id, *ended ? 0 : list->number, why);
}

bool inputs_try_list(const char *path) {
    struct stat status;
    const bool standard = strcmp(path, "-") == 0;
    if ((standard ? fstat(STDIN_FILENO, &status) : stat(path, &status)) != 0) return false;
    const bool closed = standard && (fcntl(STDIN_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY; /* signals_begin() */
    const bool refused = !standard && S_ISSOCK(status.st_mode);
    errno = S_ISDIR(status.st_mode) ? EISDIR : closed ? EBADF : refused ? ENXIO : 0;
    return errno == 0 && (standard || access(path, R_OK) == 0);
}

bool inputs_visit_list(const struct inputs_visitor *visitor, const char *path, enum list_format format) {
    const struct visit whole = {visitor, NULL};
    struct list list;
    if (!list_open(&list, path, format)) return fail(&whole, path, errno);
    bool go_on = true, ended = false;
    while (go_on && !ended) {
        if (!list_next(&list)) {
            ended = true;
            if (errno != 0) go_on = fail(&whole, path, errno);
        } else if (list.wrong) {
            go_on = fail_entry(visitor, path, &list, &ended);
        } else {
            go_on = inputs_visit(visitor, listed_name(&list), list.id);
        }
    }
    list_close(&list);
    return go_on;
}

long inputs_count_list(const char *path, enum list_format format, const struct shard *shard) {
    struct stat status;
    struct list list;
    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    if (!list_open(&list, path, format)) return 0;
    long count = 0;
    while (list_next(&list)) count += shard_takes(shard, list.wrong ? list.line : listed_name(&list));
    list_close(&list);
    return count;
}

bool inputs_looks_like_media(const char *path) {
    static const char *const endings[] = {
        "3gp", "aac",  "ac3",  "aif",  "aiff", "amr",  "asf",  "au",   "avi",  "avif", "bmp",  "caf", "dv",  "flac",
        "flv", "gif",  "heic", "heif", "jp2",  "jpeg", "jpg",  "jxl",  "m2ts", "m4a",  "m4v",  "mka", "mkv", "mov",
        "mp2", "mp3",  "mp4",  "mpg",  "mpeg", "mts",  "mxf",  "oga",  "ogg",  "ogv",  "opus", "png", "ppm", "tga",
        "tif", "tiff", "rm",   "ts",   "vob",  "wav",  "webm", "webp", "wma",  "wmv",  "wv",   "y4m"};
    const char *base = strrchr(path, '/');
    const char *dot = strrchr(base ? base : path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot + 1, endings[i]) == 0) return true;
    return false;
}
