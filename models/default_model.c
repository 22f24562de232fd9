/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dladdr(), realpath() */
#include "models/default_model.h"

#include "base/memory.h"
#include "files/path.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static const char file_name[] = "default-v0.safetensors";

/** The installed data by their place beside the library, or beside the program that it is a part of, wherever these
 * were moved to; owned by the caller. Where that is not known, the folder of the installation. */
static char *data_beside(void) {
    Dl_info info;
    const bool known = dladdr(file_name, &info) && info.dli_fname;
    char *file = known ? realpath(info.dli_fname, NULL) : NULL, *slash = file ? strrchr(file, '/') : NULL;
    if (slash) *slash = '\0';
    char *folder = slash ? path_join(file, PTM_DATA_BESIDE) : mem_strdup(PTM_DATA_DIR);
    free(file);
    return folder;
}

ptm_status default_model_find(char **path, ptm_error *err) {
    const char *chosen = getenv("POLYTOME_MODEL");
    if (chosen && *chosen) {
        *path = mem_strdup(chosen);
        return *path ? PTM_OK : error_no_memory(err);
    }
    char *beside = data_beside();
    if (!beside) return error_no_memory(err);
    const char *const places[] = {beside, PTM_DATA_DIR};
    ptm_status status = PTM_EIO;
    for (size_t i = 0; status == PTM_EIO && i < sizeof places / sizeof *places; i++) {
        *path = path_join(places[i], file_name);
        status = !*path ? PTM_ENOMEM : path_is_file(*path) ? PTM_OK : PTM_EIO;
        if (status == PTM_EIO) mem_free(*path);
    }
    if (status != PTM_OK) *path = NULL;
    if (status == PTM_ENOMEM) (void)error_no_memory(err);
    if (status == PTM_EIO)
        (void)error_set(err, status, "the model that ships with polytome, %s, is neither in %s nor in %s; name one",
                        file_name, beside, PTM_DATA_DIR);
    mem_free(beside);
    return status;
}
