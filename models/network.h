/* SPDX-License-Identifier: MIT */
/* network: one modality of a model as plain numbers and pointers: what a config says, where the weights lie, how its
 * input is prepared and its answer read. Immutable once the model is open. */
#ifndef POLYTOME_MODELS_NETWORK_H
#define POLYTOME_MODELS_NETWORK_H

#include "compute/reduced.h"
#include "features/fbank.h"
#include "features/pixels.h"
#include "models/vit_config.h"

enum score { SCORE_SOFTMAX, SCORE_SIGMOID };

struct block_weights {
    const float *norm1_w, *norm1_b; /* (C) */
    const float *q_w, *k_w, *v_w;   /* (C, C) each */
    const float *q_b, *k_b, *v_b;   /* (C) each, or NULL */
    const float *proj_w, *proj_b;   /* (C, C), (C); of the pooler's last block NULL */
    const float *scale1;            /* (C) or NULL */
    int mlp_dim;
    const float *norm2_w, *norm2_b; /* (C) */
    const float *fc1_w, *fc1_b; /* (mlp_dim, C), (mlp_dim); of SwiGLU (2 mlp_dim, C), (2 mlp_dim), the gate first, */
    const float *up_w, *up_b;   /* or the gate alone there, and here what it is multiplied with; else NULL */
    const float *fc2_w, *fc2_b; /* (C, mlp_dim), (C) */
    const float *scale2;        /* (C) or NULL */
};

/** The matrices of a block. */
enum block_matrix { MATRIX_Q, MATRIX_K, MATRIX_V, MATRIX_PROJ, MATRIX_FC1, MATRIX_UP, MATRIX_FC2, BLOCK_MATRICES };

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
    struct weight_rows (*matrices)[BLOCK_MATRICES];
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
    struct ptm_model *model; /* that it is a part of */
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

    struct layer_store *layer_store; /* the model's: the one part that is added to later */

    const char **labels; /* (num_labels) owned, the strings are not */
    enum score score;
    const char *r; /* recommended merging */
    bool prop_attn;
    struct self_test self_test;
};

/** All that there are, each once. */
enum { NETWORK_MODALITIES = 3 };
extern const ptm_modality network_modalities[NETWORK_MODALITIES];

/** Its place among them; -1: none. */
int network_modality_index(ptm_modality modality);

/** "video", "audio" or "image". */
const char *network_modality_name(ptm_modality modality);

/** Frees what the network owns. */
void network_close(struct network *network);

/** Sets grid.step to how the prepared input lies: video (T,3,H,W), audio (F,M) of which the bins are the grid's rows.
 */
void network_lay_input(struct network *network);

/** Shape of the prepared input, batch axis included: video (1,T,3,H,W), image (1,3,H,W), audio (1,F,M); returns the
 * rank. */
int network_input_shape(const struct network *network, int shape[5]);

/** Floats of the prepared input. */
size_t network_input_count(const struct network *network);

#endif
