/* SPDX-License-Identifier: MIT */
/*
 * network: one modality of a model as plain numbers and pointers: what a config says, where the weights lie, how its
 * input is prepared and its answer read. Immutable once the model is open.
 *
 * Letters, here and in all of models/: T frames, H W pixels, M mel bins, F fbank frames, N tokens now, N0 tokens at the
 * input, B windows of a pass, C embed_dim, L depth, h head count, D head_dim.
 */
#ifndef POLYTOME_MODELS_NETWORK_H
#define POLYTOME_MODELS_NETWORK_H

#include "base/error.h"
#include "compute/linear.h"
#include "compute/reduced.h"
#include "features/fbank.h"
#include "features/pixels.h"

/** What a checkpoint has; tensor_names.c says by these which tensors must be there. */
enum part {
    PART_ALWAYS = 0,
    PART_CLASS_TOKEN = 1 << 0,
    PART_DISTILL_TOKEN = 1 << 1,
    PART_REGISTERS = 1 << 2, /* register tokens behind the class token */
    PART_QV_BIAS = 1 << 3,   /* biases of query and value */
    PART_K_BIAS = 1 << 4,    /* and of key */
    PART_FUSED_QKV = 1 << 5, /* q, k and v in one tensor, in this order */
    PART_PATCH_BIAS = 1 << 7,
    PART_TUBES = 1 << 8,        /* a 3-D patch convolution */
    PART_PATCHES = 1 << 9,      /* a 2-D one */
    PART_PRE_NORM = 1 << 10,    /* norm of the tokens before the first block */
    PART_LAYER_SCALE = 1 << 11, /* a factor for each channel of a block's branches */
    PART_SWIGLU = 1 << 12,      /* MLP of silu(a) * b */
    PART_MLP = 1 << 13,         /* or a plain one */
    PART_FINAL_NORM = 1 << 14,  /* norm of the tokens before pooling */
    PART_HEAD_NORM = 1 << 15,   /* norm of the pooled token */
    PART_SECOND_HEAD = 1 << 16, /* the distillation token's own classifier */
    PART_ONE_HEAD = 1 << 20,    /* or a classifier of the class token alone */
    PART_ONE_TABLE = 1 << 17,   /* all positions in one stored table */
    PART_SPACE_TIME = 1 << 18,  /* positions of space, time and the class token apart */
    PART_POOLER = 1 << 19       /* an attentive pooler in front of the classifier */
};

/** Where the positions come from. */
enum position {
    POSITION_LEARNED,    /* one stored row for each token */
    POSITION_PATCHES,    /* stored rows for the patches only */
    POSITION_CLASS,      /* for class token and patches, none for the registers between them */
    POSITION_RESIZED,    /* as before, for another grid: resized bicubically */
    POSITION_SMOOTHED,   /* the same with antialiasing */
    POSITION_SPACE_TIME, /* sums of a row of space and a row of time */
    POSITION_SINUSOID,   /* 1-D over the raster index, VideoMAE */
    POSITION_ROTARY      /* none: queries and keys are rotated, V-JEPA 2 */
};

enum pool {
    POOL_FIRST,          /* token 0 */
    POOL_FIRST_TWO,      /* mean of class and distillation token */
    POOL_TWO_HEADS,      /* class and distillation token, each through its head; mean of the logits */
    POOL_MEAN,           /* size-weighted mean of all tokens that are not special */
    POOL_FIRST_AND_MEAN, /* the class token and that mean, side by side: (2C) */
    POOL_ATTENTIVE       /* a learned query attends to all tokens, V-JEPA 2 */
};

enum score { SCORE_SOFTMAX, SCORE_SIGMOID };

/** The patch grid: an input of (channels, size[0], size[1], size[2]) cut into patches; axes t, h, w. */
struct patch_grid {
    int channels;
    int size[3]; /* of the input: (T, H, W), or (1, rows, columns) of a spectrogram */
    int patch[3];
    int stride[3];
    int tokens[3];     /* (size - patch) / stride + 1 */
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
    int stored_side;      /* POSITION_RESIZED, _SMOOTHED: rows and columns of the stored table's grid */
    int stored_positions; /* rows of the stored table */
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

struct block_weights {
    const float *norm1_w, *norm1_b; /* (C) */
    const float *q_w, *k_w, *v_w;   /* (C, C) each */
    const float *q_b, *k_b, *v_b;   /* (C) each, or NULL */
    const float *proj_w, *proj_b;   /* (C, C), (C); of the pooler's last block NULL */
    const float *scale1;            /* (C) or NULL */
    int mlp_dim;
    const float *norm2_w, *norm2_b; /* (C) */
    const float *fc1_w, *fc1_b;     /* (mlp_dim, C), (mlp_dim); of SwiGLU (2 mlp_dim, C), (2 mlp_dim) */
    const float *fc2_w, *fc2_b;     /* (C, mlp_dim), (C) */
    const float *scale2;            /* (C) or NULL */
};

/** The matrices of a block. */
enum block_matrix { MATRIX_Q, MATRIX_K, MATRIX_V, MATRIX_PROJ, MATRIX_FC1, MATRIX_FC2, BLOCK_MATRICES };

struct vit_weights {
    const float *patch_w, *patch_b;                /* (C, channels * patch volume), (C) or NULL */
    const float *cls_token, *dist_token;           /* (C) or NULL */
    const float *reg_tokens;                       /* (register_tokens, C) or NULL */
    const float *pos_embed;                        /* (N0, C), or NULL */
    const float *pos_stored;                       /* (stored_positions, C) as the file has it, or NULL */
    const float *pos_space, *pos_time, *pos_class; /* (tokens[1] * tokens[2], C), (tokens[0], C), (C) or NULL */
    const float *pre_norm_w, *pre_norm_b;
    const float *norm_w, *norm_b; /* (C) or NULL */
    const float *head_norm_w, *head_norm_b;
    const float *head_w, *head_b;   /* (num_labels, C or 2C), (num_labels) */
    const float *head2_w, *head2_b; /* of the distillation token, or NULL */
    const float *query;             /* (C) the pooler's */
    struct block_weights *blocks;   /* (L + pooler_depth + 1 where there is a pooler) owned; the pooler's at the end */

