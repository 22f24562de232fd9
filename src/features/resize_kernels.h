/* SPDX-License-Identifier: MIT */
/*
 * resize_kernels: the two passes of a resize. Scalar C is the specification; the AVX2 versions give the same bits and
 * are chosen by resizer_open() where the processor has them.
 */
#ifndef POLYTOME_FEATURES_RESIZE_KERNELS_H
#define POLYTOME_FEATURES_RESIZE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/** Fixed point of the weights: 8 bits of pixel and 2 of overshoot remain in 32. */
#define RESIZE_BITS 22

/** Weights of one output pixel are padded with zeros to a multiple of this many. */
#define RESIZE_TAP_GROUP 4

struct resize_span {
    int first, length; /* of the input pixels that one output pixel is made from */
};

/** Along one axis: what each output pixel is made from. */
struct resize_taps {
    int in_size, out_size;
    int stride;                /* weights from one output pixel to the next */
    struct resize_span *spans; /* (out_size), rising */
    int32_t *weights;          /* (out_size, stride) */
};

/** dst (rows, out_size, 3) <- src (rows, in_size, 3). */
typedef void resize_horizontal_fn(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride,
                                  int rows, const struct resize_taps *taps);

/** dst (out_size, bytes) packed <- src (in_size, bytes). */
typedef void resize_vertical_fn(uint8_t *dst, const uint8_t *src, ptrdiff_t src_stride, int bytes,
                                const struct resize_taps *taps);

resize_horizontal_fn resize_horizontal_c, resize_horizontal_avx2;
resize_vertical_fn resize_vertical_c, resize_vertical_avx2;

#endif
