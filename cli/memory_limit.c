/* SPDX-License-Identifier: MIT */
#include "memory_limit.h"

#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/** Bytes of this process. */
struct memory {
    int64_t mapped, touched, set_aside;
};

/** All 0 where the system does not tell. */
static struct memory count_memory(void) {
    long long size, resident, shared, data; /* pages: size, resident, shared, text, 0, data and stack */
    FILE *file = fopen("/proc/self/statm", "re");
    const bool told = file && fscanf(file, "%lld %lld %lld %*s %*s %lld", &size, &resident, &shared, &data) == 4;
    if (file) fclose(file);
    const int64_t page = told ? sysconf(_SC_PAGESIZE) : 0;
    return told ? (struct memory){size * page, (resident - shared) * page, data * page} : (struct memory){0, 0, 0};
}

int64_t memory_touched(void) {
    return count_memory().touched;
}

int64_t memory_set_aside(void) {
    return count_memory().set_aside;
}

int64_t memory_mapped(void) {
    return count_memory().mapped;
}

static bool complain(void) {
    text_complain("cannot limit the memory: %s", strerror(errno));
    return false;
}

/* RLIMIT_DATA counts private memory that may be written to, touched or not, and so lets mapped models alone. */
bool memory_limit(int64_t bytes) {
    const int64_t set_aside = memory_set_aside();
    struct rlimit limit;
    if (set_aside == 0 || getrlimit(RLIMIT_DATA, &limit) != 0) return complain();
    const rlim_t wanted = (rlim_t)(set_aside + bytes);
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    return setrlimit(RLIMIT_DATA, &limit) == 0 || complain();
}
