/* SPDX-License-Identifier: MIT */
#include "models/block_layers.h"

#include "base/memory.h"
#include "files/safetensors.h"

/** A layer as the file has it: up to three matrices under one another. */
struct layer_view {
    int parts, in, out; /* out: of each part */
    struct weight_rows w[3];
    const float *b[3];
};

static struct weight_rows view_matrix(const struct vit_weights *weights, const struct block_weights *block,
                                      enum block_matrix matrix, const float *w) {
    if (weights->matrices) return weights->matrices[block - weights->blocks][matrix];
    return (struct weight_rows){.precision = PTM_F32, .values = w};
}

static struct layer_view view_layer(const struct network *network, const struct block_weights *block,
                                    enum block_layer layer) {
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const int C = config->embed_dim, mlp = block->mlp_dim, hidden = config_hidden_width(config, mlp);
    const struct weight_rows up = view_matrix(weights, block, MATRIX_UP, block->up_w);
    switch (layer) {
    case LAYER_QKV:
        return (struct layer_view){.parts = 3,
                                   .in = C,
                                   .out = C,
                                   .w = {view_matrix(weights, block, MATRIX_Q, block->q_w),
                                         view_matrix(weights, block, MATRIX_K, block->k_w),
                                         view_matrix(weights, block, MATRIX_V, block->v_w)},
                                   .b = {block->q_b, block->k_b, block->v_b}};
    case LAYER_PROJ:
        return (struct layer_view){.parts = 1,
                                   .in = C,
                                   .out = C,
                                   .w = {view_matrix(weights, block, MATRIX_PROJ, block->proj_w)},
                                   .b = {block->proj_b}};
    case LAYER_FC1:
        if (up.values)
            return (struct layer_view){.parts = 2,
                                       .in = C,
                                       .out = mlp,
                                       .w = {view_matrix(weights, block, MATRIX_FC1, block->fc1_w), up},
                                       .b = {block->fc1_b, block->up_b}};
        return (struct layer_view){.parts = 1,
                                   .in = C,
                                   .out = hidden,
                                   .w = {view_matrix(weights, block, MATRIX_FC1, block->fc1_w)},
                                   .b = {block->fc1_b}};
    default: /* LAYER_FC2 */
        return (struct layer_view){.parts = 1,
                                   .in = mlp,
                                   .out = C,
                                   .w = {view_matrix(weights, block, MATRIX_FC2, block->fc2_w)},
                                   .b = {block->fc2_b}};
    }
}

/* ---------------------------------------------------------------- making them */

/** Values in the longest row that a layer of the blocks multiplies. */
static int longest_row(const struct vit_config *config) {
    const int longest = config->embed_dim > config->mlp_dim ? config->embed_dim : config->mlp_dim;
    return longest > config->pooler_mlp_dim ? longest : config->pooler_mlp_dim;
}

static size_t part_values(const struct layer_view *view) {
    return (size_t)view->out * (size_t)view->in;
}

/** A matrix for the product, by way of float32 where the file has it in another reduced precision. */
static ptm_status fill_part(struct reduced_layer *layer, struct threads *threads, const struct layer_view *view,
                            int part, ptm_error *err) {
    const struct weight_rows *w = &view->w[part];
    const int first = part * view->out;
    if (w->precision == PTM_F32 || w->precision == layer->product->precision) {
        reduced_fill(layer, threads, w, view->b[part], first, view->out);
        return PTM_OK;
    }
    float *floats = mem_alloc(part_values(view), sizeof *floats);
    if (!floats) return error_no_memory(err);
    reduced_decode(floats, w, view->out, view->in);
    reduced_fill(layer, threads, &(struct weight_rows){.values = floats}, view->b[part], first, view->out);
    mem_free(floats);
    return PTM_OK;
}

/** Packs a layer. What it was made of is then given back: of weights that are read in place no copy stays. */
static ptm_status fill_layer(struct reduced_layer *layer, const struct product *product, struct threads *threads,
                             const struct layer_view *view, const struct safetensors *files, ptm_error *err) {
    TRY(reduced_open(layer, product, view->in, view->parts * view->out, err));
    for (int part = 0; part < view->parts; part++) {
        TRY(fill_part(layer, threads, view, part, err));
        safetensors_forget(files, view->w[part].values, reduced_bytes(view->w[part].precision, part_values(view)));
    }
    return reduced_finish(layer, threads, err);
}

