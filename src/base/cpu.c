/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/cpu.h"

#include <sched.h>
#include <string.h>

static const char *const names[] = {"scalar", "neon", "avx2", "avx512"};

enum cpu_level cpu_detect(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return avx512 ? CPU_AVX512 : avx2 ? CPU_AVX2 : CPU_SCALAR;
#elif defined(__aarch64__)
    return CPU_NEON; /* part of the base architecture */
#else
    return CPU_SCALAR;
#endif
}

const char *cpu_level_name(enum cpu_level level) {
    return names[level];
}

ptm_status cpu_parse(const char *name, enum cpu_level *level, ptm_error *err) {
    const enum cpu_level best = cpu_detect();
    if (!name || strcmp(name, "auto") == 0) {
        *level = best;
        return PTM_OK;
    }
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(name, names[i]) != 0) continue;
        const bool neon_mixup = (i == CPU_NEON) != (best == CPU_NEON) && i != CPU_SCALAR;
        if (i > (int)best || neon_mixup)
            return error_set(err, PTM_EINVAL, "CPU level \"%s\" is not available here; the best is \"%s\"", name,
                             names[best]);
        *level = (enum cpu_level)i;
        return PTM_OK;
    }
    return error_set(err, PTM_EINVAL, "unknown CPU level \"%s\"; it should be auto, scalar, neon, avx2 or avx512",
                     name);
}

int cpu_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        const int count = CPU_COUNT(&set);
        if (count > 0) return count;
    }
    return 1;
}
