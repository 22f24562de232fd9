/* SPDX-License-Identifier: MIT */
/* pack: models of different modalities written into one self-describing file (docs/format.md, schema 2). */
#include "base/memory.h"
#include "files/json_writer.h"
#include "files/safetensors_writer.h"
#include "models/single_file.h"
#include "pipelines/self_test.h"
#include "pipelines/session.h"

#include <stdio.h>
#include <string.h>

/** One modality of the packed file, and what it is made from. */
struct entry {
    const struct ptm_model *model;
    const struct network *network;
    const struct origin *origin;
    const char *prefix;      /* of its tensors in the packed file */
    const char *r;           /* merging to recommend */
    ptm_precision precision; /* that its matrices are stored in */
    struct self_test answers;
};

struct pack {
    const ptm_pack_options *options;
    ptm_model *models[NETWORK_MODALITIES];
    int num_models;
    struct entry entries[NETWORK_MODALITIES];
    int num_entries;
    struct tensor *tensors; /* (num_tensors) owned; their data lies in the models' files, or in `made` */
    size_t num_tensors;
    void **made; /* (num_made) owned, of (num_tensors): values in another precision than the models' */
    size_t num_made;
    char *names;  /* owned: of the tensors, one behind another */
    char *joined; /* owned: the models' names, for where none is given */
    struct json_writer description;
};

void ptm_pack_options_default(ptm_pack_options *options) {
    *options = (ptm_pack_options){.precision = PTM_AUTO};
}

static void pack_close(struct pack *pack) {
    for (int i = 0; i < pack->num_entries; i++) {
        mem_free(pack->entries[i].answers.plain);
        mem_free(pack->entries[i].answers.merged);
    }
    for (int i = 0; i < pack->num_models; i++) ptm_model_close(&pack->models[i]);
    json_writer_free(&pack->description);
    for (size_t i = 0; i < pack->num_made; i++) mem_free(pack->made[i]);
    mem_free(pack->made);
    mem_free(pack->tensors);
    mem_free(pack->names);
    mem_free(pack->joined);
}

static ptm_status check_going(const struct pack *pack, ptm_error *err) {
    const ptm_pack_options *options = pack->options;
    if (!options->cancelled || !options->cancelled(options->user)) return PTM_OK;
    return error_set(err, PTM_EINTERRUPTED, "interrupted while models were packed");
}

/* ---------------------------------------------------------------- what goes in */

static const char *prefix_of(ptm_modality modality) {
    return modality == PTM_VIDEO ? "video/" : modality == PTM_AUDIO ? "audio/" : "image/";
}

static const char *asked_r(const ptm_pack_options *options, ptm_modality modality) {
    return modality == PTM_VIDEO ? options->video_r : modality == PTM_AUDIO ? options->audio_r : options->image_r;
}

/** The precision to store a network in: float32 is taken as "as it is", for a checkpoint's own bits are kept. */
static ptm_status choose_precision(ptm_precision *precision, const struct network *network, ptm_precision asked,
                                   ptm_error *err) {
    *precision = asked == PTM_AUTO ? network->precision : asked;
    if (asked < PTM_AUTO || asked > PTM_INT8)
        return error_set(err, PTM_EINVAL, "precision %d is none of auto, f32, bf16 and int8", (int)asked);
    if (network->precision == PTM_F32 || network->precision == *precision) return PTM_OK;
    return error_set(err, PTM_EINVAL, "model %s is stored in %s already; pack the checkpoint that it was made of in %s",
                     network->name, product_precision_name(network->precision), product_precision_name(asked));
}

