/* SPDX-License-Identifier: MIT */
/* A monotonic clock, for measuring only. */
#ifndef POLYTOME_BASE_CLOCK_H
#define POLYTOME_BASE_CLOCK_H

/** Milliseconds since some fixed moment. */
double clock_ms(void);

#endif
