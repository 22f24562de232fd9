/* SPDX-License-Identifier: MIT */
/* reduced: linear layers whose weights are kept in int8 or bf16, packed once in the order in which a product reads
 * them. */
#ifndef POLYTOME_COMPUTE_REDUCED_H
#define POLYTOME_COMPUTE_REDUCED_H

#include "base/memory.h"
#include "compute/acc16.h"
#include "compute/linear.h"
#include "compute/product.h"

/** Rows of weights as they are kept: w (count, in), of int8 w = scale q. */
struct weight_rows {
    ptm_precision precision;
    const void
        *values; /* (count, in) of float, of the upper halves of floats, or of int8_t; of any alignment in bf16 */
    const float *scale; /* (count) of int8 */
};

/** Bytes of `count` values. */
size_t reduced_bytes(ptm_precision precision, size_t count);

/** Float32 rows w (count, in) in int8 or bf16 into `values`, of int8 with their scale (count). */
void reduced_encode(void *values, float *scale, ptm_precision precision, const float *w, int count, int in);

/** The float32 that rows in int8 or bf16 stand for, into w (count, in). */
void reduced_decode(float *w, const struct weight_rows *rows, int count, int in);

/** One layer: w (out, in) and b (out). */
struct reduced_layer {
    const struct product *product;
    int in, out;
    int groups;     /* of a row, with those that only fill it up */
    void *memory;   /* what the rest lies in, owned */
    char *w;        /* (panels, groups, columns, group) */
    float *scale;   /* (panels * columns) of int8; w = scale q */
    float *bias;    /* (panels * columns) */
    int32_t *sums;  /* (panels * columns) of q over a row of w */
    size_t w_bytes; /* of a panel */
    struct acc16 acc16;
};

/** Takes the memory for a layer whose rows reduced_fill() brings; in <= PRODUCT_LONGEST. PTM_ENOMEM. */
ptm_status reduced_open(struct reduced_layer *layer, const struct product *product, int in, int out, ptm_error *err);
void reduced_close(struct reduced_layer *layer);

/** Rows first .. first + count - 1 of the layer from w, in float32 or in the product's own precision, and b (count) or
 * NULL. The same layer comes of float32 and of what reduced_encode() made of it. */
void reduced_fill(struct reduced_layer *layer, struct threads *threads, const struct weight_rows *w, const float *b,
                  int first, int count);

/** Arranges the weights where the product wants it (acc16.h): once, after the last row and before the first product.
 * PTM_ENOMEM. */
ptm_status reduced_finish(struct reduced_layer *layer, struct threads *threads, ptm_error *err);

/** Scratch for the prepared input of any layer with so many rows and values in a row. */
struct reduced_input {
    struct product_row *rows;
    char *values;
};

void reduced_input_place(struct reduced_input *input, struct arena *arena, const struct product *product, int rows,
                         int in);

/** As linear(); the rows are prepared in `input`. */
void reduced_linear(const struct compute *compute, const struct reduced_layer *layer, const struct reduced_input *input,
                    const struct linear_rows *rows);

#endif
