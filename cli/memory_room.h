/* SPDX-License-Identifier: MIT */
/* memory_room: how much memory the system, its control groups and the limits of the user leave this process. */
#ifndef POLYTOME_CLI_MEMORY_ROOM_H
#define POLYTOME_CLI_MEMORY_ROOM_H

#include <stdint.h>

/** Bytes of memory that are free, or can be made so; INT64_MAX where nobody tells. */
int64_t memory_room(void);

/** Bytes that may be set aside, touched or not; INT64_MAX where there is no limit. */
int64_t memory_address_room(void);

#endif
