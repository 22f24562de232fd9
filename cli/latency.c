/* SPDX-License-Identifier: MIT */
#include "latency.h"

#include <math.h>

static const double SMALLEST = 0.01, STEP = 1.05;

void latency_add(struct latency *latency, double ms) {
    const double step = ms > SMALLEST ? log(ms / SMALLEST) / log(STEP) : 0;
    latency->counts[step < LATENCY_STEPS - 1 ? (int)step : LATENCY_STEPS - 1]++;
    latency->total++;
    latency->most = fmax(latency->most, ms);
}

double latency_quantile(const struct latency *latency, double part) {
    const long wanted = (long)ceil(part * (double)latency->total);
    long seen = 0;
    for (int i = 0; i < LATENCY_STEPS; i++) {
        seen += latency->counts[i];
        if (seen >= wanted && seen > 0) return fmin(SMALLEST * pow(STEP, i + 1), latency->most);
    }
    return 0;
}
