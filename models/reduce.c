/* SPDX-License-Identifier: MIT */
#include "models/reduce.h"

#include "base/memory.h"
#include "files/safetensors.h"

#include <pthread.h>

/** A layer as the file has it: up to three matrices under one another. */
struct layer_view {
    int parts, in, out; /* out: of each part */
    struct weight_rows w[3];
    const float *b[3];
};

/** The layers of one backbone for one product, or in float32 where the file has them in reduced precision. */
struct reduced_blocks {
    const struct product *product; /* NULL: float32 */
    const void *first;             /* names the backbone: networks of one model may share theirs */
    int count;
    struct reduced_layer (*layers)[BLOCK_LAYERS]; /* (count), or NULL: float32 */
    float *(*floats)[BLOCK_LAYERS];               /* (count) of float32: the parts of a layer behind one another */
    struct reduced_blocks *next;
};

struct reduced_store {
    pthread_mutex_t lock; /* of the list; what is on it stays as it is */
    struct reduced_blocks *list;
    const struct safetensors *files; /* not owned */
};

static struct weight_rows view_matrix(const struct vit_weights *weights, const struct block_weights *block,
                                      enum block_matrix matrix, const float *w) {
    if (weights->reduced) return weights->reduced[block - weights->blocks][matrix];
    return (struct weight_rows){.precision = PTM_F32, .values = w};
}

static struct layer_view view_layer(const struct network *network, const struct block_weights *block,
                                    enum block_layer layer) {
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const int C = config->embed_dim, mlp = block->mlp_dim;
    const int hidden = config_has(config, PART_SWIGLU) ? 2 * mlp : mlp;
    const struct weight_rows up = view_matrix(weights, block, MATRIX_UP, block->up_w);
    switch (layer) {
    case LAYER_QKV:
        return (struct layer_view){3,
                                   C,
                                   C,
                                   {view_matrix(weights, block, MATRIX_Q, block->q_w),
                                    view_matrix(weights, block, MATRIX_K, block->k_w),
                                    view_matrix(weights, block, MATRIX_V, block->v_w)},
                                   {block->q_b, block->k_b, block->v_b}};
    case LAYER_PROJ:
        return (struct layer_view){1, C, C, {view_matrix(weights, block, MATRIX_PROJ, block->proj_w)}, {block->proj_b}};
    case LAYER_FC1:
        if (up.values)
            return (struct layer_view){
                2, C, mlp, {view_matrix(weights, block, MATRIX_FC1, block->fc1_w), up}, {block->fc1_b, block->up_b}};
        return (struct layer_view){
            1, C, hidden, {view_matrix(weights, block, MATRIX_FC1, block->fc1_w)}, {block->fc1_b}};
    default:
        return (struct layer_view){1, mlp, C, {view_matrix(weights, block, MATRIX_FC2, block->fc2_w)}, {block->fc2_b}};
    }
}

/* ---------------------------------------------------------------- the layers that sessions share */

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

static void close_blocks(struct reduced_blocks *blocks) {
    for (int i = 0; i < blocks->count; i++)
        for (int layer = 0; layer < BLOCK_LAYERS; layer++) {
            if (blocks->layers) reduced_close(&blocks->layers[i][layer]);
            if (blocks->floats) mem_free(blocks->floats[i][layer]);
        }
    mem_free(blocks->layers);
    mem_free(blocks->floats);
    mem_free(blocks);
}

static ptm_status fill_blocks(struct reduced_blocks *blocks, const struct network *network, struct threads *threads,
                              ptm_error *err) {
    const struct safetensors *files = network->reduced->files;
    for (int i = 0; i < blocks->count; i++) {
        for (int layer = 0; layer < BLOCK_LAYERS; layer++) {
            const struct layer_view view = view_layer(network, &network->weights.blocks[i], (enum block_layer)layer);
            if (blocks->layers)
                TRY(fill_layer(&blocks->layers[i][layer], blocks->product, threads, &view, files, err));
            else
                TRY(restore_layer(&blocks->floats[i][layer], &view, files, err));
        }
    }
    return PTM_OK;
}

/** What tells a backbone from another one of the same model. */
static const void *first_of(const struct network *network) {
    const struct vit_weights *weights = &network->weights;
    return weights->reduced ? weights->reduced[0][MATRIX_Q].values : weights->blocks->q_w;
}

