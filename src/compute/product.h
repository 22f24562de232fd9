/* SPDX-License-Identifier: MIT */
/*
 * product: the innermost kernels of linear layers in int8 and bf16, a table for each instruction that multiplies so.
 * The scalar tables are the specification; tests/kernel_check proves the others against them and times all.
 *
 * int8: a weight row w is scale_w q_w with q_w in -127 .. 127, a row of x is scale_x (q_x - zero) with q_x in 0 .. 255.
 * The sum of q_x q_w is exact in int32, and the steps in float32 after it are the same everywhere: the same bits for
 * any instruction, tile or number of threads.
 */
#ifndef POLYTOME_COMPUTE_PRODUCT_H
#define POLYTOME_COMPUTE_PRODUCT_H

#include "base/cpu.h"

#include <stddef.h>
#include <stdint.h>

/** The longest row: 255 * 127 * 65536 still fits in an int32. */
#define PRODUCT_LONGEST 65536

/** What a prepared row of x was multiplied and moved by; of int8 only. */
struct product_row {
    float scale;
    int32_t zero;
};

/** Weights that were taken out of up to four groups of one column, because with them its sums would not fit into 16
 * bits (acc16.h); together they do. Unused places are zero. */
enum { PRODUCT_OUTLIERS = 4 };
struct product_outliers {
    uint16_t column; /* in its strip */
    uint16_t group[PRODUCT_OUTLIERS];
    int8_t w[PRODUCT_OUTLIERS][4];
};

/** Rows of y against one panel of w: at most as many columns as the table's. */
struct product_panel {
    float *y;
    const char *x;                 /* prepared rows, x_bytes each: whole tiles of the table */
    const struct product_row *row; /* one for each of them */
    const char *w;                 /* (groups, columns of the table, group): a packed panel */
    const float *scale, *bias;     /* of the panel's columns */
    const int32_t *sums;           /* of their q_w */
    const uint16_t *order; /* (strips, groups): which group of x each one of w meets; this and the next of acc16.h */
    const struct product_outliers *outliers;
    const uint32_t *starts; /* (strips + 1): of their outliers */
    const char *next;       /* the panel after it, which a table may fetch meanwhile; next_bytes 0: none */
    size_t ldy, x_bytes, next_bytes;
    int groups, rows, columns; /* rows and columns of y: no more are written */
    bool add;                  /* y += x w^T + bias, else y = x w^T + bias */
};

/** Leaves the first rows behind; those that are left may be none, or fewer. */
static inline void product_pass(struct product_panel *panel, int rows) {
    panel->y += (size_t)rows * panel->ldy;
    panel->x += (size_t)rows * panel->x_bytes;
    panel->row += rows;
    panel->rows -= rows;
}

struct product {
    const char *name; /* of the instruction */
    ptm_precision precision;
    enum cpu_level level; /* that it belongs to */
    enum cpu_feature feature;
    int rows, columns;  /* of the tile that is kept in registers */
    int group;          /* neighbours in a row of w that lie together */
    int depth;          /* rows of x and w are filled up with zeros to a multiple of it, itself one of the group */
    size_t value_bytes; /* of a prepared value */
    bool together;      /* the prepared rows of a tile lie together, a group of each in turn; else each by itself */
    int strip;          /* not 0: w, in groups of 4, is arranged for sums in 16 bits (acc16.h), so many columns alike */

    /** Prepares n values, and zeros after them up to the next multiple of `depth`. `prepared` is the row's first group;
     * where rows lie together the next one follows behind those of the tile's other rows. A value that is not finite
     * makes the whole row of y NaN. */
    void (*prepare)(void *prepared, struct product_row *row, const float *x, int n);

    void (*multiply)(const struct product_panel *panel);

    /** What a thread does before its first tile and after its last; both NULL: nothing. */
    void (*enter)(void), (*leave)(void);
};

/** "f32", "bf16", "fp16", "int8" or "int16". */
const char *product_precision_name(ptm_precision precision);

/** The best table for a precision at a CPU level; NULL for PTM_F32, and where this processor has no instruction. */
const struct product *product_for(ptm_precision precision, enum cpu_level level);

/** All tables that this processor can run, best first: `index` 0 and up, then NULL. */
const struct product *product_at(int index);

/** The tables themselves, one a file, each only where the architecture has it. */
extern const struct product product_scalar_int8, product_scalar_bf16;
extern const struct product product_avx2, product_avxvnni, product_avx512, product_avx512vnni, product_avx512bf16;
extern const struct product product_amxint8, product_amxbf16, product_neondot;

#endif
