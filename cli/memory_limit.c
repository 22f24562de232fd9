/* SPDX-License-Identifier: MIT */
#include "memory_limit.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t memory_taken(void) {
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    long long pages = 0; /* size, resident, shared, text, 0, and then data and stack */
    if (fscanf(file, "%*s %*s %*s %*s %*s %lld", &pages) != 1) pages = 0;
    fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

bool memory_limit(int64_t bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) != 0) return false;
    /* The hard limit stays, or a lower one is in force already. */
    limit.rlim_cur = (rlim_t)bytes < limit.rlim_max ? (rlim_t)bytes : limit.rlim_max;
    return setrlimit(RLIMIT_DATA, &limit) == 0;
}
