/* SPDX-License-Identifier: MIT */
/* fuzz_npy: an array file made of the input. */
#include "fuzz.h"

#include "files/npy.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes > FUZZ_MAX_BYTES) return 0;
    struct npy npy;
    ptm_error err = {0};
    if (fuzz_status(npy_read_memory(&npy, data, bytes, "input", &err), &err) == PTM_OK) {
        size_t count = 1;
        FUZZ_ASSERT(npy.rank >= 0 && npy.rank <= NPY_MAX_RANK);
        for (int i = 0; i < npy.rank; i++) {
            FUZZ_ASSERT(npy.shape[i] >= 0);
            count *= (size_t)npy.shape[i];
        }
        FUZZ_ASSERT(count == npy.count && count <= bytes / 4);
        char *copy = malloc(count * 4 + 1); /* reads every element */
        FUZZ_ASSERT(copy && npy.data);
        memcpy(copy, npy.data, count * 4);
        free(copy);
    } else {
        FUZZ_ASSERT(!npy.data);
    }
    npy_free(&npy);
    return 0;
}
