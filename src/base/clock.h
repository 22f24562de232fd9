/* SPDX-License-Identifier: MIT */
/* Clocks: a monotonic one for measuring, and the time of day. */
#ifndef POLYTOME_BASE_CLOCK_H
#define POLYTOME_BASE_CLOCK_H

/** Milliseconds since some fixed moment. */
double clock_ms(void);

/** UNIX time in seconds; it can be set, and then it jumps. */
double clock_unix(void);

#endif
