/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/cpu.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

static const char *const names[] = {"scalar", "neon", "avx2", "avx512", "amx"};

#if defined(__x86_64__)
/** Tiles with products of int8 and bf16, and leave to use their registers; a kernel that knows no such leave has none
 * to give. */
static bool has_amx(void) {
    enum { LEAF_7_BF16 = 22, LEAF_7_TILE = 24, LEAF_7_INT8 = 25, REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };
    const unsigned needed = 1u << LEAF_7_BF16 | 1u << LEAF_7_TILE | 1u << LEAF_7_INT8;
    unsigned eax, ebx, ecx, edx;
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (edx & needed) != needed) return false;
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}
#endif

enum cpu_level cpu_vectors(void) {
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

enum cpu_level cpu_detect(void) {
    const enum cpu_level vectors = cpu_vectors();
#if defined(__x86_64__)
    if (vectors == CPU_AVX512 && cpu_has(CPU_AVX512_BF16) && has_amx()) return CPU_AMX;
#endif
    return vectors;
}

#if defined(__x86_64__)
static bool has_slow_madd(void) {
    __builtin_cpu_init();
    return __builtin_cpu_is("haswell") || __builtin_cpu_is("broadwell") || __builtin_cpu_is("znver1") ||
           __builtin_cpu_is("znver2");
}

/* CPUID itself: clang 14 has no name for some of these. */
bool cpu_has(enum cpu_feature feature) {
    unsigned eax, ebx, ecx, edx, eax1, ebx1, ecx1, edx1;
    if (feature == CPU_NO_FEATURE) return true;
    if (feature == CPU_FAST_MADD) return !has_slow_madd();
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return false;
    if (feature == CPU_AVX512_VNNI) return ecx >> 11 & 1;
    if (feature == CPU_AVX512_FP16) return edx >> 23 & 1;
    if (eax < 1 || !__get_cpuid_count(7, 1, &eax1, &ebx1, &ecx1, &edx1)) return false;
    const bool bf16 = eax1 >> 5 & 1;
    if (feature == CPU_AVX512_BF16) return bf16;
    if (feature == CPU_FAST_BF16) return bf16 && __builtin_cpu_is("amd");
    return feature == CPU_AVX_VNNI ? eax1 >> 4 & 1 : false;
}
#elif defined(__aarch64__)
bool cpu_has(enum cpu_feature feature) {
    const unsigned long dot_product = 1ul << 20; /* HWCAP_ASIMDDP */
    return feature == CPU_NO_FEATURE || (feature == CPU_NEON_DOT && (getauxval(AT_HWCAP) & dot_product));
}
#else
bool cpu_has(enum cpu_feature feature) {
    return feature == CPU_NO_FEATURE;
}
#endif

const char *cpu_level_name(enum cpu_level level) {
    return names[level];
}

ptm_status cpu_parse(const char *name, enum cpu_level *level, ptm_error *err) {
    if (!name || strcmp(name, "auto") == 0) {
        *level = cpu_detect();
        return PTM_OK;
    }
    const enum cpu_level best = strcmp(name, names[CPU_AMX]) == 0 ? cpu_detect() : cpu_vectors();
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (strcmp(name, names[i]) != 0) continue;
        const bool neon_mixup = (i == CPU_NEON) != (best == CPU_NEON) && i != CPU_SCALAR;
        if (i > (int)best || neon_mixup)
            return error_set(err, PTM_EINVAL, "CPU level \"%s\" is not available here; the best is \"%s\"", name,
                             names[best]);
        *level = (enum cpu_level)i;
        return PTM_OK;
    }
    return error_set(err, PTM_EINVAL, "unknown CPU level \"%s\"; it should be auto, scalar, neon, avx2, avx512 or amx",
                     name);
}

int cpu_count(void) {
    int count = 0;
    for (int room = CPU_SETSIZE; count == 0 && room <= 64 * CPU_SETSIZE; room *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)room); /* as large as the kernel's, or it answers EINVAL */
        const size_t bytes = CPU_ALLOC_SIZE((size_t)room);
        if (set && sched_getaffinity(0, bytes, set) == 0) count = CPU_COUNT_S(bytes, set);
        CPU_FREE(set);
    }
    return count > 0 ? count : 1;
}
