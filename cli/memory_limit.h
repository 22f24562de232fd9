/* SPDX-License-Identifier: MIT */
/* memory_limit: how much memory the process has taken for its data, and a wall that it cannot cross. */
#ifndef POLYTOME_CLI_MEMORY_LIMIT_H
#define POLYTOME_CLI_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of private, writable memory, touched or not; mapped models and code do not count. 0 where it is not known. */
int64_t memory_taken(void);

/** From now on whatever would make it more than `bytes` fails for want of memory. False with errno. */
bool memory_limit(int64_t bytes);

#endif
