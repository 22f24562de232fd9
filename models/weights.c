/* SPDX-License-Identifier: MIT */
#include "models/weights.h"

#include "base/memory.h"
#include "models/position.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 256, SHAPE_BYTES = 128 };

static int64_t dimension(const struct vit_config *config, char letter) {
    switch (letter) {
    case 'C': return config->embed_dim;
    case 'M': return config->mlp_dim;
    case 'Q': return 3 * (int64_t)config->embed_dim;
    case 'm': return config->pooler_mlp_dim;
    case 'S': return 2 * (int64_t)config->mlp_dim;
    case 'D': return config_head_width(config);
    case 'L': return config->num_labels;
    case 'P': return config->stored_positions;
    case 'R': return config->register_tokens;
    case 's': return (int64_t)config->grid.tokens[1] * config->grid.tokens[2];
    case 'T': return config->grid.tokens[0];
    case 'c': return config->grid.channels;
    case 't': return config->grid.patch[0];
    case 'h': return config->grid.patch[1];
    case 'w': return config->grid.patch[2];
    default: return 1;
    }
}

static ptm_status check_shape(const struct tensor *tensor, const struct vit_config *config, const char *shape,
                              const char *path, ptm_error *err) {
    struct tensor expected = {.rank = (int)strlen(shape)};
    bool same = tensor->rank == expected.rank;
    for (int i = 0; i < expected.rank; i++) {
        expected.shape[i] = dimension(config, shape[i]);
        same = same && tensor->shape[i] == expected.shape[i];
    }
    if (same) return PTM_OK;
    char found[SHAPE_BYTES], wanted[SHAPE_BYTES];
    return error_set(err, PTM_EMODEL, "%s: tensor \"%s\" has shape %s; the configuration asks for %s", path,
                     tensor->name, tensor_shape_text(tensor, found, sizeof found),
                     tensor_shape_text(&expected, wanted, sizeof wanted));
}

/** Writes the row's name for one block into `name`. */
static void expand_name(char *name, const char *pattern, const struct weight_names *names, int block) {
    size_t used = (size_t)snprintf(name, NAME_BYTES, "%s", names->file_prefix);
    if (used >= NAME_BYTES) used = NAME_BYTES - 1;
    for (const char *c = pattern; *c && used < NAME_BYTES - 1; c++) {
        const size_t room = NAME_BYTES - used;
        int wrote = 1;
        if (*c == '@')
            wrote = snprintf(name + used, room, "%s", names->prefix);
        else if (*c == '#')
            wrote = snprintf(name + used, room, "%d", block);
        else
            name[used] = *c;
        used += (size_t)wrote < room ? (size_t)wrote : room - 1;
    }
    name[used] = '\0';
}

bool weights_have_first(const struct safetensors *files, const struct weight_names *names) {
    char name[NAME_BYTES];
    expand_name(name, names->table->rows->name, names, 0);
    return safetensors_find(files, name) != NULL;
}

/** How many bytes stand before `end`, nothing or what ends in a '.'; -1: the name does not end so. */
static ptrdiff_t bytes_before(const char *name, const char *end) {
    const ptrdiff_t before = (ptrdiff_t)strlen(name) - (ptrdiff_t)strlen(end);
    if (before < 0 || strcmp(name + before, end) != 0) return -1;
    return before == 0 || name[before - 1] == '.' ? before : -1;
}

ptrdiff_t weights_find_head(const struct safetensors *files, const struct weight_table *table, const char **name) {
    ptrdiff_t fewest = -1;
    *name = NULL;
    for (; table; table = table->other) {
        for (const struct weight_row *row = table->rows; row->name; row++) {
            if (row->place != WEIGHT_NETWORK || row->member != offsetof(struct vit_weights, head_w)) continue;
            if (!*name) *name = row->name;
            for (size_t i = 0; i < safetensors_count(files); i++) {
                const ptrdiff_t before = bytes_before(safetensors_at(files, i)->name, row->name);
                if (before < 0 || (fewest >= 0 && before >= fewest)) continue;
                fewest = before;
                *name = safetensors_at(files, i)->name;
            }
        }
    }
    return fewest;
}

