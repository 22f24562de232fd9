/* SPDX-License-Identifier: MIT */
/*
 * fuzz: what the fuzz targets share. Each fuzz_*.c defines LLVMFuzzerTestOneInput(). With POLYTOME_FUZZ=ON it becomes a
 * libFuzzer program; without, fuzz_main.c runs it over its kept corpus, as an ordinary test.
 */
#ifndef POLYTOME_TESTS_FUZZ_FUZZ_H
#define POLYTOME_TESTS_FUZZ_FUZZ_H

#include "polytome.h"

#include <stdio.h>
#include <stdlib.h>

/** Longer inputs are ignored: they cost time and find nothing that short ones do not. */
enum { FUZZ_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/** Ends the program where `holds` is false. */
static inline void fuzz_assert(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "fuzz: does not hold: %s\n", what);
    abort();
}

#define FUZZ_ASSERT(condition) fuzz_assert((condition), #condition)

/** One of an array's values, as a byte of the input says. */
#define FUZZ_CHOOSE(values, byte) ((values)[(byte) % (sizeof(values) / sizeof *(values))])

/** What must be true of every call's answer: status and sentence agree, and no input makes a bug of ours show. */
static inline ptm_status fuzz_status(ptm_status status, const ptm_error *err) {
    FUZZ_ASSERT(status != PTM_EINTERNAL);
    FUZZ_ASSERT(err->status == status);
    FUZZ_ASSERT((status == PTM_OK) == (err->message[0] == '\0'));
    return status;
}

#endif
