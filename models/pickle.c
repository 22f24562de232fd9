/* SPDX-License-Identifier: MIT */
#include "models/pickle.h"

#include <string.h>

enum { PICKLE_PATH = 110, PICKLE_NAME = 60 }; /* bytes beside which the command that converts it fits a sentence */

bool pickle_is_name(const char *name) {
    static const char *const ends[] = {".pth", ".pt", ".bin", ".ckpt", ".pyth"};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end && i < sizeof ends / sizeof *ends; i++)
        if (strcmp(end, ends[i]) == 0) return true;
    return false;
}

ptm_status pickle_refuse(const char *path, const char *name, ptm_error *err) {
    if (strpbrk(name, "'\"\\$`!") || strlen(name) > PICKLE_NAME)
        name = "FILE"; /* would break out of the command's quotes */
    return error_set(err, PTM_EMODEL,
                     "%s is a PyTorch pickle, which can run code and is not read; convert it, in its own folder, with: "
                     "python3 -c \"import "
                     "torch; from safetensors.torch import save_file; d = torch.load('%s', 'cpu', weights_only=True); "
                     "d = d.get('model', d.get('state_dict', d)); save_file({k: v.clone().contiguous() for k, v in "
                     "d.items()}, 'model.safetensors')\"",
                     strlen(path) > PICKLE_PATH ? name : path, name);
}

ptm_status pickle_refuse_parts(const char *directory, ptm_error *err) {
    return error_set(
        err, PTM_EMODEL,
        "%s holds PyTorch pickles, which can run code and are not read; convert them, in there, with: python3 -c "
        "\"import glob, torch; from safetensors.torch import save_file; save_file({k: v.clone().contiguous() "
        "for f in glob.glob('pytorch_model-*.bin') for k, v in torch.load(f, 'cpu', "
        "weights_only=True).items()}, 'model.safetensors')\"",
        strlen(directory) > PICKLE_PATH ? "the directory" : directory);
}
