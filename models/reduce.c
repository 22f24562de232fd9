/* SPDX-License-Identifier: MIT */
#include "models/reduce.h"

#include "base/memory.h"
#include "files/safetensors.h"

#include <pthread.h>

/** A layer as the file has it: up to three matrices under one another. */
struct layer_view {
    int parts, in, out; /* out: of each part */
    const float *w[3], *b[3];
};

/** The layers of one backbone for one product. */
struct reduced_blocks {
    const struct product *product;
    const float *first; /* names the backbone: networks of one model may share theirs */
    int count;
    struct reduced_layer (*layers)[BLOCK_LAYERS]; /* (count) */
    struct reduced_blocks *next;
};

struct reduced_store {
    pthread_mutex_t lock; /* of the list; what is on it stays as it is */
    struct reduced_blocks *list;
    const struct safetensors *files; /* not owned */
};

static struct layer_view view_layer(const struct vit_config *config, const struct block_weights *block,
                                    enum block_layer layer) {
    const int C = config->embed_dim, M = block->mlp_dim;
    switch (layer) {
    case LAYER_QKV:
        return (struct layer_view){3, C, C, {block->q_w, block->k_w, block->v_w}, {block->q_b, block->k_b, block->v_b}};
    case LAYER_PROJ: return (struct layer_view){1, C, C, {block->proj_w}, {block->proj_b}};
    case LAYER_FC1:
        return (struct layer_view){1, C, config_has(config, PART_SWIGLU) ? 2 * M : M, {block->fc1_w}, {block->fc1_b}};
    default: return (struct layer_view){1, M, C, {block->fc2_w}, {block->fc2_b}};
    }
}

/* ---------------------------------------------------------------- the layers that sessions share */

static int reduced_count(const struct vit_config *config) {
    return config->depth + (config_has(config, PART_POOLER) ? config->pooler_depth : 0);
}

/** Values in the longest row that a layer of the blocks multiplies. */
static int longest_row(const struct vit_config *config) {
    const int longest = config->embed_dim > config->mlp_dim ? config->embed_dim : config->mlp_dim;
    return longest > config->pooler_mlp_dim ? longest : config->pooler_mlp_dim;
}

/** Packs a layer. What it was made of is then given back: of float32 weights that are read in place no copy stays. */
static ptm_status fill_layer(struct reduced_layer *layer, const struct product *product, struct threads *threads,
                             const struct layer_view *view, const struct safetensors *files, ptm_error *err) {
    TRY(reduced_open(layer, product, view->in, view->parts * view->out, err));
    const size_t bytes = (size_t)view->out * (size_t)view->in * sizeof(float);
    for (int part = 0; part < view->parts; part++) {
        reduced_fill(layer, threads, view->w[part], view->b[part], part * view->out, view->out);
        safetensors_forget(files, view->w[part], bytes);
    }
    return PTM_OK;
}

static void close_blocks(struct reduced_blocks *blocks) {
    for (int i = 0; i < blocks->count; i++)
        for (int layer = 0; layer < BLOCK_LAYERS; layer++) reduced_close(&blocks->layers[i][layer]);
    mem_free(blocks->layers);
    mem_free(blocks);
}

static ptm_status fill_blocks(struct reduced_blocks *blocks, const struct network *network, struct threads *threads,
                              ptm_error *err) {
    for (int i = 0; i < blocks->count; i++) {
        for (int layer = 0; layer < BLOCK_LAYERS; layer++) {
            const struct layer_view view =
                view_layer(&network->config, &network->weights.blocks[i], (enum block_layer)layer);
            TRY(fill_layer(&blocks->layers[i][layer], blocks->product, threads, &view, network->reduced->files, err));
        }
    }
    return PTM_OK;
}

static ptm_status open_blocks(struct reduced_blocks **out, const struct network *network, const struct compute *compute,
                              ptm_error *err) {
    struct reduced_blocks *blocks = mem_calloc(1, sizeof *blocks);
    if (!blocks) return error_no_memory(err);
    blocks->product = compute->product;
    blocks->first = network->weights.blocks->q_w;
    blocks->layers = mem_calloc((size_t)reduced_count(&network->config), sizeof *blocks->layers);
    if (blocks->layers) blocks->count = reduced_count(&network->config);
    const ptm_status status =
        blocks->layers ? fill_blocks(blocks, network, compute->threads, err) : error_no_memory(err);
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
    while (blocks && (blocks->product != product || blocks->first != network->weights.blocks->q_w ||
                      blocks->count != reduced_count(&network->config)))
        blocks = blocks->next;
    return blocks;
}

ptm_status reduce_network(struct vit *vit, ptm_error *err) {
    const struct network *network = vit->network;
    const struct compute *compute = vit->compute;
    if (!compute->product) return PTM_OK;
    if (longest_row(&network->config) > PRODUCT_LONGEST)
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

void reduce_place(struct vit *vit, struct arena *arena) {
    const struct vit_config *config = &vit->network->config;
    if (!vit->compute->product) return;
    reduced_input_place(&vit->prepared, arena, vit->compute->product, config->tokens, longest_row(config));
}

void reduce_layer(const struct vit *vit, const struct block_weights *block, enum block_layer layer, float *y, int ldy,
                  const float *x, int ldx, int rows, enum activation activation, enum linear_store store) {
    const struct vit_weights *weights = &vit->network->weights;
    if (vit->reduced) {
        reduced_linear(vit->compute, y, ldy, x, ldx, &vit->reduced->layers[block - weights->blocks][layer],
                       &vit->prepared, rows, activation, store);
        return;
    }
    const struct layer_view view = view_layer(&vit->network->config, block, layer);
    for (int part = 0; part < view.parts; part++)
        linear(vit->compute, y + part * view.out, ldy, x, ldx, view.w[part], view.b[part], rows, view.in, view.out,
               activation, store);
}
