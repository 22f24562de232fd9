/* SPDX-License-Identifier: MIT */
/* latency: times of any number, of which only the distribution is kept: in steps of 5 %, in constant memory. */
#ifndef POLYTOME_CLI_LATENCY_H
#define POLYTOME_CLI_LATENCY_H

enum { LATENCY_STEPS = 320 }; /* from 1/100 ms to an hour and more */

struct latency {
    long counts[LATENCY_STEPS];
    long total;
    double most; /* milliseconds */
};

void latency_add(struct latency *latency, double ms);

/** The time that a part of them (0 to 1) stays under, to the next step; 0 where there are none. */
double latency_quantile(const struct latency *latency, double part);

#endif