static ptm_status open_blocks(struct reduced_blocks **out, const struct network *network, const struct compute *compute,
                              ptm_error *err) {
    struct reduced_blocks *blocks = mem_calloc(1, sizeof *blocks);
    if (!blocks) return error_no_memory(err);
    blocks->product = compute->product;
    blocks->first = first_of(network);
    const size_t count = (size_t)config_reduced_blocks(&network->config);
    if (blocks->product)
        blocks->layers = mem_calloc(count, sizeof *blocks->layers);
    else
        blocks->floats = mem_calloc(count, sizeof *blocks->floats);
    const bool placed = blocks->layers || blocks->floats;
    if (placed) blocks->count = (int)count;
    const ptm_status status = placed ? fill_blocks(blocks, network, compute->threads, err) : error_no_memory(err);
    if (status == PTM_OK)
        *out = blocks;
    else
        close_blocks(blocks);
    return status;
}

struct reduced_store *reduced_store_open(const struct safetensors *files) {
    struct reduced_store *store = mem_calloc(1, sizeof *store);
    if (store && pthread_mutex_init(&store->lock, NULL) != 0) {
        mem_free(store);
        store = NULL;
    }
    if (store) store->files = files;
    return store;
}

void reduced_store_close(struct reduced_store *store) {
    if (!store) return;
    while (store->list) {
        struct reduced_blocks *blocks = store->list;
        store->list = blocks->next;
        close_blocks(blocks);
    }
    pthread_mutex_destroy(&store->lock);
    mem_free(store);
}

static const struct reduced_blocks *find_blocks(const struct reduced_store *store, const struct network *network,
                                                const struct product *product) {
    const struct reduced_blocks *blocks = store->list;
    while (blocks && (blocks->product != product || blocks->first != first_of(network) ||
                      blocks->count != config_reduced_blocks(&network->config)))
        blocks = blocks->next;
    return blocks;
}

ptm_status reduce_network(struct vit *vit, ptm_error *err) {
    const struct network *network = vit->network;
    const struct compute *compute = vit->compute;
    if (!compute->product && network->precision == PTM_F32) return PTM_OK;
    if (compute->product && longest_row(&network->config) > PRODUCT_LONGEST)
        return error_set(err, PTM_EMODEL,
                         "model %s has layers of more than %d inputs, too long for precision %s: use f32",
                         network->name, PRODUCT_LONGEST, product_precision_name(compute->product->precision));
    struct reduced_store *store = network->reduced;
    struct reduced_blocks *made = NULL;
    ptm_status status = PTM_OK;
    pthread_mutex_lock(&store->lock); /* held while packing: the second session waits instead of packing again */
    vit->reduced = find_blocks(store, network, compute->product);
    if (!vit->reduced) {
        status = open_blocks(&made, network, compute, err);
        if (status == PTM_OK) {
            made->next = store->list;
            vit->reduced = store->list = made;
        }
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* ---------------------------------------------------------------- a pass */

void reduce_place(struct vit *vit, struct arena *arena, int windows) {
    const struct vit_config *config = &vit->network->config;
    if (!vit->compute->product) return;
    reduced_input_place(&vit->prepared, arena, vit->compute->product, windows * config->tokens, longest_row(config));
}

void reduce_run_layer(const struct vit *vit, const struct block_weights *block, enum block_layer layer, float *y,
                      int ldy, const float *x, int ldx, int rows, enum activation activation, enum linear_store store) {
    const struct reduced_blocks *reduced = vit->reduced;
    const ptrdiff_t i = block - vit->network->weights.blocks;
    if (reduced && reduced->layers) {
        reduced_linear(vit->compute, y, ldy, x, ldx, &reduced->layers[i][layer], &vit->prepared, rows, activation,
                       store);
        return;
    }
    const struct layer_view view = view_layer(vit->network, block, layer);
    for (int part = 0; part < view.parts; part++) {
        const float *w = reduced ? reduced->floats[i][layer] + (size_t)part * part_values(&view) : view.w[part].values;
        linear(vit->compute, y + part * view.out, ldy, x, ldx, w, view.b[part], rows, view.in, view.out, activation,
               store);
    }
}
