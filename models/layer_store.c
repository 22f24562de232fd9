/* SPDX-License-Identifier: MIT */
#include "models/layer_store.h"

#include <pthread.h>

struct shared_layers {
    struct block_layers layers;
    struct shared_layers *next;
};

struct layer_store {
    pthread_mutex_t lock; /* of the list; what is on it stays as it is */
    struct shared_layers *list;
    const struct safetensors *files; /* not owned */
};

struct layer_store *layer_store_open(const struct safetensors *files) {
    struct layer_store *store = mem_calloc(1, sizeof *store);
    if (store && pthread_mutex_init(&store->lock, NULL) != 0) {
        mem_free(store);
        store = NULL;
    }
    if (store) store->files = files;
    return store;
}

static void close_shared(struct shared_layers *shared) {
    block_layers_close(&shared->layers);
    mem_free(shared);
}

void layer_store_close(struct layer_store *store) {
    if (!store) return;
    while (store->list) {
        struct shared_layers *shared = store->list;
        store->list = shared->next;
        close_shared(shared);
    }
    pthread_mutex_destroy(&store->lock);
    mem_free(store);
}

static ptm_status make_shared(struct layer_store *store, const struct network *network, const struct compute *compute,
                              ptm_error *err) {
    struct shared_layers *made = mem_calloc(1, sizeof *made);
    if (!made) return error_no_memory(err);
    const ptm_status status = block_layers_open(&made->layers, network, compute, store->files, err);
    if (status != PTM_OK) {
        close_shared(made);
        return status;
    }
    made->next = store->list;
    store->list = made;
    return PTM_OK;
}

ptm_status layer_store_get(const struct block_layers **out, const struct network *network,
                           const struct compute *compute, ptm_error *err) {
    *out = NULL;
    if (!compute->product && network->precision == PTM_F32) return PTM_OK;
    struct layer_store *store = network->layer_store;
    ptm_status status = PTM_OK;
    pthread_mutex_lock(&store->lock); /* held while packing: the second session waits instead of packing again */
    struct shared_layers *found = store->list;
    while (found && !block_layers_fit(&found->layers, network, compute)) found = found->next;
    if (!found) {
        status = make_shared(store, network, compute, err);
        if (status == PTM_OK) found = store->list;
    }
    pthread_mutex_unlock(&store->lock);
    if (found) *out = &found->layers;
    return status;
}