static ptm_status add_entry(struct pack *pack, const struct ptm_model *model, int i, const ptm_pack_options *options,
                            ptm_error *err) {
    const struct network *network = &model->networks[i];
    for (int k = 0; k < pack->num_entries; k++)
        if (pack->entries[k].network->modality == network->modality)
            return error_set(err, PTM_EINVAL, "both %s and %s are %s models; a packed file takes one of each modality",
                             pack->entries[k].model->path, model->path, network_modality_name(network->modality));
    const char *r = asked_r(options, network->modality);
    if (!r || strcmp(r, "auto") == 0) r = network->r;
    TRY(single_file_check_merge(r, network, err));
    ptm_precision precision;
    TRY(choose_precision(&precision, network, options->precision, err));
    pack->entries[pack->num_entries++] = (struct entry){
        .model = model,
        .network = network,
        .origin = &model->origins[i],
        .prefix = prefix_of(network->modality),
        .r = r,
        .precision = precision,
    };
    return PTM_OK;
}

static ptm_status add_model(struct pack *pack, const char *path, const ptm_pack_options *options, ptm_error *err) {
    TRY(ptm_model_open(&pack->models[pack->num_models], path, NULL, err));
    const struct ptm_model *model = pack->models[pack->num_models++];
    if (!model->origins[0].family)
        return error_set(err, PTM_EINVAL,
                         "%s is one self-describing file already (schema %d) and cannot be packed; give checkpoint "
                         "directories or packed files",
                         path, SINGLE_FILE_SHARED);
    for (int i = 0; i < model->count; i++) TRY(add_entry(pack, model, i, options, err));
    return PTM_OK;
}

static ptm_status add_models(struct pack *pack, const char *const *paths, int count, const ptm_pack_options *options,
                             ptm_error *err) {
    if (count < 1 || count > NETWORK_MODALITIES)
        return error_set(err, PTM_EINVAL, "a packed file takes 1 to %d models, not %d", NETWORK_MODALITIES, count);
    for (int i = 0; i < count; i++) {
        TRY(check_going(pack, err));
        TRY(add_model(pack, paths[i], options, err));
    }
    return PTM_OK;
}

/* ---------------------------------------------------------------- the self-test */

static ptm_status answer(float **logits, struct lane *lane, const char *r, ptm_error *err) {
    const size_t count = (size_t)lane->network->config.num_labels;
    *logits = mem_alloc(count, sizeof **logits);
    if (!*logits) return error_no_memory(err);
    TRY(self_test_forward(lane, r, err));
    memcpy(*logits, lane->vit.windows->logits, count * sizeof **logits);
    return PTM_OK;
}

static ptm_status answer_entry(struct entry *entry, struct lane *lane, ptm_error *err) {
    TRY(answer(&entry->answers.plain, lane, "off", err));
    return answer(&entry->answers.merged, lane, entry->r, err);
}

/**
 * A session for one model at a time, so that only the memory of the largest is taken. It runs in the precision that is
 * asked for; a machine that cannot answers in the model's own, which the self-test's tolerance covers.
 */
static ptm_status answer_model(struct pack *pack, const ptm_model *model, ptm_precision asked, ptm_error *err) {
    ptm_session *session;
    ptm_session_options options;
    ptm_session_options_default(&options);
    if (ptm_precision_instruction(asked)) options.precision = asked;
    ptm_status status = ptm_session_open(&session, &model, 1, &options, err);
    for (int i = 0; status == PTM_OK && i < pack->num_entries; i++) {
        struct entry *entry = &pack->entries[i];
        if (entry->model == model) status = answer_entry(entry, session_lane(session, entry->network->modality), err);
    }
    ptm_session_close(&session);
    return status;
}

/* ---------------------------------------------------------------- tensors */

/** A tensor that an entry's network uses. */
struct used_tensor {
    const struct tensor *tensor;
    const char *name;    /* without the prefix that it has there */
    const float *values; /* in float32; NULL where they are stored in reduced precision */
    bool reduce;         /* to be stored in another precision */
};

