/* SPDX-License-Identifier: MIT */
/* The tensors of each checkpoint layout: one row a tensor. */
#include "models/families.h"

#define NETWORK(field, name, shape, parts) \
    { false, offsetof(struct vit_weights, field), name, shape, parts }
#define BLOCK(field, name, shape, parts) \
    { true, offsetof(struct block_weights, field), name, shape, parts }
#define END \
    { false, 0, NULL, NULL, 0 }

/* The blocks of Hugging Face transformers' ViT and its many children; "attention.attention" is no slip. */
#define HF_LAYER "@encoder.layer.#."
#define HF_BLOCKS                                                                   \
    BLOCK(norm1_w, HF_LAYER "layernorm_before.weight", "C", PART_ALWAYS),           \
        BLOCK(norm1_b, HF_LAYER "layernorm_before.bias", "C", PART_ALWAYS),         \
        BLOCK(q_w, HF_LAYER "attention.attention.query.weight", "CC", PART_ALWAYS), \
        BLOCK(k_w, HF_LAYER "attention.attention.key.weight", "CC", PART_ALWAYS),   \
        BLOCK(v_w, HF_LAYER "attention.attention.value.weight", "CC", PART_ALWAYS), \
        BLOCK(proj_w, HF_LAYER "attention.output.dense.weight", "CC", PART_ALWAYS), \
        BLOCK(proj_b, HF_LAYER "attention.output.dense.bias", "C", PART_ALWAYS),    \
        BLOCK(norm2_w, HF_LAYER "layernorm_after.weight", "C", PART_ALWAYS),        \
        BLOCK(norm2_b, HF_LAYER "layernorm_after.bias", "C", PART_ALWAYS),          \
        BLOCK(fc1_w, HF_LAYER "intermediate.dense.weight", "MC", PART_ALWAYS),      \
        BLOCK(fc1_b, HF_LAYER "intermediate.dense.bias", "M", PART_ALWAYS),         \
        BLOCK(fc2_w, HF_LAYER "output.dense.weight", "CM", PART_ALWAYS),            \
        BLOCK(fc2_b, HF_LAYER "output.dense.bias", "C", PART_ALWAYS)

static const struct weight_row videomae_rows[] = {
    HF_BLOCKS,
    BLOCK(q_b, HF_LAYER "attention.attention.q_bias", "C", PART_QV_BIAS),
    BLOCK(v_b, HF_LAYER "attention.attention.v_bias", "C", PART_QV_BIAS),
    NETWORK(patch_w, "@embeddings.patch_embeddings.projection.weight", "Ccthw", PART_ALWAYS),
    NETWORK(patch_b, "@embeddings.patch_embeddings.projection.bias", "C", PART_ALWAYS),
    NETWORK(norm_w, "@layernorm.weight", "C", PART_FINAL_NORM),
    NETWORK(norm_b, "@layernorm.bias", "C", PART_FINAL_NORM),
    NETWORK(head_norm_w, "fc_norm.weight", "C", PART_HEAD_NORM),
    NETWORK(head_norm_b, "fc_norm.bias", "C", PART_HEAD_NORM),
    NETWORK(head_w, "classifier.weight", "LC", PART_ALWAYS),
    NETWORK(head_b, "classifier.bias", "L", PART_ALWAYS),
    END,
};

static const struct weight_row ast_rows[] = {
    HF_BLOCKS,
    BLOCK(q_b, HF_LAYER "attention.attention.query.bias", "C", PART_QV_BIAS),
    BLOCK(k_b, HF_LAYER "attention.attention.key.bias", "C", PART_K_BIAS),
    BLOCK(v_b, HF_LAYER "attention.attention.value.bias", "C", PART_QV_BIAS),
    NETWORK(cls_token, "@embeddings.cls_token", "11C", PART_ALWAYS),
    NETWORK(dist_token, "@embeddings.distillation_token", "11C", PART_ALWAYS),
    NETWORK(pos_embed, "@embeddings.position_embeddings", "1NC", PART_ALWAYS),
    NETWORK(patch_w, "@embeddings.patch_embeddings.projection.weight", "Cchw", PART_ALWAYS),
    NETWORK(patch_b, "@embeddings.patch_embeddings.projection.bias", "C", PART_ALWAYS),
    NETWORK(norm_w, "@layernorm.weight", "C", PART_ALWAYS),
    NETWORK(norm_b, "@layernorm.bias", "C", PART_ALWAYS),
    NETWORK(head_norm_w, "classifier.layernorm.weight", "C", PART_ALWAYS),
    NETWORK(head_norm_b, "classifier.layernorm.bias", "C", PART_ALWAYS),
    NETWORK(head_w, "classifier.dense.weight", "LC", PART_ALWAYS),
    NETWORK(head_b, "classifier.dense.bias", "L", PART_ALWAYS),
    END,
};

#define TIMM_BLOCK "backbone.blocks.#."
static const struct weight_row polytome_rows[] = {
    BLOCK(norm1_w, TIMM_BLOCK "norm1.weight", "C", PART_ALWAYS),
    BLOCK(norm1_b, TIMM_BLOCK "norm1.bias", "C", PART_ALWAYS),
    BLOCK(q_w, TIMM_BLOCK "attn.qkv.weight", "QC", PART_ALWAYS),
    BLOCK(q_b, TIMM_BLOCK "attn.qkv.bias", "Q", PART_QV_BIAS),
    BLOCK(proj_w, TIMM_BLOCK "attn.proj.weight", "CC", PART_ALWAYS),
    BLOCK(proj_b, TIMM_BLOCK "attn.proj.bias", "C", PART_ALWAYS),
    BLOCK(norm2_w, TIMM_BLOCK "norm2.weight", "C", PART_ALWAYS),
    BLOCK(norm2_b, TIMM_BLOCK "norm2.bias", "C", PART_ALWAYS),
    BLOCK(fc1_w, TIMM_BLOCK "mlp.fc1.weight", "MC", PART_ALWAYS),
    BLOCK(fc1_b, TIMM_BLOCK "mlp.fc1.bias", "M", PART_ALWAYS),
    BLOCK(fc2_w, TIMM_BLOCK "mlp.fc2.weight", "CM", PART_ALWAYS),
    BLOCK(fc2_b, TIMM_BLOCK "mlp.fc2.bias", "C", PART_ALWAYS),
    NETWORK(norm_w, "backbone.norm.weight", "C", PART_ALWAYS),
    NETWORK(norm_b, "backbone.norm.bias", "C", PART_ALWAYS),
    NETWORK(patch_w, "@patch_embed.proj.weight", "Ccthw", PART_TUBES),
    NETWORK(patch_w, "@patch_embed.proj.weight", "Cchw", PART_PATCHES),
    NETWORK(patch_b, "@patch_embed.proj.bias", "C", PART_ALWAYS),
    NETWORK(cls_token, "@cls_token", "11C", PART_CLASS_TOKEN),
    NETWORK(pos_embed, "@pos_embed", "1NC", PART_ALWAYS),
    NETWORK(head_w, "@head.weight", "LC", PART_ALWAYS),
    NETWORK(head_b, "@head.bias", "L", PART_ALWAYS),
    END,
};

static const char *const none[] = {NULL};
static const char *const videomae_ignored[] = {"decoder.", "encoder_to_decoder.", "mask_token", NULL};

const struct weight_table weights_videomae = {videomae_rows, videomae_ignored};
const struct weight_table weights_ast = {ast_rows, none};
const struct weight_table weights_polytome = {polytome_rows, none};
