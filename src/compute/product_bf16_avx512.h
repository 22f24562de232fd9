/* SPDX-License-Identifier: MIT */
/* A row of x made ready for a bf16 product on 512 bits; DEPTH is the table's. */
static void prepare(void *prepared, struct product_row *row, const float *x, int n) {
    uint16_t *values = prepared;
    int i = 0;
    *row = (struct product_row){1, 0};
    for (; i + LANES <= n; i += LANES)
        _mm256_storeu_si256((__m256i *)(void *)(values + i), (__m256i)_mm512_cvtneps_pbh(v_load(x + i)));
    for (; i < n; i++) values[i] = bf16_from_float(x[i]);
    for (; i % DEPTH; i++) values[i] = 0;
}

/** What the tables of bf16 have alike, each of its own tile. */
#define PRODUCT_BF16                                                                                       \
    .precision = PTM_BF16, .rows = ROWS, .columns = COLUMNS, .group = 2, .depth = DEPTH, .value_bytes = 2, \
    .prepare = prepare, .multiply = multiply
