/* SPDX-License-Identifier: MIT */
/* The scalar products, which are the specification, and the choice of a table. */
#include "compute/product.h"

#include "base/bf16.h"
#include "compute/product_int8.h"

#include <string.h>

enum { ROWS = 4, COLUMNS = 8, GROUP = 4, PAIR = 2 };

static int round_up(int n, int step) {
    return (n + step - 1) / step * step;
}

static void finish(const struct product_panel *panel, int i, int j, float value) {
    float *y = panel->y + (size_t)i * panel->ldy + j;
    value = value + panel->bias[j];
    *y = panel->add ? *y + value : value;
}

/* ---------------------------------------------------------------- int8 */

static void prepare_int8(void *prepared, struct product_row *row, const float *x, int n) {
    float low = 0, high = 0, bad = 0;
    for (int i = 0; i < n; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
        bad += x[i] * 0;
    }
    const float inverse = int8_range(row, low, high, bad);
    int8_values(prepared, row, inverse, x, 0, n, round_up(n, GROUP));
}

static void multiply_int8(const struct product_panel *panel) {
    for (int i = 0; i < panel->rows; i++) {
        const uint8_t *x = (const uint8_t *)panel->x + (size_t)i * panel->x_bytes;
        for (int j = 0; j < panel->columns; j++) {
            const int8_t *w = (const int8_t *)panel->w + j * GROUP;
            int32_t sum = 0;
            for (int k = 0; k < panel->groups * GROUP; k++) sum += x[k] * w[k / GROUP * COLUMNS * GROUP + k % GROUP];
            sum -= panel->row[i].zero * panel->sums[j];
            const float scale = panel->row[i].scale * panel->scale[j];
            finish(panel, i, j, (float)sum * scale);
        }
    }
}

const struct product product_scalar_int8 = {
    .name = "scalar int8",
    .precision = PTM_INT8,
    .level = CPU_SCALAR,
    .rows = ROWS,
    .columns = COLUMNS,
    .group = GROUP,
    .depth = GROUP,
    .value_bytes = 1,
    .prepare = prepare_int8,
    .multiply = multiply_int8,
};

/* ---------------------------------------------------------------- bf16 */

static void prepare_bf16(void *prepared, struct product_row *row, const float *x, int n) {
    uint16_t *values = prepared;
    *row = (struct product_row){1, 0};
    for (int i = 0; i < n; i++) values[i] = bf16_from_float(x[i]);
    for (int i = n; i < round_up(n, PAIR); i++) values[i] = 0;
}

static void multiply_bf16(const struct product_panel *panel) {
    for (int i = 0; i < panel->rows; i++) {
        const uint16_t *x = (const uint16_t *)(const void *)((const char *)panel->x + (size_t)i * panel->x_bytes);
        for (int j = 0; j < panel->columns; j++) {
            const uint16_t *w = (const uint16_t *)(const void *)panel->w + j * PAIR;
            float sum = 0;
            for (int k = 0; k < panel->groups * PAIR; k++) {
                const float term = bf16_to_float(x[k]) * bf16_to_float(w[k / PAIR * COLUMNS * PAIR + k % PAIR]);
                sum = sum + term;
            }
            finish(panel, i, j, sum);
        }
    }
}

const struct product product_scalar_bf16 = {
    .name = "scalar bf16",
    .precision = PTM_BF16,
    .level = CPU_SCALAR,
    .rows = ROWS,
    .columns = COLUMNS,
    .group = PAIR,
    .depth = PAIR,
    .value_bytes = 2,
    .prepare = prepare_bf16,
    .multiply = multiply_bf16,
};

/* ---------------------------------------------------------------- the choice */

static const struct product *const products[] = {
#if defined(__x86_64__)
    &product_amxbf16,     &product_amxint8,     &product_avx512bf16, &product_avx512vnni,
    &product_avxvnni,     &product_avx512,      &product_avx2,
#elif defined(__aarch64__)
    &product_neondot,
#endif
    &product_scalar_int8, &product_scalar_bf16,
};

enum { PRODUCTS = sizeof products / sizeof *products };

const char *product_precision_name(ptm_precision precision) {
    switch (precision) {
    case PTM_BF16: return "bf16";
    case PTM_INT8: return "int8";
    case PTM_FP16: return "fp16";
    case PTM_INT16: return "int16";
    case PTM_AUTO:
    case PTM_F32: break;
    }
    return "f32";
}

const struct product *product_for(ptm_precision precision, enum cpu_level level) {
    /* the scalar ones are far slower than float32: only where they are asked for on a processor that has better ones */
    if (level == CPU_SCALAR && cpu_vectors() == CPU_SCALAR) return NULL;
    for (int i = 0; i < PRODUCTS; i++) {
        const struct product *product = products[i];
        const bool fits = (product->level == CPU_SCALAR) == (level == CPU_SCALAR) && product->level <= level;
        if (product->precision == precision && fits && cpu_has(product->feature)) return product;
    }
    return NULL;
}

const struct product *product_at(int index) {
    const enum cpu_level best = cpu_detect();
    for (int i = 0; i < PRODUCTS; i++)
        if (products[i]->level <= best && cpu_has(products[i]->feature) && index-- == 0) return products[i];
    return NULL;
}
