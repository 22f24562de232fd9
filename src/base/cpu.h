/* SPDX-License-Identifier: MIT */
/* What the processor can do, found at run time. */
#ifndef POLYTOME_BASE_CPU_H
#define POLYTOME_BASE_CPU_H

#include "base/error.h"

/** Kernel levels, worst to best within one architecture. */
enum cpu_level { CPU_SCALAR, CPU_NEON, CPU_AVX2, CPU_AVX512, CPU_AMX };

/** Instructions beyond the levels: what reduced precision needs. CPU_FAST_BF16 is AVX512-BF16 whose VDPBF16PS has the
 * rate of VFMADDPS, which is twice the products: AMD's, measured on Zen 4 and 5. Intel's has half the rate, and gains
 * nothing. CPU_FAST_MADD is AVX2 whose VPMADDWD has the rate of VFMADDPS and leaves a port to add in: not Haswell's,
 * Broadwell's, Zen's and Zen 2's, which have one port for it. */
enum cpu_feature {
    CPU_NO_FEATURE,
    CPU_FAST_MADD,
    CPU_AVX_VNNI,
    CPU_AVX512_VNNI,
    CPU_AVX512_BF16,
    CPU_FAST_BF16,
    CPU_AVX512_FP16,
    CPU_NEON_DOT
};

/** Does this processor have it? CPU_NO_FEATURE: yes. The level that it belongs to is asked for by cpu_detect(). */
bool cpu_has(enum cpu_feature feature);

/** The best level without tiles that this processor and operating system allow: AVX2 means with FMA; AVX-512 means F,
 * BW, DQ and VL. */
enum cpu_level cpu_vectors(void);

/**
 * The best level of all. AMX means tiles of int8 and bf16 beside AVX-512 with BF16. Linux gives a process the registers
 * of tiles only when it asks for them, which this does, for good (Documentation/arch/x86/xstate.rst): the signal stacks
 * of its threads must have room for 8 KiB more from then on, and where one has not, there is no AMX.
 */
enum cpu_level cpu_detect(void);

const char *cpu_level_name(enum cpu_level level);

/** "auto" (or NULL) or a level's name; PTM_EINVAL where it is unknown or this processor does not have it. */
ptm_status cpu_parse(const char *name, enum cpu_level *level, ptm_error *err);

/** Processors that this process may run on, at least 1. */
int cpu_count(void);

#endif
