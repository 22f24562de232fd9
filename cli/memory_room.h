/* SPDX-License-Identifier: MIT */
/* memory_room: how much memory the system, its control groups and the limits of the user leave this process. */
#ifndef POLYTOME_CLI_MEMORY_ROOM_H
#define POLYTOME_CLI_MEMORY_ROOM_H

#include <stdint.h>

/** Bytes that may be set aside, and are free or can be made so; INT64_MAX where nobody tells. */
int64_t memory_room(void);

#endif
