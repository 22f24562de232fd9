/* SPDX-License-Identifier: MIT */
#include "files/safetensors_shard.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- one tensor's entry in the header */

static const struct {
    const char *name;
    enum dtype dtype;
    unsigned bits;
} dtypes[] = {
    {"F32", DTYPE_F32, 32},          {"F16", DTYPE_F16, 16},          {"BF16", DTYPE_BF16, 16},
    {"BOOL", DTYPE_OTHER, 8},        {"U8", DTYPE_OTHER, 8},          {"I8", DTYPE_OTHER, 8},
    {"F8_E5M2", DTYPE_OTHER, 8},     {"F8_E4M3", DTYPE_OTHER, 8},     {"F8_E8M0", DTYPE_OTHER, 8},
    {"F8_E4M3FNUZ", DTYPE_OTHER, 8}, {"F8_E5M2FNUZ", DTYPE_OTHER, 8}, {"I16", DTYPE_OTHER, 16},
    {"U16", DTYPE_OTHER, 16},        {"I32", DTYPE_OTHER, 32},        {"U32", DTYPE_OTHER, 32},
    {"F64", DTYPE_F64, 64},          {"I64", DTYPE_OTHER, 64},        {"U64", DTYPE_OTHER, 64},
    {"C64", DTYPE_OTHER, 64},        {"F4", DTYPE_OTHER, 4},          {"F6_E2M3", DTYPE_OTHER, 6},
    {"F6_E3M2", DTYPE_OTHER, 6},
};

/** The reading of a header: what the entries are checked against, and where the next one goes. */
struct reading {
    const char *path;
    const unsigned char *data; /* what follows the header */
    size_t data_bytes;
    struct tensor *tensors, *next;
};

/* Names in errors are cut, so that the sentence keeps its end. */
#define TENSOR "%s: tensor \"%.120s\""

static ptm_status parse_dtype(struct tensor *tensor, unsigned *bits, struct json entry, const char *path,
                              ptm_error *err) {
    tensor->dtype_name = json_text(json_get(entry, "dtype"));
    if (!tensor->dtype_name)
        return error_set(err, PTM_EFORMAT, TENSOR " has no string \"dtype\"; the file is damaged", path, tensor->name);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (strcmp(tensor->dtype_name, dtypes[i].name)) continue;
        tensor->dtype = dtypes[i].dtype;
        *bits = dtypes[i].bits;
        return PTM_OK;
    }
    return error_set(err, PTM_EFORMAT, TENSOR " has dtype \"%.40s\", which the format does not know", path,
                     tensor->name, tensor->dtype_name);
}

static ptm_status parse_shape(struct tensor *tensor, struct json entry, const char *path, ptm_error *err) {
    const struct json shape = json_get(entry, "shape");
    if (!json_is_array(shape))
        return error_set(err, PTM_EFORMAT, TENSOR " has no array \"shape\"; the file is damaged", path, tensor->name);
    if (json_length(shape) > TENSOR_MAX_RANK)
        return error_set(err, PTM_EMODEL, TENSOR " has %zu dimensions, where at most %d were expected", path,
                         tensor->name, json_length(shape), TENSOR_MAX_RANK);
    tensor->rank = (int)json_length(shape);
    tensor->elements = 1;
    for (int i = 0; i < tensor->rank; i++) {
        int64_t *size = &tensor->shape[i];
        if (!json_is_int64(json_at(shape, (size_t)i), size) || *size < 0)
            return error_set(err, PTM_EFORMAT,
                             TENSOR " has a dimension %d of \"shape\" that is not a non-negative integer", path,
                             tensor->name, i);
        if (__builtin_mul_overflow(tensor->elements, *size, &tensor->elements))
            return error_set(err, PTM_EFORMAT, TENSOR " has a \"shape\" of more elements than can be counted", path,
                             tensor->name);
    }
    return PTM_OK;
}

static ptm_status parse_offsets(struct tensor *tensor, struct json entry, const struct reading *reading,
                                ptm_error *err) {
    const struct json offsets = json_get(entry, "data_offsets");
    int64_t begin, end;
    if (json_length(offsets) != 2 || !json_is_int64(json_at(offsets, 0), &begin) ||
        !json_is_int64(json_at(offsets, 1), &end) || begin < 0 || end < 0)
        return error_set(err, PTM_EFORMAT, TENSOR " has no \"data_offsets\" of two non-negative integers",
                         reading->path, tensor->name);
    if (begin > end)
        return error_set(err, PTM_EFORMAT, TENSOR " begins at data offset %lld but ends at %lld", reading->path,
                         tensor->name, (long long)begin, (long long)end);
    if ((uint64_t)end > reading->data_bytes)
        return error_set(err, PTM_EFORMAT,
                         TENSOR " ends at data offset %lld, but the file holds only %zu bytes of data: it is cut short",
                         reading->path, tensor->name, (long long)end, reading->data_bytes);
    tensor->data = reading->data + begin;
    tensor->bytes = (size_t)(end - begin);
    return PTM_OK;
}

