/* SPDX-License-Identifier: MIT */
/* memory_limit: how much memory the process has taken for its data, and a wall that it cannot cross. */
#ifndef POLYTOME_CLI_MEMORY_LIMIT_H
#define POLYTOME_CLI_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of its own that the process has touched; mapped models and code do not count. 0 where that is not known. */
int64_t memory_touched(void);

/** May the process set aside so many bytes more, under the limits of its user and of the system? */
bool memory_has_room(int64_t bytes);

/** From now on whatever would take more than `bytes` beyond what is set aside already fails for want of memory. False
 * after a complaint. */
bool memory_limit(int64_t bytes);

#endif
