/* SPDX-License-Identifier: MIT */
/*
 * weights: tensors of a file bound to the pointers of a network. One table row a tensor drives its name, the check of
 * its shape, its conversion and the count of parameters.
 */
#ifndef POLYTOME_MODELS_WEIGHTS_H
#define POLYTOME_MODELS_WEIGHTS_H

#include "models/network.h"
#include "models/weight_source.h"

/** Which pointers a row fills: of vit_weights, or of each of some blocks. */
enum weight_place {
    WEIGHT_NETWORK,
    WEIGHT_BLOCK,        /* the backbone's blocks */
    WEIGHT_POOLER_BLOCK, /* the pooler's self-attention blocks */
    WEIGHT_POOLER_QUERY  /* and its last */
};

struct weight_row {
    enum weight_place place;
    size_t member;    /* offset of the pointer */
    const char *name; /* '@' stands for the family's prefix, '#' for the number of the block */
    /*
     * One letter a dimension: C embed_dim, M mlp_dim, m pooler_mlp_dim, S 2 * mlp_dim, Q 3 * embed_dim, D the
     * classifier's input, L labels, P stored positions, R register tokens, c channels, t h w patch, s T places of
     * the grid in space and time, 1 one.
     */
    const char *shape;
    unsigned parts; /* the tensor is there where the config has all of these */
};

/** The tensors of a checkpoint layout: rows ended by one without name. */
struct weight_table {
    const struct weight_row *rows;
    const char *const *ignored; /* prefixes of tensors that classification does not need; ended by NULL */
    /* The same tensors by other names, or NULL. Which of the two a file has is told by the first row of `other`: a
     * tensor of that name is in no file of the plain names. */
    const struct weight_table *other;
};

/** What the tensors of one network are called in a file. */
struct weight_names {
    const struct weight_table *table;
    const char *file_prefix; /* in front of every name: several networks may lie in one file */
    const char *prefix;      /* the family's, for '@' */
};

/** Whether a file has the first tensor of the table under that name. */
bool weights_have_first(const struct safetensors *files, const struct weight_names *names);

/**
 * The classifier among the tensors of a file, by one of the names that the table or its other one has for it: how many
 * bytes stand before that name, as a wrapper puts them before all names ("module.", "_orig_mod."), the fewest, and in
 * *name the whole name. -1: there is none, and *name is the table's own.
 */
ptrdiff_t weights_find_head(const struct safetensors *files, const struct weight_table *table, const char **name);

/**
 * Binds every tensor that network->config calls for; allocates network->weights.blocks, of a network that is not stored
 * in float32 network->weights.matrices, and computes the position table where it is a formula. PTM_EMODEL names the
 * tensor that is missing, or whose shape, dtype or values are wrong.
 */
ptm_status weights_bind(struct network *network, struct weight_source *source, const struct weight_names *names,
                        ptm_error *err);

/** Whether these are the values of a matrix that a network in reduced precision keeps so. */
bool weights_may_reduce(const struct network *network, const float *values);

/** What follows the name of a tensor in int8 in that of its scale. */
#define WEIGHTS_SCALE_SUFFIX "_scale"

/** PTM_EMODEL names the first tensor that none of the `count` networks uses or ignores. */
ptm_status weights_check_extra(const struct weight_source *source, const struct weight_names *names, int count,
                               ptm_error *err);

#endif
