/* SPDX-License-Identifier: MIT */
/* What the int8 products on 512 bits share, whichever instruction adds the sums up: __m512i. */
static inline factors four_bytes(const void *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm512_set1_epi32(bytes);
}

static inline vec t_finish(const struct product_panel *panel, sums sum, int i, int j) {
    const struct product_row row = panel->row[i];
    const factors offset = _mm512_mullo_epi32(_mm512_set1_epi32(row.zero), _mm512_loadu_si512(panel->sums + j));
    const vec scale = v_mul(v_set(row.scale), v_load(panel->scale + j));
    return v_mul(_mm512_cvtepi32_ps(_mm512_sub_epi32(sum, offset)), scale);
}

static inline void put_values(INT8_VALUE *q, vec x, vec inverse, __m512i zero) {
    const __m512i whole = _mm512_add_epi32(_mm512_cvtps_epi32(v_mul(x, inverse)), zero);
    const __m512i positive = _mm512_max_epi32(whole, _mm512_setzero_si512());
    uint8_t bytes[LANES];
    _mm_storeu_si128((__m128i *)(void *)bytes, _mm512_cvtusepi32_epi8(positive));
    int8_put(q, bytes, LANES);
}

#include "compute/product_prepare.h"
