/* SPDX-License-Identifier: MIT */
#include "memory_room.h"

#include "memory_limit.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { KIB = 1024, MAX_PATH = 1024, MAX_LINE = 1200 };

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/** The number after `key` at the start of a line, or the first number of all for ""; `none` where there is none, as in
 * "max". */
static int64_t read_number(const char *path, const char *key, int64_t none) {
    FILE *file = fopen(path, "re");
    char line[MAX_LINE];
    int64_t number = none;
    const size_t length = strlen(key);
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, length) == 0 && sscanf(line + length, "%" SCNd64, &number) == 1) break;
    if (file) fclose(file);
    return number;
}

/* ---------------------------------------------------------------- control groups (cgroups(7)), of both versions */

struct group_files {
    const char *root, *limits[2], *used[4]; /* used: keys of memory.stat, of what cannot be given back */
};

static int64_t room_of_group(const struct group_files *files, const char *path) {
    char name[MAX_PATH + 64];
    int64_t room = INT64_MAX;
    for (int i = 0; i < 2 && files->limits[i]; i++) {
        snprintf(name, sizeof name, "%s%s/%s", files->root, path, files->limits[i]);
        room = least(room, read_number(name, "", INT64_MAX));
    }
    snprintf(name, sizeof name, "%s%s/memory.stat", files->root, path);
    for (int i = 0; room < INT64_MAX && i < 4 && files->used[i]; i++) room -= read_number(name, files->used[i], 0);
    return room;
}

/** Of the group and of those that it is in; in a container the path may be that of the host, and the last one is seen.
 */
static int64_t room_of_groups(const struct group_files *files, char *path) {
    int64_t room = INT64_MAX;
    path[strcspn(path, "\n")] = '\0';
    for (;;) {
        room = least(room, room_of_group(files, path));
        char *last = strrchr(path, '/');
        if (!last) return room;
        *last = '\0';
    }
}

static int64_t group_room(void) {
    static const struct group_files second = {
        "/sys/fs/cgroup", {"memory.max", "memory.high"}, {"anon ", "shmem ", "slab_unreclaimable ", "kernel_stack "}};
    static const struct group_files first = {
        "/sys/fs/cgroup/memory", {"memory.limit_in_bytes"}, {"total_rss ", "total_shmem "}};
    int64_t room = INT64_MAX;
    char line[MAX_PATH];
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && fgets(line, sizeof line, file)) { /* number:controllers:path */
        char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path) continue;
        *path++ = '\0';
        const bool is_second = controllers[1] == '\0', is_memory = strstr(controllers, "memory") != NULL;
        if (is_second || is_memory) room = least(room, room_of_groups(is_second ? &second : &first, path));
    }
    if (file) fclose(file);
    return room;
}

/* ---------------------------------------------------------------- the system, and the limits of the user */

static int64_t limit_room(int resource, int64_t taken) {
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= INT64_MAX) return INT64_MAX;
    return (int64_t)limit.rlim_cur - taken;
}

/** Where the system lets no more be set aside than there is (proc(5), overcommit_memory). */
static int64_t commit_room(void) {
    enum { STRICT = 2 };
    if (read_number("/proc/sys/vm/overcommit_memory", "", 0) != STRICT) return INT64_MAX;
    const int64_t limit = read_number("/proc/meminfo", "CommitLimit:", INT64_MAX / KIB);
    return (limit - read_number("/proc/meminfo", "Committed_AS:", 0)) * KIB;
}

int64_t memory_room(void) {
    const int64_t available = read_number("/proc/meminfo", "MemAvailable:", INT64_MAX / KIB) * KIB;
    const int64_t limits = least(limit_room(RLIMIT_AS, memory_mapped()), limit_room(RLIMIT_DATA, memory_set_aside()));
    const int64_t room = least(least(available, group_room()), least(limits, commit_room()));
    return room > 0 ? room : 0;
}
