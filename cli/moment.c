/* SPDX-License-Identifier: MIT */
#include "moment.h"

#include <time.h>

double moment_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}
