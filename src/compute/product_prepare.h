/* SPDX-License-Identifier: MIT */
/*
 * A row of x made ready for an int8 product, over vec and v_* as in kernels_vector.h, and put_values(q, x, inverse,
 * zero), which stores LANES of them; DEPTH is the table's.
 */
static void prepare(void *prepared, struct product_row *row, const float *x, int n) {
    vec low = v_set(0), high = v_set(0), bad = v_set(0);
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        const vec values = v_load(x + i);
        low = v_min(low, values);
        high = v_max(high, values);
        bad = v_fma(values, v_set(0), bad);
    }
    float lows[LANES], highs[LANES], lowest = 0, highest = 0, wrong = v_sum(bad);
    v_store(lows, low);
    v_store(highs, high);
    for (int lane = 0; lane < LANES; lane++) {
        if (lows[lane] < lowest) lowest = lows[lane];
        if (highs[lane] > highest) highest = highs[lane];
    }
    for (int tail = i; tail < n; tail++) {
        if (x[tail] < lowest) lowest = x[tail];
        if (x[tail] > highest) highest = x[tail];
        wrong += x[tail] * 0;
    }
    const float inverse = int8_range(row, lowest, highest, wrong);
    INT8_VALUE *q = prepared;
    const int whole = inverse > 0 ? i : 0;
    for (i = 0; i < whole; i += LANES)
        put_values(q + int8_place(i), v_load(x + i), v_set(inverse), vi_set(row->zero + INT8_SHIFT));
    int8_values(q, row, inverse, x, whole, n, (n + DEPTH - 1) / DEPTH * DEPTH);
}