static ptm_status check_size(const struct tensor *tensor, unsigned bits, const char *path, ptm_error *err) {
    char shape[192];
    tensor_shape_text(tensor, shape, sizeof shape);
    size_t size;
    if (!mem_product(tensor->elements, bits, &size))
        return error_set(err, PTM_EFORMAT, TENSOR " of shape %s and dtype %s is larger than any memory", path,
                         tensor->name, shape, tensor->dtype_name);
    if (size % 8)
        return error_set(err, PTM_EFORMAT, TENSOR " of shape %s and dtype %s does not end on a whole byte", path,
                         tensor->name, shape, tensor->dtype_name);
    if (size / 8 != tensor->bytes)
        return error_set(err, PTM_EFORMAT, TENSOR " has %zu bytes of data, where its shape %s and dtype %s expect %zu",
                         path, tensor->name, tensor->bytes, shape, tensor->dtype_name, size / 8);
    return PTM_OK;
}

static ptm_status parse_tensor(struct reading *reading, const char *name, struct json entry, ptm_error *err) {
    struct tensor *tensor = reading->next;
    tensor->path = reading->path;
    tensor->name = name;
    if (!json_is_object(entry))
        return error_set(err, PTM_EFORMAT, TENSOR " is not described by an object; the file is damaged", reading->path,
                         name);
    unsigned bits = 0;
    TRY(parse_dtype(tensor, &bits, entry, reading->path, err));
    TRY(parse_shape(tensor, entry, reading->path, err));
    TRY(parse_offsets(tensor, entry, reading, err));
    TRY(check_size(tensor, bits, reading->path, err));
    reading->next++;
    return PTM_OK;
}

/* ---------------------------------------------------------------- the header */

static const char metadata_key[] = "__metadata__";

static ptm_status check_metadata_member(void *path, const char *key, struct json value, ptm_error *err) {
    if (json_is_string(value)) return PTM_OK;
    return error_set(err, PTM_EFORMAT, "%s: \"%.120s\" in __metadata__ is not a string", (const char *)path, key);
}

static ptm_status check_metadata(struct json metadata, char *path, ptm_error *err) {
    if (!json_present(metadata)) return PTM_OK;
    if (!json_is_object(metadata))
        return error_set(err, PTM_EFORMAT, "%s: __metadata__ is not an object of strings", path);
    return json_each(metadata, check_metadata_member, path, err);
}

static ptm_status count_member(void *count, const char *key, struct json value, ptm_error *err) {
    (void)value;
    (void)err;
    if (strcmp(key, metadata_key)) ++*(size_t *)count;
    return PTM_OK;
}

static ptm_status parse_member(void *reading, const char *key, struct json value, ptm_error *err) {
    return strcmp(key, metadata_key) ? parse_tensor(reading, key, value, err) : PTM_OK;
}

static int compare_places(const void *tensor_a, const void *tensor_b) {
    const struct tensor *a = tensor_a, *b = tensor_b;
    const uintptr_t begin_a = (uintptr_t)a->data, begin_b = (uintptr_t)b->data;
    if (begin_a != begin_b) return begin_a < begin_b ? -1 : 1;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
    return strcmp(a->name, b->name);
}

/** The tensors must tile the data: no hole, no overlap, nothing left at the end. Leaves them in the order of their
 * data.
 */
static ptm_status check_tiling(const struct reading *reading, size_t count, ptm_error *err) {
    qsort(reading->tensors, count, sizeof *reading->tensors, compare_places);
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tensor *tensor = &reading->tensors[i];
        const size_t begin = (size_t)((const unsigned char *)tensor->data - reading->data);
        if (begin != end)
            return error_set(err, PTM_EFORMAT, TENSOR " begins at data offset %zu, where %zu was expected: %s",
                             reading->path, tensor->name, begin, end,
                             begin < end ? "it overlaps another tensor" : "there is a hole before it");
        end = begin + tensor->bytes;
    }
    if (end != reading->data_bytes)
        return error_set(err, PTM_EFORMAT, "%s: %zu bytes follow the last tensor, where the file was expected to end",
                         reading->path, reading->data_bytes - end);
    return PTM_OK;
}

