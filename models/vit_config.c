/* SPDX-License-Identifier: MIT */
#include "models/vit_config.h"

#include "models/rotary.h"

bool config_has(const struct vit_config *config, unsigned parts) {
    return (config->parts & parts) == parts;
}

int config_blocks(const struct vit_config *config) {
    return config->depth + (config_has(config, PART_POOLER) ? config->pooler_depth + 1 : 0);
}

int config_reduced_blocks(const struct vit_config *config) {
    return config->depth + (config_has(config, PART_POOLER) ? config->pooler_depth : 0);
}

int config_hidden_width(const struct vit_config *config, int mlp_dim) {
    return config_has(config, PART_SWIGLU) ? 2 * mlp_dim : mlp_dim;
}

int config_head_width(const struct vit_config *config) {
    return config->pool == POOL_FIRST_AND_MEAN ? 2 * config->embed_dim : config->embed_dim;
}

void grid_tile(struct patch_grid *grid) {
    for (int axis = 0; axis < 3; axis++) grid->stride[axis] = grid->patch[axis];
}

enum { PATCH_VALUES_MAX = 1 << 24 };

static ptm_status derive_grid(struct patch_grid *grid, const char *document, ptm_error *err) {
    static const char *const axes[] = {"frames", "rows", "columns"};
    for (int axis = 0; axis < 3; axis++) {
        if (grid->patch[axis] < 1 || grid->stride[axis] < 1 || grid->size[axis] < grid->patch[axis])
            return error_set(err, PTM_EMODEL, "%s: patches of %d %s, %d apart, do not fit an input of %d %s", document,
                             grid->patch[axis], axes[axis], grid->stride[axis], grid->size[axis], axes[axis]);
        grid->tokens[axis] = (grid->size[axis] - grid->patch[axis]) / grid->stride[axis] + 1;
    }
    const int64_t values = (int64_t)grid->channels * grid->patch[0] * grid->patch[1] * grid->patch[2];
    if (values > PATCH_VALUES_MAX)
        return error_set(err, PTM_ELIMIT, "%s: patches of %lld values are more than the limit of %d", document,
                         (long long)values, PATCH_VALUES_MAX);
    grid->patch_values = (int)values;
    return PTM_OK;
}

/** A stored table that is added as it is has a row for each token that it is added to. */
static ptm_status check_positions(const struct vit_config *config, const char *document, ptm_error *err) {
    const int patches = config->tokens - config->special_tokens;
    int rows = config->stored_positions;
    if (config->position == POSITION_LEARNED) rows = config->tokens;
    if (config->position == POSITION_CLASS) rows = patches + 1;
    if (config->position == POSITION_PATCHES) rows = patches;
    if (config->stored_positions == rows) return PTM_OK;
    return error_set(err, PTM_EMODEL,
                     "%s: the table of positions has %d rows, where an input of %d x %d needs %d; give "
                     "the size that it was made for",
                     document, config->stored_positions, config->grid.size[1], config->grid.size[2], rows);
}

ptm_status config_derive(struct vit_config *config, int max_tokens, const char *document, ptm_error *err) {
    if (config->mlp_dim < 1) return error_set(err, PTM_EMODEL, "%s: \"mlp_ratio\" is too small", document);
    if (config->embed_dim % config->num_heads != 0)
        return error_set(err, PTM_EMODEL, "%s: %d attention heads do not divide the hidden size %d", document,
                         config->num_heads, config->embed_dim);
    config->head_dim = config->embed_dim / config->num_heads;
    if (config->position == POSITION_ROTARY && config->head_dim > ROTARY_HEAD_DIM_MAX)
        return error_set(err, PTM_ELIMIT, "%s: rotary heads of %d channels are more than the limit of %d", document,
                         config->head_dim, ROTARY_HEAD_DIM_MAX);
    TRY(derive_grid(&config->grid, document, err));

    config->special_tokens =
        config_has(config, PART_CLASS_TOKEN) + config_has(config, PART_DISTILL_TOKEN) + config->register_tokens;
    if (config->register_tokens) config->parts |= PART_REGISTERS;
    if (config->pool == POOL_TWO_HEADS &&
        !(config_has(config, PART_CLASS_TOKEN) && config_has(config, PART_DISTILL_TOKEN)))
        return error_set(err, PTM_EMODEL,
                         "%s: two heads read a class and a distillation token, of which one is missing", document);
    const bool first_is_pooled = config->pool == POOL_FIRST;
    config->protected_tokens = config->special_tokens ? config->special_tokens : first_is_pooled;
    const int *tokens = config->grid.tokens;
    const int64_t plane = (int64_t)tokens[1] * tokens[2];
    if (plane > max_tokens || plane * tokens[0] > max_tokens - config->special_tokens)
        return error_set(err, PTM_ELIMIT, "%s: %d x %d x %d patches are more than the limit of %d tokens, max_tokens",
                         document, tokens[0], tokens[1], tokens[2], max_tokens);
    config->tokens = (int)(plane * tokens[0]) + config->special_tokens;
    if (config->stored_positions == 0) config->stored_positions = config->tokens;
    return check_positions(config, document, err);
}

int config_read_tokens(const struct vit_config *config, int block) {
    if (block + 1 < config->depth) return 0;
    switch (config->pool) {
    case POOL_FIRST: return 1;
    case POOL_FIRST_TWO:
    case POOL_TWO_HEADS: return 2;
    case POOL_MEAN:
    case POOL_FIRST_AND_MEAN:
    case POOL_ATTENTIVE: break;
    }
    return 0;
}

bool config_pools_mlp(const struct vit_config *config) {
    return config->pool == POOL_MEAN && !config_has(config, PART_FINAL_NORM);
}

double config_gflop(const struct vit_config *config, const int *tokens) {
    const double C = config->embed_dim, patches = (tokens ? *tokens : config->tokens) - config->special_tokens;
    const double mlp = (config_has(config, PART_SWIGLU) ? 3.0 : 2.0) * C * config->mlp_dim;
    const double left = tokens ? tokens[config->depth] : config->tokens;
    double macs = patches * config->grid.patch_values * C;
    macs += (double)config_head_width(config) * config->num_labels;
    for (int i = 0; i < config->depth; i++) {
        const double N = tokens ? tokens[i] : config->tokens, merged = tokens ? tokens[i + 1] : config->tokens;
        const int head = config_read_tokens(config, i);
        const double read = head ? head : N, kept = head ? head : merged;
        macs += (3 * N + read) * C * C + 2 * read * N * C + kept * mlp;
    }
    if (config_pools_mlp(config)) macs -= (left - 1) * C * config->mlp_dim;
    if (config_has(config, PART_POOLER)) {
        const double pooler_mlp = 2 * C * config->pooler_mlp_dim;
        macs += config->pooler_depth * (4 * left * C * C + 2 * left * left * C + left * pooler_mlp);
        macs += 2 * left * C * C + 2 * left * C + C * C + pooler_mlp; /* keys and values of all tokens, one query */
    }
    return macs * 2e-9;
}
