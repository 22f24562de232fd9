/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/** Names in a directory. */
struct names {
    char **items;
    size_t count, room;
};

static bool fail(const struct inputs_visitor *visitor, const char *path, int error) {
    char why[512];
    snprintf(why, sizeof why, "cannot read it: %s", strerror(error));
    return visitor->failed(visitor->user, path, why);
}

static bool names_add(struct names *names, const char *name) {
    if (names->count == names->room) {
        const size_t room = names->room ? names->room * 2 : 64;
        if (room > SIZE_MAX / sizeof *names->items) return false;
        char **items = realloc(names->items, room * sizeof *items);
        if (!items) return false;
        names->items = items;
        names->room = room;
    }
    names->items[names->count] = strdup(name);
    return names->items[names->count] && ++names->count;
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

static bool visit_directory(const struct inputs_visitor *visitor, const char *path);

/** One entry of a directory: linked files count, linked directories are not followed. */
static bool visit_entry(const struct inputs_visitor *visitor, const char *directory, const char *name) {
    const size_t length = strlen(directory);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    const size_t bytes = length + strlen(name) + 2;
    char *path = malloc(bytes);
    if (!path) return fail(visitor, directory, ENOMEM);
    snprintf(path, bytes, "%s%s%s", directory, slash, name);

    bool go_on = true;
    struct stat status;
    if (lstat(path, &status) != 0)
        go_on = fail(visitor, path, errno);
    else if (S_ISDIR(status.st_mode))
        go_on = visit_directory(visitor, path);
    else if (S_ISREG(status.st_mode) ||
             (S_ISLNK(status.st_mode) && stat(path, &status) == 0 && S_ISREG(status.st_mode)))
        go_on = visitor->file(visitor->user, path, true);
    free(path);
    return go_on;
}

/* The directory is read to its end and closed before its entries are visited: depth costs no descriptors, and it is
 * bounded, because a path longer than the system allows cannot be read. */
static bool visit_directory(const struct inputs_visitor *visitor, const char *path) {
    struct names names = {0};
    const int error = names_read(&names, path);
    bool go_on = error == 0 || fail(visitor, path, error);
    for (size_t i = 0; go_on && error == 0 && i < names.count; i++) go_on = visit_entry(visitor, path, names.items[i]);
    names_free(&names);
    return go_on;
}

bool inputs_visit(const struct inputs_visitor *visitor, const char *name) {
    struct stat status;
    if (strcmp(name, "-") != 0 && stat(name, &status) == 0 && S_ISDIR(status.st_mode))
        return visit_directory(visitor, name);
    return visitor->file(visitor->user, name, false);
}

bool inputs_visit_list(const struct inputs_visitor *visitor, const char *path, char separator) {
    FILE *list = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!list) return fail(visitor, path, errno);
    char *name = NULL;
    size_t room = 0;
    bool go_on = true;
    ssize_t length;
    while (go_on && (length = getdelim(&name, &room, separator, list)) > 0) {
        if (name[length - 1] == separator) name[--length] = '\0';
        if (length == 0) continue;
        if (strlen(name) != (size_t)length) {
            go_on = visitor->failed(visitor->user, path, "the list holds NUL bytes: read it with -0");
            break;
        }
        /* In a list "-" can only be the name of a file, for there is no second standard input. */
        go_on = inputs_visit(visitor, strcmp(name, "-") == 0 ? "./-" : name);
    }
    if (go_on && ferror(list)) go_on = fail(visitor, path, errno);
    free(name);
    if (list != stdin) fclose(list);
    return go_on;
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
