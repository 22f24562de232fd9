/* SPDX-License-Identifier: MIT */
/* memory_room: how much memory is left, of the system and under the limits that it sets this process. */
#ifndef POLYTOME_CLI_MEMORY_ROOM_H
#define POLYTOME_CLI_MEMORY_ROOM_H

#include <stdint.h>

/** Bytes that the process may set aside and touch besides what it has; INT64_MAX where nobody tells. */
int64_t memory_room(void);

#endif
