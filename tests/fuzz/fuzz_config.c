/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config: what strangers write about a model. The input is JSON texts with a 0 byte between them: one text is the
 * description of a single-file model, two or more are config.json and preprocessor_config.json. They are read beside a
 * weights file with the tensors whose shapes families look at. What is accepted is then bound to an empty one, which
 * must fail by name.
 */
#include "fuzz.h"

#include "base/memory.h"
#include "models/packed.h"
#include "models/shared_backbone.h"
#include "models/single_file.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TOKENS = 65536, MODELS = 3 };

static const char no_weights[] = "\x02\0\0\0\0\0\0\0{}";

/** Everything that follows from an accepted config must hold together. */
static void check_network(struct network *network, const struct weight_names *names) {
    const struct vit_config *config = &network->config;
    FUZZ_ASSERT(config->tokens >= 1 && config->tokens <= MAX_TOKENS);
    FUZZ_ASSERT(config->head_dim * config->num_heads == config->embed_dim);
    for (int i = 0; i < config->num_labels; i++) FUZZ_ASSERT(network->labels[i] != NULL);
    network_lay_input(network);
    FUZZ_ASSERT(network_input_count(network) > 0);

    struct safetensors *files;
    struct weight_source source = {0};
    ptm_error err = {0};
    FUZZ_ASSERT(safetensors_open_memory(&files, no_weights, sizeof no_weights - 1, "none", 1000, &err) == PTM_OK);
    FUZZ_ASSERT(weight_source_open(&source, files, &err) == PTM_OK);
    FUZZ_ASSERT(fuzz_status(weights_bind(network, &source, names, &err), &err) == PTM_EMODEL);
    weight_source_close(&source);
    safetensors_close(&files);
}

/** Writes the file, of zeros, in which a family finds its shapes, alone and behind a prefix of a packed file; its size.
 */
static size_t write_shapes(char *file, size_t room) {
    static const struct {
        const char *name, *shape;
        int bytes;
    } tensors[] = {
        {"patch_embed.proj.weight", "36,3,8,8", 6912},
        {"pos_embed", "1,37,1", 37},
        {"blocks.0.norm1.weight", "1", 1},
        {"blocks.0.mlp.fc1.weight", "72,1", 72},
        {"blocks.0.mlp.fc2.weight", "1,72", 72},
        {"dinov2.embeddings.position_embeddings", "1,37,1", 37},
        {"dinov2_with_registers.embeddings.position_embeddings", "1,37,1", 37},
    };
    static const char *const prefixes[] = {"", "image/"};
    size_t used = 8;
    int end = 0;
    for (size_t p = 0; p < 2; p++)
        for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
            used += (size_t)snprintf(
                file + used, room - used, "%c\"%s%s\":{\"dtype\":\"U8\",\"shape\":[%s],\"data_offsets\":[%d,%d]}",
                end ? ',' : '{', prefixes[p], tensors[i].name, tensors[i].shape, end, end + tensors[i].bytes);
            end += tensors[i].bytes;
        }
    file[used++] = '}';
    const uint64_t length = used - 8;
    memcpy(file, &length, sizeof length);
    FUZZ_ASSERT(used + (size_t)end <= room);
    return used + (size_t)end;
}

static struct safetensors *open_shapes(void) {
    static char file[20000];
    static size_t bytes;
    if (!bytes) bytes = write_shapes(file, sizeof file);
    struct safetensors *files;
    ptm_error err = {0};
    FUZZ_ASSERT(safetensors_open_memory(&files, file, bytes, "shapes", 10000, &err) == PTM_OK);
    return files;
}

static void shared_file(struct json root) {
    struct network networks[MODELS] = {0};
    int count = 0;
    ptm_error err = {0};
    const bool accepted = fuzz_status(shared_backbone_read(networks, &count, root, MAX_TOKENS, &err), &err) == PTM_OK;
    for (int i = 0; i < MODELS; i++) {
        const struct weight_names names = {&weights_polytome, "", shared_backbone_prefix(networks[i].modality)};
        if (accepted && i < count) check_network(&networks[i], &names);
        network_close(&networks[i]);
    }
}

static void packed_file(struct json root) {
    struct network networks[MODELS] = {0};
    struct origin origins[MODELS] = {0};
    struct safetensors *files = open_shapes();
    int count = 0;
    ptm_error err = {0};
    const bool accepted =
        fuzz_status(packed_read(networks, origins, &count, root, files, MAX_TOKENS, &err), &err) == PTM_OK;
    for (int i = 0; i < MODELS; i++) {
        if (accepted && i < count) {
            const struct weight_names names = family_weight_names(origins[i].family, &origins[i].checkpoint);
            check_network(&networks[i], &names);
        }
        network_close(&networks[i]);
    }
    safetensors_close(&files);
}

static void single_file(struct json root) {
    enum single_file_schema schema;
    ptm_error err = {0};
    if (fuzz_status(single_file_schema(&schema, root, &err), &err) != PTM_OK) return;
    if (schema == SINGLE_FILE_PACKED)
        packed_file(root);
    else
        shared_file(root);
}

static void directory(struct json config, struct json preprocessor) {
    struct network network = {.name = "fuzzed"};
    ptm_error err = {0};
    const struct family *family;
    if (fuzz_status(family_find(&family, config, &err), &err) != PTM_OK) return;
    struct safetensors *files = open_shapes();
    const struct checkpoint checkpoint = {config, preprocessor, files, ""};
    const struct weight_names names = family_weight_names(family, &checkpoint);
    if (fuzz_status(family_read(&network, family, &checkpoint, MAX_TOKENS, &err), &err) == PTM_OK)
        check_network(&network, &names);
    network_close(&network);
    safetensors_close(&files);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes > FUZZ_MAX_BYTES) return 0;
    const uint8_t *zero = bytes ? memchr(data, 0, bytes) : NULL;
    const size_t first = zero ? (size_t)(zero - data) : bytes;
    struct json_document *config = NULL, *preprocessor = NULL;
    ptm_error err = {0};
    if (json_open_memory(&config, (const char *)data, first, "config.json", &err) == PTM_OK) {
        struct json other = {NULL, "preprocessor_config.json", ""};
        ptm_error ignored = {0};
        if (zero && json_open_memory(&preprocessor, (const char *)zero + 1, bytes - first - 1, other.document,
                                     &ignored) == PTM_OK)
            other = json_root(preprocessor);
        if (zero)
            directory(json_root(config), other);
        else
            single_file(json_root(config));
    }
    json_close(&preprocessor);
    json_close(&config);
    return 0;
}