/** The next tensor that the entry's network uses; false when there is none left. */
static bool next_tensor(const struct entry *entry, size_t *index, struct used_tensor *used) {
    const struct safetensors *files = entry->model->files;
    const char *prefix = entry->origin->checkpoint.prefix;
    const size_t length = strlen(prefix);
    while (*index < safetensors_count(files)) {
        const size_t i = (*index)++;
        used->tensor = safetensors_at(files, i);
        used->name = used->tensor->name + length;
        used->values = entry->model->source.values[i];
        if (!entry->model->source.used[i] || strncmp(used->tensor->name, prefix, length) != 0) continue;
        used->reduce =
            entry->precision != entry->network->precision && weights_may_reduce(entry->network, used->values);
        return true;
    }
    return false;
}

/** Room for tensors and for their names, of which each may be there twice: once more for a scale. */
static ptm_status make_room(struct pack *pack, size_t *name_bytes, ptm_error *err) {
    struct used_tensor used;
    size_t count = 0;
    *name_bytes = 0;
    for (int i = 0; i < pack->num_entries; i++) {
        const struct entry *entry = &pack->entries[i];
        for (size_t index = 0; next_tensor(entry, &index, &used); count += 2)
            *name_bytes += 2 * (strlen(entry->prefix) + strlen(used.name) + sizeof WEIGHTS_SCALE_SUFFIX);
    }
    pack->tensors = mem_alloc(count, sizeof *pack->tensors);
    pack->made = mem_alloc(count, sizeof *pack->made);
    pack->names = mem_alloc(*name_bytes, 1);
    return pack->tensors && pack->made && pack->names ? PTM_OK : error_no_memory(err);
}

/** Memory for the data of a tensor that no file has. */
static ptm_status make_data(struct pack *pack, struct tensor *tensor, size_t bytes, ptm_error *err) {
    void *data = mem_alloc(bytes, 1);
    if (!data) return error_no_memory(err);
    pack->made[pack->num_made++] = data;
    tensor->data = data;
    tensor->bytes = bytes;
    return PTM_OK;
}

/** Turns the matrix in packed[0] into its reduced form; its scale is then packed[1]. */
static ptm_status reduce_tensor(struct pack *pack, struct tensor *packed, const float *values, ptm_precision precision,
                                ptm_error *err) {
    float *factors = NULL;
    packed->dtype_name = precision == PTM_INT8 ? "I8" : "BF16";
    TRY(make_data(pack, packed, reduced_bytes(precision, packed->elements), err));
    if (precision == PTM_INT8) {
        const size_t rows = (size_t)packed->shape[0];
        packed[1] = (struct tensor){.dtype_name = "F32", .rank = 1, .shape = {packed->shape[0]}, .elements = rows};
        TRY(make_data(pack, &packed[1], rows * sizeof *factors, err));
        factors = (void *)packed[1].data;
    }
    reduced_encode((void *)packed->data, factors, precision, values, (int)packed->shape[0], (int)packed->shape[1]);
    return PTM_OK;
}

static ptm_status gather_tensors(struct pack *pack, ptm_error *err) {
    size_t name_bytes, written = 0;
    struct used_tensor used;
    TRY(make_room(pack, &name_bytes, err));
    for (int i = 0; i < pack->num_entries; i++) {
        const struct entry *entry = &pack->entries[i];
        for (size_t index = 0; next_tensor(entry, &index, &used);) {
            struct tensor *packed = &pack->tensors[pack->num_tensors];
            TRY(check_going(pack, err));
            *packed = *used.tensor;
            const bool scaled = used.reduce && entry->precision == PTM_INT8;
            if (used.reduce) TRY(reduce_tensor(pack, packed, used.values, entry->precision, err));
            for (int part = 0; part <= scaled; part++) {
                packed[part].name = pack->names + written;
                written += (size_t)snprintf(pack->names + written, name_bytes - written, "%s%s%s", entry->prefix,
                                            used.name, part ? WEIGHTS_SCALE_SUFFIX : "") +
                           1;
            }
            pack->num_tensors += 1 + scaled;
        }
    }
    return PTM_OK;
}

