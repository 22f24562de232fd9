/* SPDX-License-Identifier: MIT */
/*
 * vit_config: the sizes and the parts of one Vision Transformer, and what follows from them.
 *
 * Letters, here and in all of models/: T frames, H W pixels, M mel bins, F fbank frames, N tokens now, N0 tokens at the
 * input, B windows of a pass, C embed_dim, L depth, h head count, D head_dim.
 */
#ifndef POLYTOME_MODELS_VIT_CONFIG_H
#define POLYTOME_MODELS_VIT_CONFIG_H

#include "base/error.h"
#include "compute/activation.h"

#include <stddef.h>

/** What a checkpoint has; tensor_names.c says by these which tensors must be there. */
enum part {
    PART_ALWAYS = 0,
    PART_CLASS_TOKEN = 1 << 0,
    PART_DISTILL_TOKEN = 1 << 1,
    PART_REGISTERS = 1 << 2, /* register tokens behind the class token */
    PART_QV_BIAS = 1 << 3,   /* biases of query and value */
    PART_K_BIAS = 1 << 4,    /* and of key */
    PART_FUSED_QKV = 1 << 5, /* q, k and v in one tensor, in this order */
    PART_PATCH_BIAS = 1 << 6,
    PART_TUBES = 1 << 7,        /* a 3-D patch convolution */
    PART_PATCHES = 1 << 8,      /* a 2-D one */
    PART_PRE_NORM = 1 << 9,     /* norm of the tokens before the first block */
    PART_LAYER_SCALE = 1 << 10, /* a factor for each channel of a block's branches */
    PART_SWIGLU = 1 << 11,      /* MLP of silu(a) * b */
    PART_MLP = 1 << 12,         /* or a plain one */
    PART_FINAL_NORM = 1 << 13,  /* norm of the tokens before pooling */
    PART_HEAD_NORM = 1 << 14,   /* norm of the pooled token */
    PART_SECOND_HEAD = 1 << 15, /* the distillation token's own classifier */
    PART_ONE_HEAD = 1 << 16,    /* or a classifier of the class token alone */
    PART_ONE_TABLE = 1 << 17,   /* all positions in one stored table */
    PART_SPACE_TIME = 1 << 18,  /* positions of space, time and the class token apart */
    PART_POOLER = 1 << 19       /* an attentive pooler in front of the classifier */
};

/** Where the positions come from. */
enum position {
    POSITION_LEARNED,     /* one stored row for each token */
    POSITION_PATCHES,     /* stored rows for the patches only */
    POSITION_CLASS,       /* for class token and patches, none for the registers between them */
    POSITION_RESIZED,     /* as before, for another grid: resized bicubically */
    POSITION_ANTIALIASED, /* the same with antialiasing */
    POSITION_SPACE_TIME,  /* sums of a row of space and a row of time */
    POSITION_SINUSOID,    /* 1-D over the raster index, VideoMAE */
    POSITION_ROTARY       /* none: queries and keys are rotated, V-JEPA 2 */
};

enum pool {
    POOL_FIRST,          /* token 0 */
    POOL_FIRST_TWO,      /* mean of class and distillation token */
    POOL_TWO_HEADS,      /* class and distillation token, each through its head; mean of the logits */
    POOL_MEAN,           /* size-weighted mean of all tokens that are not special */
    POOL_FIRST_AND_MEAN, /* the class token and that mean, side by side: (2C) */
    POOL_ATTENTIVE       /* a learned query attends to all tokens, V-JEPA 2 */
};

/** The patch grid: an input of (channels, size[0], size[1], size[2]) cut into patches; axes t, h, w. */
struct patch_grid {
    int channels;
    int size[3]; /* of the input: (T, H, W), or (1, rows, columns) of a spectrogram */
    int patch[3];
    int stride[3];
    int tokens[3];     /* (size - patch) / stride + 1 */
    int patch_values;  /* floats of a patch: channels * patch volume */
    ptrdiff_t step[4]; /* floats between neighbours along c, t, h, w in the prepared input */
};

enum { VIT_DEPTH_MAX = 256 }; /* blocks */

struct vit_config {
    int embed_dim, depth, num_heads, head_dim, mlp_dim;
    float layer_norm_eps; /* of the blocks and the final norm */
    float head_norm_eps;
    enum activation activation;
    unsigned parts; /* enum part bits */
    enum position position;
    int stored_side;      /* POSITION_RESIZED, _ANTIALIASED: rows and columns of the stored table's grid */
    int stored_positions; /* rows of the stored table; 0 before config_derive(): one for each token */
    enum pool pool;
    int pooler_depth;   /* POOL_ATTENTIVE: self-attention blocks in front of the query's, */
    int pooler_mlp_dim; /* and the width of their MLPs */
    struct patch_grid grid;
    int register_tokens;
    int special_tokens;   /* class, distillation and register tokens, at the front in this order */
    int protected_tokens; /* at the front, never merged: these, or a first token that is pooled */
    int tokens;           /* N0 */
    int num_labels;
};

/** Patches side by side: as far apart as they are large. */
void grid_tile(struct patch_grid *grid);

/** Whether a part is there: all bits of `parts`. */
bool config_has(const struct vit_config *config, unsigned parts);

/** Blocks of the backbone and of the pooler. */
int config_blocks(const struct vit_config *config);

/** The first of these blocks, all but the pooler's last: they have whole products, and may be kept reduced. */
int config_reduced_blocks(const struct vit_config *config);

/** How many tokens, from the first on, anybody reads of a block: 0 stands for all, and fewer are those that the head
 * reads of the last block. */
int config_read_tokens(const struct vit_config *config, int block);

/**
 * Whether the last block's MLP may give the mean of its tokens and nothing else: the head takes that mean of x as it
 * is, and the mean of a linear layer's outputs is the layer's output for the mean of its inputs.
 */
bool config_pools_mlp(const struct vit_config *config);

/** Width of what the first layer of an MLP gives: mlp_dim, of SwiGLU twice that. */
int config_hidden_width(const struct vit_config *config, int mlp_dim);

/** Width of what the classifier takes: C, or 2C. */
int config_head_width(const struct vit_config *config);

/**
 * Fills in what follows from the rest (head_dim, grid.tokens, grid.patch_values, special_tokens, N0) and checks the
 * sizes against each other and against `max_tokens`. `document` names the config in errors.
 */
ptm_status config_derive(struct vit_config *config, int max_tokens, const char *document, ptm_error *err);

/**
 * Multiply-adds of one forward pass times 2e-9: 4 N C^2 + 2 N^2 C for the attention of each block and 2 N' C mlp_dim
 * for its MLP, where N tokens enter and N' leave the merging between the two, of the last block for the tokens that the
 * head reads only, or the mean of them in the MLP's second layer; plus embedding and head. `tokens` (L + 1) are those
 * that enter each block and leave the last, or NULL: all, and no merging.
 */
double config_gflop(const struct vit_config *config, const int *tokens);

#endif