/** Finds the header: *header_bytes of it begin after the first 8 bytes of the file. */
static ptm_status find_header(size_t *header_bytes, const unsigned char *data, size_t bytes, const char *path,
                              size_t max_header, ptm_error *err) {
    if (bytes < 8)
        return error_set(
            err, PTM_EFORMAT,
            "%s: has %zu bytes, too few for a safetensors file, which begins with 8 bytes of header length", path,
            bytes);
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | data[i];
    if (memcmp(data, "version ", 8) == 0) /* https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md */
        return error_set(err, PTM_EFORMAT,
                         "%s: stands for the weights, which Git LFS has not brought yet: run 'git lfs pull' there",
                         path);
    if (length > SHARD_MAX_HEADER)
        return error_set(err, PTM_EFORMAT,
                         "%s: gives its header %llu bytes, more than the %d of the format: not a safetensors file",
                         path, (unsigned long long)length, SHARD_MAX_HEADER);
    if (length > bytes - 8)
        return error_set(err, PTM_EFORMAT,
                         "%s: gives its header %llu bytes, but only %zu follow: cut short, or not a safetensors file",
                         path, (unsigned long long)length, bytes - 8);
    if (length > max_header)
        return error_set(err, PTM_ELIMIT, "%s: has a header of %llu bytes, more than the limit max_header_bytes of %zu",
                         path, (unsigned long long)length, max_header);
    *header_bytes = (size_t)length;
    return PTM_OK;
}

static ptm_status read_shard(struct shard *shard, const unsigned char *data, size_t bytes, size_t max_header,
                             ptm_error *err) {
    size_t header_bytes = 0;
    TRY(find_header(&header_bytes, data, bytes, shard->path, max_header, err));
    TRY(json_open_memory(&shard->header, (const char *)data + 8, header_bytes, shard->path, err));
    const struct json root = json_root(shard->header);
    TRY(check_metadata(json_get(root, metadata_key), shard->path, err));

    TRY(json_each(root, count_member, &shard->count, err));
    shard->tensors = mem_calloc(shard->count, sizeof *shard->tensors);
    if (!shard->tensors) return error_no_memory(err);
    struct reading reading = {.path = shard->path,
                              .data = data + 8 + header_bytes,
                              .data_bytes = bytes - 8 - header_bytes,
                              .tensors = shard->tensors,
                              .next = shard->tensors};
    TRY(json_each(root, parse_member, &reading, err));
    TRY(check_tiling(&reading, shard->count, err));
    qsort(shard->tensors, shard->count, sizeof *shard->tensors, shard_compare_names);
    return PTM_OK;
}

/* ---------------------------------------------------------------- opening and closing */

static struct shard *new_shard(const char *path) {
    struct shard *shard = mem_calloc(1, sizeof *shard);
    if (!shard) return NULL;
    shard->path = mem_strdup(path);
    if (!shard->path) shard_close(&shard);
    return shard;
}

ptm_status shard_open_memory(struct shard **out, const void *data, size_t bytes, const char *name, size_t max_header,
                             ptm_error *err) {
    *out = NULL;
    struct shard *shard = new_shard(name);
    if (!shard) return error_no_memory(err);
    const ptm_status status = read_shard(shard, data, bytes, max_header, err);
    if (status == PTM_OK)
        *out = shard;
    else
        shard_close(&shard);
    return status;
}

ptm_status shard_open(struct shard **out, const char *path, size_t max_header, ptm_error *err) {
    *out = NULL;
    struct mapped file;
    TRY(mapped_open(&file, path, SIZE_MAX, err));
    const ptm_status status = shard_open_memory(out, file.data, file.bytes, path, max_header, err);
    if (status == PTM_OK)
        (*out)->file = file;
    else
        mapped_close(&file);
    return status;
}

void shard_close(struct shard **shard) {
    if (!*shard) return;
    json_close(&(*shard)->header);
    mapped_close(&(*shard)->file);
    mem_free((*shard)->tensors);
    mem_free((*shard)->path);
    mem_free(*shard);
    *shard = NULL;
}

/* ---------------------------------------------------------------- names */

int shard_compare_names(const void *tensor_a, const void *tensor_b) {
    return strcmp(((const struct tensor *)tensor_a)->name, ((const struct tensor *)tensor_b)->name);
}

const struct tensor *shard_search(const struct tensor *tensors, size_t count, const char *name) {
    const struct tensor key = {.name = name};
    return bsearch(&key, tensors, count, sizeof *tensors, shard_compare_names);
}
