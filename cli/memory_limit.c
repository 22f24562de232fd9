/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "memory_limit.h"

#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/** Pages of this process; false where the system does not tell. */
static bool count_pages(long long *own, long long *set_aside) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return false;
    long long resident, shared; /* size, resident, shared, text, 0, data and stack */
    const bool told = fscanf(file, "%*s %lld %lld %*s %*s %lld", &resident, &shared, set_aside) == 3;
    fclose(file);
    if (told) *own = resident - shared;
    return told;
}

int64_t memory_touched(void) {
    long long own, set_aside;
    return count_pages(&own, &set_aside) ? (int64_t)own * sysconf(_SC_PAGESIZE) : 0;
}

static bool complain(void) {
    text_complain("cannot limit the memory: %s", strerror(errno));
    return false;
}

bool memory_has_room(int64_t bytes) {
    void *probe = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return probe != MAP_FAILED && munmap(probe, (size_t)bytes) == 0;
}

/* RLIMIT_DATA counts private memory that may be written to, touched or not, and so lets mapped models alone. */
bool memory_limit(int64_t bytes) {
    long long own, set_aside;
    struct rlimit limit;
    if (!count_pages(&own, &set_aside) || getrlimit(RLIMIT_DATA, &limit) != 0) return complain();
    const rlim_t wanted = (rlim_t)set_aside * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)bytes;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    return setrlimit(RLIMIT_DATA, &limit) == 0 || complain();
}