    /* (L + pooler_depth) owned: the matrices of a network that is stored in int8 or bf16, those in `blocks` then being
     * NULL; of one in float32 NULL */
    struct weight_rows (*reduced)[BLOCK_MATRICES];
};

/** How pictures are prepared, and how windows are laid over a video. */
struct picture_front {
    struct pixels_spec pixels;
    double frame_rate; /* video: of a window's frames; 0: T frames spread evenly over the file */
};

/** Reference answers stored in a single-file model, for an input x[i] = ((i * 7919) mod 1000) / 500 - 1. */
struct self_test {
    float *plain, *merged; /* (num_labels) for r = off and for the recommended merging; owned, or NULL */
};

struct network {
    ptm_modality modality;
    const char *name, *family, *licence, *source;
    struct vit_config config;
    struct vit_weights weights;
    ptm_precision precision; /* in which the matrices of its blocks are stored */
    float *computed_pos;     /* owned: a position table that is a formula, or NULL */
    int64_t parameters;

    struct picture_front picture; /* PTM_VIDEO, PTM_IMAGE */
    struct fbank_spec audio;      /* PTM_AUDIO */
    bool time_major;              /* rows of a spectrogram's grid are frames, not bins */
    bool channel_axis;            /* the prepared sound is (1,1,F,M), as timm takes it; else (1,F,M) */

    struct reduced_store *reduced; /* the model's layers in reduced precision: the one part that is added to later */

    const char **labels; /* (num_labels) owned, the strings are not */
    enum score score;
    const char *r; /* recommended merging */
    bool prop_attn;
    struct self_test self_test;
};

/** All that there are, each once. */
enum { NETWORK_MODALITIES = 3 };
extern const ptm_modality network_modalities[NETWORK_MODALITIES];

/** "video", "audio" or "image". */
const char *network_modality_name(ptm_modality modality);

/** Frees what the network owns. */
void network_close(struct network *network);

/** Whether a part is there: all bits of `parts`. */
bool config_has(const struct vit_config *config, unsigned parts);

/** Blocks of the backbone and of the pooler. */
int config_blocks(const struct vit_config *config);

/** The first of these blocks, all but the pooler's last: they have whole products, and may be kept reduced. */
int config_reduced_blocks(const struct vit_config *config);

/** How many of a block's `tokens`, from the first on, anybody reads: all, but of the last block what the head reads. */
int config_read_tokens(const struct vit_config *config, int block, int tokens);

/**
 * Whether the last block's MLP may give the mean of its tokens and nothing else: the head takes that mean of x as it
 * is, and the mean of a linear layer's outputs is the layer's output for the mean of its inputs.
 */
bool config_pools_mlp(const struct vit_config *config);

/** Width of what the classifier takes: C, or 2C. */
int config_head_width(const struct vit_config *config);

/**
 * Fills in what follows from the rest (head_dim, grid.tokens, special_tokens, N0) and checks the sizes against each
 * other and against `max_tokens`. `document` names the config in errors.
 */
ptm_status config_derive(struct vit_config *config, int max_tokens, const char *document, ptm_error *err);

/**
 * Multiply-adds of one forward pass times 2e-9: 4 N C^2 + 2 N^2 C for the attention of each block and 2 N' C mlp_dim
 * for its MLP, where N tokens enter and N' leave the merging between the two, of the last block for the tokens that the
 * head reads only, or the mean of them in the MLP's second layer; plus embedding and head. `tokens` (L + 1) are those
 * that enter each block and leave the last, or NULL: all, and no merging.
 */
double config_gflop(const struct vit_config *config, const int *tokens);

/** Sets grid.step to how the prepared input lies: video (T,3,H,W), audio (F,M) of which the bins are the grid's rows.
 */
void network_lay_input(struct network *network);

/** Shape of the prepared input, batch axis included: video (1,T,3,H,W), image (1,3,H,W), audio (1,F,M); returns the
 * rank. */
int network_input_shape(const struct network *network, int shape[5]);

/** Floats of the prepared input. */
size_t network_input_count(const struct network *network);

#endif
