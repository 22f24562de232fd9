/* SPDX-License-Identifier: MIT */
/* int8 products with SDOT, which takes signed bytes only: x is stored 128 lower, and its zero is, too. */
#include <stdint.h>

#define INT8_VALUE int8_t
#define INT8_SHIFT 128
#include "compute/product_int8.h"

#if defined(__aarch64__)
#include "compute/vector_neon.h"

enum { ROWS = 12, W_BYTES = 16, DEPTH = 4 };

typedef int32x4_t sums;
typedef int8x16_t factors;
#define t_zero() vdupq_n_s32(0)
#define t_w(from) vld1q_s8((const int8_t *)(from))
#define t_dot vdotq_s32

static inline factors t_x(const char *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return vreinterpretq_s8_s32(vdupq_n_s32(bytes));
}

static inline vec t_finish(const struct product_panel *panel, sums sum, int i, int j) {
    const struct product_row row = panel->row[i];
    const int32x4_t offset = vmulq_s32(vdupq_n_s32(row.zero), vld1q_s32(panel->sums + j));
    const vec scale = v_mul(v_set(row.scale), v_load(panel->scale + j));
    return v_mul(vcvtq_f32_s32(vsubq_s32(sum, offset)), scale);
}

#include "compute/product_tile.h"

static inline void put_values(INT8_VALUE *q, vec x, vec inverse, int32x4_t zero) {
    const int32x4_t whole = vaddq_s32(vcvtnq_s32_f32(v_mul(x, inverse)), zero);
    const int32x4_t inside = vminq_s32(vmaxq_s32(whole, vdupq_n_s32(0)), vdupq_n_s32(255));
    const int32x4_t moved = vsubq_s32(inside, vdupq_n_s32(INT8_SHIFT));
    for (int lane = 0; lane < LANES; lane++) q[lane] = (int8_t)moved[lane];
}

#include "compute/product_prepare.h"

const struct product product_neondot = {
    PRODUCT_INT8,
    .name = "neon-dot",
    .level = CPU_NEON,
    .feature = CPU_NEON_DOT,
};
#endif