/** Where in vit_weights.blocks the blocks of a place begin, and how many they are. */
static int first_block(const struct vit_config *config, enum weight_place place) {
    return place == WEIGHT_POOLER_BLOCK   ? config->depth
           : place == WEIGHT_POOLER_QUERY ? config->depth + config->pooler_depth
                                          : 0;
}

static int count_blocks(const struct vit_config *config, enum weight_place place) {
    return place == WEIGHT_BLOCK ? config->depth : place == WEIGHT_POOLER_BLOCK ? config->pooler_depth : 1;
}

/** Where the pointers to a block's matrices are; of a fused q, k and v that of q. */
static const size_t matrix_members[BLOCK_MATRICES] = {
    [MATRIX_Q] = offsetof(struct block_weights, q_w),     [MATRIX_K] = offsetof(struct block_weights, k_w),
    [MATRIX_V] = offsetof(struct block_weights, v_w),     [MATRIX_PROJ] = offsetof(struct block_weights, proj_w),
    [MATRIX_FC1] = offsetof(struct block_weights, fc1_w), [MATRIX_UP] = offsetof(struct block_weights, up_w),
    [MATRIX_FC2] = offsetof(struct block_weights, fc2_w),
};

/** Which matrix of a block that may be reduced the row is; BLOCK_MATRICES: none. */
static int matrix_of(const struct weight_row *row) {
    int matrix = row->place == WEIGHT_BLOCK || row->place == WEIGHT_POOLER_BLOCK ? 0 : BLOCK_MATRICES;
    while (matrix < BLOCK_MATRICES && matrix_members[matrix] != row->member) matrix++;
    return matrix;
}

bool weights_may_reduce(const struct network *network, const float *values) {
    for (int i = 0; i < config_reduced_blocks(&network->config); i++) {
        const char *block = (const char *)&network->weights.blocks[i];
        for (int matrix = 0; matrix < BLOCK_MATRICES; matrix++) {
            const float *w;
            memcpy(&w, block + matrix_members[matrix], sizeof w);
            if (w == values) return true;
        }
    }
    return false;
}

static ptm_status need_tensor(const struct tensor **tensor, const struct network *network,
                              const struct weight_source *source, const char *name, ptm_error *err) {
    *tensor = safetensors_find(source->files, name);
    if (*tensor) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: tensor \"%s\" is missing; a model of family %s as configured needs it",
                     safetensors_path(source->files), name, network->family);
}

/** The factors of the rows of a matrix in int8: one that is negative or not finite would be no factor. */
static ptm_status bind_scale(struct weight_rows *rows, const struct network *network, struct weight_source *source,
                             const struct tensor *matrix, const char *shape, ptm_error *err) {
    char name[NAME_BYTES + sizeof WEIGHTS_SCALE_SUFFIX];
    snprintf(name, sizeof name, "%s" WEIGHTS_SCALE_SUFFIX, matrix->name);
    const struct tensor *tensor;
    TRY(need_tensor(&tensor, network, source, name, err));
    TRY(check_shape(tensor, &network->config, (const char[]){shape[0], '\0'}, safetensors_path(source->files), err));
    TRY(weight_source_values(source, tensor, &rows->scale, err));
    for (size_t i = 0; i < tensor->elements; i++)
        if (!(rows->scale[i] >= 0 && rows->scale[i] <= FLT_MAX))
            return error_set(err, PTM_EMODEL, "%s: tensor \"%s\" holds %g, which is no scale",
                             safetensors_path(source->files), name, (double)rows->scale[i]);
    return PTM_OK;
}

static ptm_status bind_reduced(struct weight_rows *rows, const struct network *network, struct weight_source *source,
                               const struct tensor *tensor, const char *shape, ptm_error *err) {
    const char *dtype = network->precision == PTM_INT8 ? "I8" : "BF16";
    if (strcmp(tensor->dtype_name, dtype) != 0)
        return error_set(err, PTM_EMODEL, "%s: tensor \"%s\" has dtype %s; of a model in %s it should be %s",
                         safetensors_path(source->files), tensor->name, tensor->dtype_name,
                         product_precision_name(network->precision), dtype);
    weight_source_use(source, tensor);
    *rows = (struct weight_rows){.precision = network->precision, .values = tensor->data};
    return network->precision == PTM_INT8 ? bind_scale(rows, network, source, tensor, shape, err) : PTM_OK;
}

