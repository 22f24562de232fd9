/* SPDX-License-Identifier: MIT */
/* memory_limit: how much memory the process has taken for its data, and a wall that it cannot cross. */
#ifndef POLYTOME_CLI_MEMORY_LIMIT_H
#define POLYTOME_CLI_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of its own that the process has touched; mapped models and code do not count. 0 where that is not known. */
int64_t memory_touched(void);

/** Private bytes that it may write to, touched or not; 0 where that is not known. */
int64_t memory_set_aside(void);

/** Bytes of all that is mapped; 0 where that is not known. */
int64_t memory_mapped(void);

/** From now on whatever would take more than `bytes` beyond what is set aside already fails for want of memory. False
 * after a complaint. */
bool memory_limit(int64_t bytes);

#endif
