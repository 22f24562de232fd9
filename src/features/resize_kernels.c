/* SPDX-License-Identifier: MIT */
#include "features/resize_kernels.h"

enum { HALF = 1 << (RESIZE_BITS - 1) };

static inline uint8_t to_pixel(int32_t sum) {
    const int32_t value = sum >> RESIZE_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

void resize_horizontal_c(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int rows,
                         const struct resize_taps *taps) {
    for (int y = 0; y < rows; y++, dst += dst_stride, src += src_stride) {
        for (int x = 0; x < taps->out_size; x++) {
            const struct resize_span span = taps->spans[x];
            const uint8_t *pixel = src + 3 * (size_t)span.first;
            const int32_t *weight = taps->weights + (size_t)x * taps->stride;
            int32_t red = HALF, green = HALF, blue = HALF;
            for (int t = 0; t < span.length; t++, pixel += 3) {
                red += pixel[0] * weight[t];
                green += pixel[1] * weight[t];
                blue += pixel[2] * weight[t];
            }
            dst[3 * x + 0] = to_pixel(red);
            dst[3 * x + 1] = to_pixel(green);
            dst[3 * x + 2] = to_pixel(blue);
        }
    }
}

void resize_vertical_c(uint8_t *dst, const uint8_t *src, ptrdiff_t src_stride, int bytes,
                       const struct resize_taps *taps) {
    enum { BLOCK = 256 };
    int32_t sums[BLOCK];
    for (int y = 0; y < taps->out_size; y++, dst += bytes) {
        const struct resize_span span = taps->spans[y];
        const int32_t *weight = taps->weights + (size_t)y * taps->stride;
        for (int start = 0; start < bytes; start += BLOCK) {
            const int n = bytes - start < BLOCK ? bytes - start : BLOCK;
            for (int i = 0; i < n; i++) sums[i] = HALF;
            for (int t = 0; t < span.length; t++) {
                const uint8_t *row = src + (span.first + t) * src_stride + start;
                for (int i = 0; i < n; i++) sums[i] += row[i] * weight[t];
            }
            for (int i = 0; i < n; i++) dst[start + i] = to_pixel(sums[i]);
        }
    }
}