/* ---------------------------------------------------------------- the description */

/** The models' names, "a+b". */
static ptm_status join_names(struct pack *pack, ptm_error *err) {
    size_t bytes = 1, used = 0;
    for (int i = 0; i < pack->num_models; i++) bytes += strlen(pack->models[i]->networks[0].name) + 1;
    pack->joined = mem_alloc(bytes, 1);
    if (!pack->joined) return error_no_memory(err);
    for (int i = 0; i < pack->num_models; i++)
        used += (size_t)snprintf(pack->joined + used, bytes - used, "%s%s", i ? "+" : "",
                                 pack->models[i]->networks[0].name);
    return PTM_OK;
}

static void describe_entry(struct json_writer *writer, const struct entry *entry, bool licence) {
    const struct network *network = entry->network;
    json_write_raw(writer, "{\"modality\":");
    json_write_string(writer, network_modality_name(network->modality));
    json_write_member(writer, "prefix", entry->prefix);
    json_write_member(writer, "name", entry->origin->name);
    if (licence) json_write_member(writer, "licence", network->licence);
    json_write_member(writer, "source", network->source);
    json_write_raw(writer, ",\"config\":");
    json_write_value(writer, entry->origin->checkpoint.config);
    json_write_raw(writer, ",\"preprocessor\":");
    json_write_value(writer, entry->origin->checkpoint.preprocessor);
    if (entry->precision != PTM_F32) json_write_member(writer, "precision", product_precision_name(entry->precision));
    json_write_raw(writer, ",\"merge\":{\"r\":");
    json_write_string(writer, entry->r);
    json_write_raw(writer, network->prop_attn ? ",\"prop_attn\":true}" : ",\"prop_attn\":false}");
    json_write_raw(writer, ",\"selftest\":{\"r0\":");
    json_write_floats(writer, entry->answers.plain, network->config.num_labels);
    json_write_raw(writer, ",\"merged\":");
    json_write_floats(writer, entry->answers.merged, network->config.num_labels);
    json_write_raw(writer, "}}");
}

/** A licence that is given stands for the whole file; else each model keeps its own. */
static ptm_status describe(struct pack *pack, const ptm_pack_options *options, ptm_error *err) {
    struct json_writer *writer = &pack->description;
    TRY(join_names(pack, err));
    json_write_raw(writer, "{\"schema\":");
    json_write_integer(writer, SINGLE_FILE_PACKED);
    json_write_member(writer, "name", options->name ? options->name : pack->joined);
    if (options->licence) json_write_member(writer, "licence", options->licence);
    json_write_raw(writer, ",\"models\":[");
    for (int i = 0; i < pack->num_entries; i++) {
        if (i) json_write_raw(writer, ",");
        describe_entry(writer, &pack->entries[i], !options->licence);
    }
    json_write_raw(writer, "]}");
    return json_writer_end(writer, err);
}

static ptm_status pack_models(struct pack *pack, const char *const *paths, int count, const char *output,
                              ptm_error *err) {
    const ptm_pack_options *options = pack->options;
    TRY(add_models(pack, paths, count, options, err));
    for (int i = 0; i < pack->num_models; i++) {
        TRY(check_going(pack, err));
        TRY(answer_model(pack, pack->models[i], options->precision, err));
    }
    TRY(gather_tensors(pack, err));
    TRY(describe(pack, options, err));
    return safetensors_write(output, pack->tensors, pack->num_tensors, "polytome", pack->description.text.bytes,
                             options->cancelled, options->user, err);
}

ptm_status ptm_pack(const char *const *paths, int count, const char *output, const ptm_pack_options *options,
                    ptm_error *err) {
    error_clear(err);
    ptm_pack_options defaults;
    ptm_pack_options_default(&defaults);
    struct pack pack = {.options = options ? options : &defaults};
    const ptm_status status = pack_models(&pack, paths, count, output, err);
    pack_close(&pack);
    return status;
}
