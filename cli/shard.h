/* SPDX-License-Identifier: MIT */
/* shard: which part of all inputs a path belongs to, the same on every machine. */
#ifndef POLYTOME_CLI_SHARD_H
#define POLYTOME_CLI_SHARD_H

#include <stdbool.h>

/** The part that a run takes: `index` of `count`, from 1; {0, 0}: all. */
struct shard {
    int index, count;
};

/** Does the path, byte for byte as it was given or found, belong to the part? */
bool shard_takes(const struct shard *shard, const char *path);

#endif