/** The float32 that a layer stands for, which is given back as above. */
static ptm_status restore_layer(float **floats, const struct layer_view *view, const struct safetensors *files,
                                ptm_error *err) {
    const size_t values = part_values(view);
    *floats = mem_alloc((size_t)view->parts * values, sizeof **floats);
    if (!*floats) return error_no_memory(err);
    for (int part = 0; part < view->parts; part++) {
        const struct weight_rows *w = &view->w[part];
        reduced_decode(*floats + (size_t)part * values, w, view->out, view->in);
        safetensors_forget(files, w->values, reduced_bytes(w->precision, values));
    }
    return PTM_OK;
}

/** What tells a backbone from another one of the same model. */
static const void *first_of(const struct network *network) {
    const struct vit_weights *weights = &network->weights;
    return weights->matrices ? weights->matrices[0][MATRIX_Q].values : weights->blocks->q_w;
}

bool block_layers_fit(const struct block_layers *layers, const struct network *network, const struct compute *compute) {
    return layers->product == compute->product && layers->first == first_of(network) &&
           layers->count == config_reduced_blocks(&network->config);
}

static ptm_status fill_blocks(struct block_layers *layers, const struct network *network, struct threads *threads,
                              const struct safetensors *files, ptm_error *err) {
    for (int i = 0; i < layers->count; i++) {
        for (int layer = 0; layer < BLOCK_LAYERS; layer++) {
            const struct layer_view view = view_layer(network, &network->weights.blocks[i], (enum block_layer)layer);
            if (layers->packed)
                TRY(fill_layer(&layers->packed[i][layer], layers->product, threads, &view, files, err));
            else
                TRY(restore_layer(&layers->floats[i][layer], &view, files, err));
        }
    }
    return PTM_OK;
}

ptm_status block_layers_open(struct block_layers *layers, const struct network *network, const struct compute *compute,
                             const struct safetensors *files, ptm_error *err) {
    const struct product *product = compute->product;
    const size_t count = (size_t)config_reduced_blocks(&network->config);
    *layers = (struct block_layers){.product = product, .first = first_of(network)};
    if (product && longest_row(&network->config) > PRODUCT_LONGEST)
        return error_set(err, PTM_EMODEL,
                         "model %s has layers of more than %d inputs, too long for precision %s: use f32",
                         network->name, PRODUCT_LONGEST, product_precision_name(product->precision));
    if (product)
        layers->packed = mem_calloc(count, sizeof *layers->packed);
    else
        layers->floats = mem_calloc(count, sizeof *layers->floats);
    if (!layers->packed && !layers->floats) return error_no_memory(err);
    layers->count = (int)count;
    return fill_blocks(layers, network, compute->threads, files, err);
}

void block_layers_close(struct block_layers *layers) {
    for (int i = 0; i < layers->count; i++)
        for (int layer = 0; layer < BLOCK_LAYERS; layer++) {
            if (layers->packed) reduced_close(&layers->packed[i][layer]);
            if (layers->floats) mem_free(layers->floats[i][layer]);
        }
    mem_free(layers->packed);
    mem_free(layers->floats);
    *layers = (struct block_layers){0};
}

/* ---------------------------------------------------------------- a pass */

void block_layers_place(struct vit *vit, struct arena *arena, int windows) {
    const struct vit_config *config = &vit->network->config;
    if (!vit->compute->product) return;
    reduced_input_place(&vit->prepared, arena, vit->compute->product, windows * config->tokens, longest_row(config));
}

void block_layers_run(const struct vit *vit, const struct block_weights *block, enum block_layer layer,
                      const struct linear_rows *rows) {
    const struct block_layers *layers = vit->layers;
    const ptrdiff_t i = block - vit->network->weights.blocks;
    if (layers && layers->packed) {
        reduced_linear(vit->compute, &layers->packed[i][layer], &vit->prepared, rows);
        return;
    }
    const struct layer_view view = view_layer(vit->network, block, layer);
    struct linear_rows part_rows = *rows;
    for (int part = 0; part < view.parts; part++, part_rows.y += view.out) {
        const float *w = layers ? layers->floats[i][layer] + (size_t)part * part_values(&view) : view.w[part].values;
        linear(vit->compute, &(struct linear_layer){w, view.b[part], view.in, view.out}, &part_rows);
    }
}
