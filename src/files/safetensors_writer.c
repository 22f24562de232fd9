/* SPDX-License-Identifier: MIT */
#include "files/safetensors_writer.h"

#include "base/memory.h"
#include "files/json_writer.h"
#include "files/replace.h"
#include "files/safetensors_shard.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, LENGTH_BYTES = 8, PIECES_BEFORE = 2 /* the header's length, and the header */ };

/** The largest power of two up to ALIGNMENT that divides the length of a tensor: what begins behind it is as aligned.
 */
static size_t alignment_of(const struct tensor *tensor) {
    const size_t lowest_bit = tensor->bytes & (~tensor->bytes + 1);
    return lowest_bit && lowest_bit < ALIGNMENT ? lowest_bit : ALIGNMENT;
}

/** Of pointers into one array. */
static int compare_alignments(const void *pointer_a, const void *pointer_b) {
    const struct tensor *a = *(const struct tensor *const *)pointer_a, *b = *(const struct tensor *const *)pointer_b;
    const size_t alignment_a = alignment_of(a), alignment_b = alignment_of(b);
    if (alignment_a != alignment_b) return alignment_a > alignment_b ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void write_entry(struct json_writer *header, const struct tensor *tensor, size_t begin) {
    json_write_raw(header, ",");
    json_write_string(header, tensor->name);
    json_write_raw(header, ":{\"dtype\":");
    json_write_string(header, tensor->dtype_name);
    json_write_raw(header, ",\"shape\":[");
    for (int i = 0; i < tensor->rank; i++) {
        if (i) json_write_raw(header, ",");
        json_write_integer(header, tensor->shape[i]);
    }
    json_write_raw(header, "],\"data_offsets\":[");
    json_write_integer(header, (int64_t)begin);
    json_write_raw(header, ",");
    json_write_integer(header, (int64_t)(begin + tensor->bytes));
    json_write_raw(header, "]}");
}

/** The header of tensors in this order, padded with spaces so that the data behind it is aligned. */
static ptm_status write_header(struct json_writer *header, const struct tensor *const *ordered, size_t count,
                               const char *key, const char *value, ptm_error *err) {
    size_t begin = 0; /* cannot overflow: all of the tensors lie in memory */
    json_write_raw(header, "{\"__metadata__\":{");
    json_write_string(header, key);
    json_write_raw(header, ":");
    json_write_string(header, value);
    json_write_raw(header, "}");
    for (size_t i = 0; i < count; i++) {
        write_entry(header, ordered[i], begin);
        begin += ordered[i]->bytes;
    }
    json_write_raw(header, "}");
    while (header->error.status == PTM_OK && (LENGTH_BYTES + header->text.used) % ALIGNMENT)
        json_write_raw(header, " ");
    TRY(json_writer_end(header, err));
    if (header->text.used <= SHARD_MAX_HEADER) return PTM_OK;
    return error_set(err, PTM_ELIMIT, "the header would have %zu bytes, more than the %d of the format",
                     header->text.used, SHARD_MAX_HEADER);
}

static ptm_status write_pieces(const char *path, const struct json_writer *header, const struct tensor *const *ordered,
                               size_t count, bool (*cancelled)(void *user), void *user, ptm_error *err) {
    unsigned char length[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++) length[i] = (unsigned char)((uint64_t)header->text.used >> 8 * i);
    struct piece *pieces = mem_alloc(count + PIECES_BEFORE, sizeof *pieces);
    if (!pieces) return error_no_memory(err);
    pieces[0] = (struct piece){length, sizeof length};
    pieces[1] = (struct piece){header->text.bytes, header->text.used};
    for (size_t i = 0; i < count; i++) pieces[PIECES_BEFORE + i] = (struct piece){ordered[i]->data, ordered[i]->bytes};
    const ptm_status status = replace_file(path, pieces, (int)count + PIECES_BEFORE, cancelled, user, err);
    mem_free(pieces);
    return status;
}

ptm_status safetensors_write(const char *path, const struct tensor *tensors, size_t count, const char *key,
                             const char *value, bool (*cancelled)(void *user), void *user, ptm_error *err) {
    struct json_writer header = {0};
    const struct tensor **ordered = mem_alloc(count, sizeof *ordered);
    if (!ordered) return error_no_memory(err);
    for (size_t i = 0; i < count; i++) ordered[i] = &tensors[i];
    qsort(ordered, count, sizeof *ordered, compare_alignments);
    ptm_status status = write_header(&header, ordered, count, key, value, err);
    if (status == PTM_OK) status = write_pieces(path, &header, ordered, count, cancelled, user, err);
    json_writer_free(&header);
    mem_free(ordered);
    return status;
}