static ptm_status bind_row(struct network *network, struct weight_source *source, const struct weight_row *row,
                           const struct weight_names *names, int block, ptm_error *err) {
    char name[NAME_BYTES];
    expand_name(name, row->name, names, block);
    const struct tensor *tensor;
    TRY(need_tensor(&tensor, network, source, name, err));
    TRY(check_shape(tensor, &network->config, row->shape, safetensors_path(source->files), err));
    network->parameters += (int64_t)tensor->elements;
    const int first = first_block(&network->config, row->place), matrix = matrix_of(row);
    if (network->weights.matrices && matrix < BLOCK_MATRICES)
        return bind_reduced(&network->weights.matrices[first + block][matrix], network, source, tensor, row->shape,
                            err);
    char *owner =
        row->place == WEIGHT_NETWORK ? (char *)&network->weights : (char *)&network->weights.blocks[first + block];
    return weight_source_values(source, tensor, (const float **)(void *)(owner + row->member), err);
}

/** The rows that lie `count` rows behind, `in` values each. */
static struct weight_rows rows_behind(struct weight_rows rows, size_t count, size_t in) {
    rows.values = (const char *)rows.values + reduced_bytes(rows.precision, count * in);
    if (rows.scale) rows.scale += count;
    return rows;
}

/** q, k and v lie behind one another in one tensor. `matrices`: of the block, or NULL. */
static void split_fused(struct block_weights *block, struct weight_rows *matrices, int embed_dim) {
    const size_t C = (size_t)embed_dim;
    if (matrices) {
        matrices[MATRIX_K] = rows_behind(matrices[MATRIX_Q], C, C);
        matrices[MATRIX_V] = rows_behind(matrices[MATRIX_K], C, C);
    } else {
        block->k_w = block->q_w + C * C;
        block->v_w = block->k_w + C * C;
    }
    if (block->q_b) {
        block->k_b = block->q_b + C;
        block->v_b = block->k_b + C;
    }
}

ptm_status weights_bind(struct network *network, struct weight_source *source, const struct weight_names *names,
                        ptm_error *err) {
    const struct vit_config *config = &network->config;
    struct vit_weights *weights = &network->weights;
    weights->blocks = mem_calloc((size_t)config_blocks(config), sizeof *weights->blocks);
    if (!weights->blocks) return error_no_memory(err);
    if (network->precision != PTM_F32) {
        weights->matrices = mem_calloc((size_t)config_reduced_blocks(config), sizeof *weights->matrices);
        if (!weights->matrices) return error_no_memory(err);
    }
    for (int i = 0; i < config_blocks(config); i++)
        weights->blocks[i].mlp_dim = i < config->depth ? config->mlp_dim : config->pooler_mlp_dim;

    for (const struct weight_row *row = names->table->rows; row->name; row++) {
        if (!config_has(config, row->parts)) continue;
        const int count = count_blocks(config, row->place);
        for (int i = 0; i < count; i++) TRY(bind_row(network, source, row, names, i, err));
    }
    if (config_has(config, PART_FUSED_QKV))
        for (int i = 0; i < config->depth; i++)
            split_fused(&weights->blocks[i], weights->matrices ? weights->matrices[i] : NULL, config->embed_dim);

    return position_prepare(network, err);
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/** Whether the network's table ignores a tensor of that name. */
static bool is_ignored(const char *name, const struct weight_names *names) {
    if (!starts_with(name, names->file_prefix)) return false;
    name += strlen(names->file_prefix);
    for (const char *const *prefix = names->table->ignored; *prefix; prefix++)
        if (starts_with(name, *prefix)) return true;
    return false;
}

ptm_status weights_check_extra(const struct weight_source *source, const struct weight_names *names, int count,
                               ptm_error *err) {
    for (size_t i = 0; i < safetensors_count(source->files); i++) {
        const struct tensor *tensor = safetensors_at(source->files, i);
        bool known = source->used[i];
        for (int n = 0; n < count && !known; n++) known = is_ignored(tensor->name, &names[n]);
        if (known) continue;
        char shape[SHAPE_BYTES];
        return error_set(err, PTM_EMODEL,
                         "%s: tensor \"%s\" %s is not part of the model that the configuration describes",
                         safetensors_path(source->files), tensor->name, tensor_shape_text(tensor, shape, sizeof shape));
    }
    return PTM_OK;
}
