/* SPDX-License-Identifier: MIT */
#include "shard.h"

#include "hash.h"

#include <string.h>

bool shard_takes(const struct shard *shard, const char *path) {
    if (shard->count == 0) return true;
    const uint64_t hash = hash_bytes(HASH_START, path, strlen(path));
    /* The lowest bits of FNV-1a depend on the lowest bits of the bytes alone: the upper half is folded in. */
    return (hash ^ hash >> 32) % (uint64_t)shard->count == (uint64_t)shard->index - 1;
}
