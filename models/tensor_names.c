/* SPDX-License-Identifier: MIT */
/* The tensors of each checkpoint layout: one row a tensor. */
#include "models/families.h"
#include "models/timm.h"

#define NETWORK(field, name, shape, parts) \
    { WEIGHT_NETWORK, offsetof(struct vit_weights, field), name, shape, parts }
#define BLOCK_AT(place, field, name, shape, parts) \
    { place, offsetof(struct block_weights, field), name, shape, parts }
#define BLOCK(field, name, shape, parts) BLOCK_AT(WEIGHT_BLOCK, field, name, shape, parts)
#define END \
    { WEIGHT_NETWORK, 0, NULL, NULL, 0 }

/* A weight and its bias. */
#define PAIR_AT(place, field, name, shape, bias_shape, parts) \
    BLOCK_AT(place, field##_w, name ".weight", shape, parts), \
        BLOCK_AT(place, field##_b, name ".bias", bias_shape, parts)
#define PAIR(field, name, shape, bias_shape, parts) PAIR_AT(WEIGHT_BLOCK, field, name, shape, bias_shape, parts)
#define NETWORK_PAIR(field, name, shape, bias_shape, parts) \
    NETWORK(field##_w, name ".weight", shape, parts), NETWORK(field##_b, name ".bias", bias_shape, parts)

/* Query, key and value apart, their biases as the configuration has them. */
#define QKV_AT(place, q, k, v)                                                                                   \
    BLOCK_AT(place, q_w, q ".weight", "CC", PART_ALWAYS), BLOCK_AT(place, q_b, q ".bias", "C", PART_QV_BIAS),    \
        BLOCK_AT(place, k_w, k ".weight", "CC", PART_ALWAYS), BLOCK_AT(place, k_b, k ".bias", "C", PART_K_BIAS), \
        BLOCK_AT(place, v_w, v ".weight", "CC", PART_ALWAYS), BLOCK_AT(place, v_b, v ".bias", "C", PART_QV_BIAS)
#define QKV(q, k, v) QKV_AT(WEIGHT_BLOCK, q, k, v)

/* ---------------------------------------------------------------- Hugging Face's ViT and its children */

#define HF_LAYER "@encoder.layer.#."
#define HF_ATTENTION HF_LAYER "attention.attention." /* no slip: an outer module and an inner one */
#define HF_BLOCKS                                                              \
    PAIR(norm1, HF_LAYER "layernorm_before", "C", "C", PART_ALWAYS),           \
        PAIR(proj, HF_LAYER "attention.output.dense", "CC", "C", PART_ALWAYS), \
        PAIR(norm2, HF_LAYER "layernorm_after", "C", "C", PART_ALWAYS),        \
        PAIR(fc1, HF_LAYER "intermediate.dense", "MC", "M", PART_ALWAYS),      \
        PAIR(fc2, HF_LAYER "output.dense", "CM", "C", PART_ALWAYS)
#define HF_QKV QKV(HF_ATTENTION "query", HF_ATTENTION "key", HF_ATTENTION "value")
#define HF_PATCH "@embeddings.patch_embeddings.projection"
#define HF_EMBEDDINGS(patch_shape)                                            \
    NETWORK_PAIR(patch, HF_PATCH, patch_shape, "C", PART_ALWAYS),             \
        NETWORK(cls_token, "@embeddings.cls_token", "11C", PART_CLASS_TOKEN), \
        NETWORK(pos_stored, "@embeddings.position_embeddings", "1PC", PART_ALWAYS)

/* The same modules as transformers 5 calls them, where it does not save under the original names. */
#define HF5_ATTENTION(layer)                                                           \
    QKV(layer "attention.q_proj", layer "attention.k_proj", layer "attention.v_proj"), \
        PAIR(proj, layer "attention.o_proj", "CC", "C", PART_ALWAYS)
#define HF5_LAYER "@layers.#."
#define HF5_BLOCKS                                                                              \
    HF5_ATTENTION(HF5_LAYER), PAIR(norm1, HF5_LAYER "layernorm_before", "C", "C", PART_ALWAYS), \
        PAIR(norm2, HF5_LAYER "layernorm_after", "C", "C", PART_ALWAYS),                        \
        PAIR(fc1, HF5_LAYER "mlp.fc1", "MC", "M", PART_ALWAYS), PAIR(fc2, HF5_LAYER "mlp.fc2", "CM", "C", PART_ALWAYS)

#define VIDEOMAE_REST                                                      \
    HF_BLOCKS, BLOCK(q_w, HF_ATTENTION "query.weight", "CC", PART_ALWAYS), \
        BLOCK(k_w, HF_ATTENTION "key.weight", "CC", PART_ALWAYS),          \
        BLOCK(v_w, HF_ATTENTION "value.weight", "CC", PART_ALWAYS),        \
        NETWORK_PAIR(patch, HF_PATCH, "Ccthw", "C", PART_ALWAYS),          \
        NETWORK_PAIR(norm, "@layernorm", "C", "C", PART_FINAL_NORM),       \
        NETWORK_PAIR(head_norm, "fc_norm", "C", "C", PART_HEAD_NORM),      \
        NETWORK_PAIR(head, "classifier", "LC", "L", PART_ALWAYS)
#define VIT_REST(patch_shape)                                                            \
    HF_EMBEDDINGS(patch_shape), NETWORK_PAIR(norm, "@layernorm", "C", "C", PART_ALWAYS), \
        NETWORK_PAIR(head, "classifier", "LC", "L", PART_ALWAYS)
#define DEIT_REST                                                                                     \
    HF_EMBEDDINGS("Cchw"), NETWORK(dist_token, "@embeddings.distillation_token", "11C", PART_ALWAYS), \
        NETWORK_PAIR(norm, "@layernorm", "C", "C", PART_ALWAYS),                                      \
        NETWORK_PAIR(head, "classifier", "LC", "L", PART_ONE_HEAD),                                   \
        NETWORK_PAIR(head, "cls_classifier", "LC", "L", PART_SECOND_HEAD),                            \
        NETWORK_PAIR(head2, "distillation_classifier", "LC", "L", PART_SECOND_HEAD)
#define AST_REST                                                                                      \
    HF_EMBEDDINGS("Cchw"), NETWORK(dist_token, "@embeddings.distillation_token", "11C", PART_ALWAYS), \
        NETWORK_PAIR(norm, "@layernorm", "C", "C", PART_ALWAYS),                                      \
        NETWORK_PAIR(head_norm, "classifier.layernorm", "C", "C", PART_ALWAYS),                       \
        NETWORK_PAIR(head, "classifier.dense", "LC", "L", PART_ALWAYS)
#define DINOV2_REST                                                                                               \
    PAIR(norm1, HF_LAYER "norm1", "C", "C", PART_ALWAYS),                                                         \
        BLOCK(scale1, HF_LAYER "layer_scale1.lambda1", "C", PART_ALWAYS),                                         \
        PAIR(norm2, HF_LAYER "norm2", "C", "C", PART_ALWAYS), PAIR(fc1, HF_LAYER "mlp.fc1", "MC", "M", PART_MLP), \
        PAIR(fc2, HF_LAYER "mlp.fc2", "CM", "C", PART_MLP),                                                       \
        BLOCK(scale2, HF_LAYER "layer_scale2.lambda1", "C", PART_ALWAYS), HF_EMBEDDINGS("Cchw"),                  \
        NETWORK(reg_tokens, "@embeddings.register_tokens", "1RC", PART_REGISTERS),                                \
        NETWORK_PAIR(norm, "@layernorm", "C", "C", PART_ALWAYS),                                                  \
        NETWORK_PAIR(head, "classifier", "LD", "L", PART_ALWAYS)
#define DINOV2_SWIGLU                                             \
    PAIR(fc1, HF_LAYER "mlp.weights_in", "SC", "S", PART_SWIGLU), \
        PAIR(fc2, HF_LAYER "mlp.weights_out", "CM", "C", PART_SWIGLU)
#define DINOV2_5_SWIGLU                                           \
    PAIR(fc1, HF_LAYER "mlp.gate_proj", "MC", "M", PART_SWIGLU),  \
        PAIR(up, HF_LAYER "mlp.up_proj", "MC", "M", PART_SWIGLU), \
        PAIR(fc2, HF_LAYER "mlp.down_proj", "CM", "C", PART_SWIGLU)

static const struct weight_row videomae_rows[] = {
    BLOCK(q_b, HF_ATTENTION "q_bias", "C", PART_QV_BIAS),
    BLOCK(v_b, HF_ATTENTION "v_bias", "C", PART_QV_BIAS),
    VIDEOMAE_REST,
    END,
};
/* The first row tells the names apart (weights_have_first()); without that bias both tables are the same. */
static const struct weight_row videomae5_rows[] = {
    BLOCK(q_b, HF_ATTENTION "query.bias", "C", PART_QV_BIAS),
    BLOCK(v_b, HF_ATTENTION "value.bias", "C", PART_QV_BIAS),
    VIDEOMAE_REST,
    END,
};

static const struct weight_row vivit_rows[] = {HF_BLOCKS, HF_QKV, VIT_REST("Ccthw"), END};
static const struct weight_row vivit5_rows[] = {HF5_BLOCKS, VIT_REST("Ccthw"), END};
static const struct weight_row vit_rows[] = {HF_BLOCKS, HF_QKV, VIT_REST("Cchw"), END};
static const struct weight_row vit5_rows[] = {HF5_BLOCKS, VIT_REST("Cchw"), END};
static const struct weight_row deit_rows[] = {HF_BLOCKS, HF_QKV, DEIT_REST, END};
static const struct weight_row deit5_rows[] = {HF5_BLOCKS, DEIT_REST, END};
static const struct weight_row ast_rows[] = {HF_BLOCKS, HF_QKV, AST_REST, END};
static const struct weight_row ast5_rows[] = {HF5_BLOCKS, AST_REST, END};

static const struct weight_row dinov2_rows[] = {
    HF_QKV, PAIR(proj, HF_LAYER "attention.output.dense", "CC", "C", PART_ALWAYS), DINOV2_REST, DINOV2_SWIGLU, END,
};
static const struct weight_row dinov2_5_rows[] = {HF5_ATTENTION(HF_LAYER), DINOV2_REST, DINOV2_5_SWIGLU, END};

/* ---------------------------------------------------------------- CLIP and SigLIP vision towers */

#define CLIP_LAYER "@encoder.layers.#."
#define CLIP_BLOCKS                                                                                       \
    PAIR(norm1, CLIP_LAYER "layer_norm1", "C", "C", PART_ALWAYS),                                         \
        QKV(CLIP_LAYER "self_attn.q_proj", CLIP_LAYER "self_attn.k_proj", CLIP_LAYER "self_attn.v_proj"), \
        PAIR(proj, CLIP_LAYER "self_attn.out_proj", "CC", "C", PART_ALWAYS),                              \
        PAIR(norm2, CLIP_LAYER "layer_norm2", "C", "C", PART_ALWAYS),                                     \
        PAIR(fc1, CLIP_LAYER "mlp.fc1", "MC", "M", PART_ALWAYS),                                          \
        PAIR(fc2, CLIP_LAYER "mlp.fc2", "CM", "C", PART_ALWAYS)

static const struct weight_row clip_rows[] = {
    CLIP_BLOCKS,
    NETWORK(cls_token, "@embeddings.class_embedding", "C", PART_CLASS_TOKEN),
    NETWORK(patch_w, "@embeddings.patch_embedding.weight", "Cchw", PART_ALWAYS),
    NETWORK(patch_b, "@embeddings.patch_embedding.bias", "C", PART_PATCH_BIAS),
    NETWORK(pos_stored, "@embeddings.position_embedding.weight", "PC", PART_ALWAYS),
    NETWORK_PAIR(pre_norm, "@pre_layrnorm", "C", "C", PART_PRE_NORM), /* so spelled in the original */
    NETWORK_PAIR(norm, "@post_layernorm", "C", "C", PART_FINAL_NORM),
    NETWORK_PAIR(head, "classifier", "LC", "L", PART_ALWAYS),
    END,
};

/* ---------------------------------------------------------------- V-JEPA 2 */

#define VJEPA2_LAYER "@encoder.layer.#."
#define VJEPA2_SELF "pooler.self_attention_layers.#."
#define VJEPA2_CROSS "pooler.cross_attention_layer."

static const struct weight_row vjepa2_rows[] = {
    PAIR(norm1, VJEPA2_LAYER "norm1", "C", "C", PART_ALWAYS),
    QKV(VJEPA2_LAYER "attention.query", VJEPA2_LAYER "attention.key", VJEPA2_LAYER "attention.value"),
    PAIR(proj, VJEPA2_LAYER "attention.proj", "CC", "C", PART_ALWAYS),
    PAIR(norm2, VJEPA2_LAYER "norm2", "C", "C", PART_ALWAYS),
    PAIR(fc1, VJEPA2_LAYER "mlp.fc1", "MC", "M", PART_ALWAYS),
    PAIR(fc2, VJEPA2_LAYER "mlp.fc2", "CM", "C", PART_ALWAYS),
    NETWORK_PAIR(patch, "@encoder.embeddings.patch_embeddings.proj", "Ccthw", "C", PART_ALWAYS),
    NETWORK_PAIR(norm, "@encoder.layernorm", "C", "C", PART_ALWAYS),
    NETWORK(query, "pooler.query_tokens", "11C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, norm1, VJEPA2_SELF "layer_norm1", "C", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, q, VJEPA2_SELF "self_attn.q_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, k, VJEPA2_SELF "self_attn.k_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, v, VJEPA2_SELF "self_attn.v_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, proj, VJEPA2_SELF "self_attn.out_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, norm2, VJEPA2_SELF "layer_norm2", "C", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, fc1, VJEPA2_SELF "mlp.fc1", "mC", "m", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_BLOCK, fc2, VJEPA2_SELF "mlp.fc2", "Cm", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, norm1, VJEPA2_CROSS "layer_norm1", "C", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, q, VJEPA2_CROSS "cross_attn.q_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, k, VJEPA2_CROSS "cross_attn.k_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, v, VJEPA2_CROSS "cross_attn.v_proj", "CC", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, norm2, VJEPA2_CROSS "layer_norm2", "C", "C", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, fc1, VJEPA2_CROSS "mlp.fc1", "mC", "m", PART_ALWAYS),
    PAIR_AT(WEIGHT_POOLER_QUERY, fc2, VJEPA2_CROSS "mlp.fc2", "Cm", "C", PART_ALWAYS),
    NETWORK_PAIR(head, "classifier", "LC", "L", PART_ALWAYS),
    END,
};

/* ---------------------------------------------------------------- timm's names (MAE, AudioMAE, MAE-ST, polytome) */

#define TIMM_BLOCKS(layer)                                                                                    \
    PAIR(norm1, layer "norm1", "C", "C", PART_ALWAYS), PAIR(proj, layer "attn.proj", "CC", "C", PART_ALWAYS), \
        PAIR(norm2, layer "norm2", "C", "C", PART_ALWAYS), PAIR(fc2, layer "mlp.fc2", "CM", "C", PART_ALWAYS)
#define TIMM_MLP(layer) PAIR(fc1, layer "mlp.fc1", "MC", "M", PART_ALWAYS)
#define TIMM_FUSED(layer) \
    BLOCK(q_w, layer "attn.qkv.weight", "QC", PART_ALWAYS), BLOCK(q_b, layer "attn.qkv.bias", "Q", PART_QV_BIAS)

#define TIMM_ROWS(model)                                                        \
    TIMM_BLOCKS(model "blocks.#."), TIMM_FUSED(model "blocks.#."),              \
        PAIR(fc1, model "blocks.#.mlp.fc1", "MC", "M", PART_MLP),               \
        PAIR(fc1, model "blocks.#.mlp.fc1", "SC", "S", PART_SWIGLU),            \
        BLOCK(scale1, model "blocks.#.ls1.gamma", "C", PART_LAYER_SCALE),       \
        BLOCK(scale2, model "blocks.#.ls2.gamma", "C", PART_LAYER_SCALE),       \
        NETWORK(patch_w, model "patch_embed.proj.weight", "Cchw", PART_ALWAYS), \
        NETWORK(patch_b, model "patch_embed.proj.bias", "C", PART_PATCH_BIAS),  \
        NETWORK(cls_token, model "cls_token", "11C", PART_CLASS_TOKEN),         \
        NETWORK(dist_token, model "dist_token", "11C", PART_DISTILL_TOKEN),     \
        NETWORK(reg_tokens, model "reg_token", "1RC", PART_REGISTERS),          \
        NETWORK(pos_stored, model "pos_embed", "1PC", PART_ALWAYS),             \
        NETWORK_PAIR(pre_norm, model "norm_pre", "C", "C", PART_PRE_NORM),      \
        NETWORK_PAIR(norm, model "norm", "C", "C", PART_FINAL_NORM),            \
        NETWORK_PAIR(head_norm, model "fc_norm", "C", "C", PART_HEAD_NORM),     \
        NETWORK_PAIR(head, model "head", "LC", "L", PART_ALWAYS),               \
        NETWORK_PAIR(head2, model "head_dist", "LC", "L", PART_SECOND_HEAD)

static const struct weight_row timm_rows[] = {TIMM_ROWS(""), END};
static const struct weight_row timm_wrapped_rows[] = {TIMM_ROWS(TIMM_WRAPPED), END};

static const struct weight_row mae_st_rows[] = {
    TIMM_BLOCKS("blocks.#."),
    TIMM_MLP("blocks.#."),
    QKV("blocks.#.attn.q", "blocks.#.attn.k", "blocks.#.attn.v"),
    NETWORK_PAIR(patch, "patch_embed.proj", "Ccthw", "C", PART_ALWAYS),
    NETWORK(cls_token, "cls_token", "11C", PART_CLASS_TOKEN),
    NETWORK(pos_space, "pos_embed_spatial", "1sC", PART_SPACE_TIME),
    NETWORK(pos_time, "pos_embed_temporal", "1TC", PART_SPACE_TIME),
    NETWORK(pos_class, "pos_embed_class", "11C", PART_SPACE_TIME | PART_CLASS_TOKEN),
    NETWORK(pos_stored, "pos_embed", "1PC", PART_ONE_TABLE),
    NETWORK_PAIR(head_norm, "norm", "C", "C", PART_ALWAYS),
    NETWORK_PAIR(head, "head", "LC", "L", PART_ALWAYS),
    END,
};

static const struct weight_row omnimae_rows[] = {
    TIMM_BLOCKS("trunk.blocks.#."),
    TIMM_MLP("trunk.blocks.#."),
    TIMM_FUSED("trunk.blocks.#."),
    NETWORK_PAIR(patch, "trunk.patch_embed.proj.1", "Ccthw", "C", PART_ALWAYS), /* .0 pads images to two frames */
    NETWORK(pos_stored, "trunk.pos_embed", "1PC", PART_ALWAYS),
    NETWORK_PAIR(head_norm, "trunk.norm", "C", "C", PART_ALWAYS),
    NETWORK_PAIR(head, "head", "LC", "L", PART_ALWAYS),
    END,
};

static const struct weight_row polytome_rows[] = {
    TIMM_BLOCKS("backbone.blocks.#."),
    TIMM_MLP("backbone.blocks.#."),
    TIMM_FUSED("backbone.blocks.#."),
    NETWORK_PAIR(norm, "backbone.norm", "C", "C", PART_ALWAYS),
    NETWORK(patch_w, "@patch_embed.proj.weight", "Ccthw", PART_TUBES),
    NETWORK(patch_w, "@patch_embed.proj.weight", "Cchw", PART_PATCHES),
    NETWORK(patch_b, "@patch_embed.proj.bias", "C", PART_ALWAYS),
    NETWORK(cls_token, "@cls_token", "11C", PART_CLASS_TOKEN),
    NETWORK(pos_stored, "@pos_embed", "1PC", PART_ALWAYS),
    NETWORK_PAIR(head, "@head", "LC", "L", PART_ALWAYS),
    END,
};

/* ---------------------------------------------------------------- the tables */

/* Tensors that published checkpoints carry along and classification does not need. */
static const char *const none[] = {NULL};
static const char *const videomae_ignored[] = {"decoder.", "encoder_to_decoder.", "mask_token", NULL};
static const char *const vit_ignored[] = {
    "vit.pooler.", "deit.pooler.", "vivit.pooler.", "vit.embeddings.mask_token", "deit.embeddings.mask_token", NULL};
static const char *const dinov2_ignored[] = {"dinov2.embeddings.mask_token",
                                             "dinov2_with_registers.embeddings.mask_token", NULL};
static const char *const clip_ignored[] = {"text_model.",
                                           "logit_scale",
                                           "logit_bias",
                                           "visual_projection.",
                                           "text_projection.",
                                           "vision_model.post_layernorm.",
                                           "vision_model.head.",
                                           "vision_model.embeddings.position_ids",
                                           NULL};
static const char *const vjepa2_ignored[] = {"vjepa2.predictor.", NULL};

static const struct weight_table videomae5 = {videomae5_rows, videomae_ignored, NULL};
static const struct weight_table vivit5 = {vivit5_rows, vit_ignored, NULL};
static const struct weight_table vit5 = {vit5_rows, vit_ignored, NULL};
static const struct weight_table deit5 = {deit5_rows, vit_ignored, NULL};
static const struct weight_table ast5 = {ast5_rows, none, NULL};
static const struct weight_table dinov2_5 = {dinov2_5_rows, dinov2_ignored, NULL};
static const struct weight_table timm_wrapped = {timm_wrapped_rows, none, NULL};

const struct weight_table weights_videomae = {videomae_rows, videomae_ignored, &videomae5};
const struct weight_table weights_vivit = {vivit_rows, vit_ignored, &vivit5};
const struct weight_table weights_vit = {vit_rows, vit_ignored, &vit5};
const struct weight_table weights_deit = {deit_rows, vit_ignored, &deit5};
const struct weight_table weights_ast = {ast_rows, none, &ast5};
const struct weight_table weights_dinov2 = {dinov2_rows, dinov2_ignored, &dinov2_5};
const struct weight_table weights_clip = {clip_rows, clip_ignored, NULL};
const struct weight_table weights_vjepa2 = {vjepa2_rows, vjepa2_ignored, NULL};
const struct weight_table weights_timm = {timm_rows, none, &timm_wrapped};
const struct weight_table weights_mae_st = {mae_st_rows, none, NULL};
const struct weight_table weights_omnimae = {omnimae_rows, none, NULL};
const struct weight_table weights_polytome = {polytome_rows, none, NULL};
