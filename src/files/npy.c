/* SPDX-License-Identifier: MIT */
#include "files/npy.h"

#include "base/memory.h"
#include "files/mapped.h"
#include "files/replace.h"

#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are little-endian and copied as they are");

/* ---------------------------------------------------------------- the header: a Python dict literal */

/** A place in the header's text. The readers below pass white space first and say whether they found their thing. */
struct cursor {
    const char *at, *end;
};

struct header {
    char descr[16];
    bool fortran_order;
    int rank;
    int shape[NPY_MAX_RANK];
    unsigned keys; /* bits: which of the three keys were there */
};

static void pass_space(struct cursor *cursor) {
    while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) && *cursor->at) cursor->at++;
}

static bool read_char(struct cursor *cursor, char c) {
    pass_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != c) return false;
    cursor->at++;
    return true;
}

static bool read_word(struct cursor *cursor, const char *word) {
    pass_space(cursor);
    const size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length)) return false;
    cursor->at += length;
    return true;
}

/** A quoted string without escapes, cut to fit `text`: no key or type that we know is that long. */
static bool read_string(struct cursor *cursor, char *text, size_t bytes) {
    const char quote = read_char(cursor, '\'') ? '\'' : '"';
    if (quote == '"' && !read_char(cursor, '"')) return false;
    const char *close = memchr(cursor->at, quote, (size_t)(cursor->end - cursor->at));
    if (!close || memchr(cursor->at, '\\', (size_t)(close - cursor->at))) return false;
    const size_t length = (size_t)(close - cursor->at), kept = length < bytes ? length : bytes - 1;
    memcpy(text, cursor->at, kept);
    text[kept] = '\0';
    cursor->at = close + 1;
    return true;
}

/** A non-negative integer that fits int; NumPy under Python 2 wrote an L behind it. */
static bool read_size(struct cursor *cursor, int *size) {
    pass_space(cursor);
    const char *begin = cursor->at;
    int value = 0;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *cursor->at - '0', &value))
            return false;
    if (cursor->at == begin) return false;
    read_char(cursor, 'L');
    *size = value;
    return true;
}

static bool read_shape(struct cursor *cursor, struct header *header) {
    if (!read_char(cursor, '(')) return false;
    header->rank = 0;
    bool comma = true;
    while (!read_char(cursor, ')')) {
        if (!comma || header->rank == NPY_MAX_RANK || !read_size(cursor, &header->shape[header->rank])) return false;
        header->rank++;
        comma = read_char(cursor, ',');
    }
    return header->rank != 1 || comma; /* (3) is no tuple */
}

static bool read_bool(struct cursor *cursor, bool *value) {
    *value = read_word(cursor, "True");
    return *value || read_word(cursor, "False");
}

/** One `key: value`; the sentence of what is wrong with it, or NULL. */
static const char *read_member(struct cursor *cursor, struct header *header) {
    char key[16];
    if (!read_string(cursor, key, sizeof key) || !read_char(cursor, ':')) return "a 'key': value was expected";
    unsigned bit = 0;
    const char *wrong = NULL;
    if (!strcmp(key, "descr")) {
        bit = 1;
        if (!read_string(cursor, header->descr, sizeof header->descr))
            wrong = "'descr' is not the name of a plain dtype such as '<f4'";
    } else if (!strcmp(key, "fortran_order")) {
        bit = 2;
        if (!read_bool(cursor, &header->fortran_order)) wrong = "'fortran_order' is neither True nor False";
    } else if (!strcmp(key, "shape")) {
        bit = 4;
        if (!read_shape(cursor, header)) wrong = "'shape' is not a tuple of up to 8 sizes below 2^31";
    } else {
        wrong = "a key other than 'descr', 'fortran_order' and 'shape'";
    }
    if (!wrong && header->keys & bit) wrong = "a key that is there twice";
    header->keys |= bit;
    return wrong;
}

static const char *read_dict(struct cursor *cursor, struct header *header) {
    if (!read_char(cursor, '{')) return "a Python dict was expected";
    bool comma = true;
    while (!read_char(cursor, '}')) {
        if (!comma) return "a comma was expected";
        const char *wrong = read_member(cursor, header);
        if (wrong) return wrong;
        comma = read_char(cursor, ',');
    }
    pass_space(cursor);
    if (cursor->at != cursor->end) return "text after the dict";
    if (header->keys != 7) return "'descr', 'fortran_order' or 'shape' is missing";
    return NULL;
}

/** Finds the header's text by the fixed part of the file, and reads it; *offset is where the elements begin. */
static ptm_status read_header(struct header *header, size_t *offset, const unsigned char *data, size_t bytes,
                              const char *name, ptm_error *err) {
    if (bytes < 10 || memcmp(data, "\x93NUMPY", 6))
        return error_set(err, PTM_EFORMAT, "%s: not a .npy file: it does not begin as NumPy's files do", name);
    if (data[6] < 1 || data[6] > 3)
        return error_set(err, PTM_EFORMAT, "%s: is .npy version %d.%d, where 1 to 3 were expected", name, data[6],
                         data[7]);
    const size_t length_bytes = data[6] == 1 ? 2 : 4, begin = 8 + length_bytes;
    size_t length = 0;
    if (bytes >= begin)
        for (size_t i = length_bytes; i-- > 0;) length = length << 8 | data[8 + i];
    if (bytes < begin || length > bytes - begin)
        return error_set(err, PTM_EFORMAT, "%s: ends within its .npy header: it is cut short", name);
    struct cursor cursor = {(const char *)data + begin, (const char *)data + begin + length};
    const char *wrong = read_dict(&cursor, header);
    if (wrong) return error_set(err, PTM_EFORMAT, "%s: damaged .npy header: %s", name, wrong);
    *offset = begin + length;
    return PTM_OK;
}

/* ---------------------------------------------------------------- the elements */

static const struct dtype_row {
    const char *descr;
    enum npy_type type;
    size_t size;
} dtypes[] = {{"<f4", NPY_FLOAT32, 4}, {"<f8", NPY_FLOAT32, 8}, {"<i4", NPY_INT32, 4}, {"<i8", NPY_INT32, 8}};

static const struct dtype_row *find_dtype(const char *descr) {
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (!strcmp(descr, dtypes[i].descr)) return &dtypes[i];
    return NULL;
}

static bool count_elements(const struct header *header, size_t *count) {
    *count = 1;
    for (int i = 0; i < header->rank; i++)
        if (!mem_product(*count, (size_t)header->shape[i], count)) return false;
    return true;
}

static void narrow_float64(float *out, const unsigned char *data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, data + 8 * i, sizeof value);
        out[i] = (float)value; /* IEEE: too large becomes infinity, as in NumPy */
    }
}

static ptm_status narrow_int64(int32_t *out, const unsigned char *data, size_t count, const char *name,
                               ptm_error *err) {
    for (size_t i = 0; i < count; i++) {
        int64_t value;
        memcpy(&value, data + 8 * i, sizeof value);
        if (value < INT32_MIN || value > INT32_MAX)
            return error_set(err, PTM_EFORMAT, "%s: element %zu is %lld, which does not fit 32 bits", name, i,
                             (long long)value);
        out[i] = (int32_t)value;
    }
    return PTM_OK;
}

/** Copies the elements into npy->data, which the caller frees on failure. */
static ptm_status read_elements(struct npy *npy, const struct dtype_row *dtype, const unsigned char *data,
                                const char *name, ptm_error *err) {
    npy->data = mem_alloc(npy->count, 4);
    if (!npy->data) return error_no_memory(err);
    if (dtype->size == 4) {
        memcpy(npy->data, data, npy->count * 4);
        return PTM_OK;
    }
    if (dtype->type == NPY_INT32) return narrow_int64(npy->data, data, npy->count, name, err);
    narrow_float64(npy->data, data, npy->count);
    return PTM_OK;
}

ptm_status npy_read_memory(struct npy *npy, const void *data, size_t bytes, const char *name, ptm_error *err) {
    *npy = (struct npy){0};
    struct header header = {0};
    size_t offset = 0;
    TRY(read_header(&header, &offset, data, bytes, name, err));
    const struct dtype_row *dtype = find_dtype(header.descr);
    if (!dtype)
        return error_set(err, PTM_EFORMAT, "%s: has dtype '%s', where <f4, <f8, <i4 or <i8 was expected", name,
                         header.descr);
    if (header.fortran_order && header.rank > 1)
        return error_set(err, PTM_EFORMAT, "%s: is in Fortran order: save it with numpy.ascontiguousarray()", name);
    size_t count, size;
    if (!count_elements(&header, &count) || !mem_product(count, dtype->size, &size))
        return error_set(err, PTM_EFORMAT, "%s: damaged .npy header: 'shape' is larger than any memory", name);
    if (size != bytes - offset)
        return error_set(err, PTM_EFORMAT,
                         "%s: has %zu bytes of elements, where its shape and dtype expect %zu: cut short or damaged",
                         name, bytes - offset, size);
    struct npy read = {.type = dtype->type, .rank = header.rank, .count = count};
    memcpy(read.shape, header.shape, sizeof read.shape);
    const ptm_status status = read_elements(&read, dtype, (const unsigned char *)data + offset, name, err);
    if (status == PTM_OK)
        *npy = read;
    else
        npy_free(&read);
    return status;
}

ptm_status npy_read(struct npy *npy, const char *path, size_t max_bytes, ptm_error *err) {
    *npy = (struct npy){0};
    struct mapped file;
    TRY(mapped_open(&file, path, max_bytes, err));
    const ptm_status status = npy_read_memory(npy, file.data, file.bytes, path, err);
    mapped_close(&file);
    return status;
}

void npy_free(struct npy *npy) {
    mem_free(npy->data);
    *npy = (struct npy){0};
}

/* ---------------------------------------------------------------- writing */

/** The fixed part and the dict of version 1.0, padded as NumPy pads it. Returns its length. */
static size_t make_header(char text[256], enum npy_type type, const int *shape, int rank) {
    enum { FIXED = 10, ALIGN = 64, ROOM = 256 };
    memcpy(text, "\x93NUMPY\x01\x00", 8);
    size_t used = FIXED;
    used += (size_t)snprintf(text + used, ROOM - used, "{'descr': '%s', 'fortran_order': False, 'shape': (",
                             type == NPY_INT32 ? "<i4" : "<f4");
    for (int i = 0; i < rank; i++) used += (size_t)snprintf(text + used, ROOM - used, i ? ", %d" : "%d", shape[i]);
    used += (size_t)snprintf(text + used, ROOM - used, rank == 1 ? ",), }" : "), }");
    const size_t total = (used + 1 + ALIGN - 1) / ALIGN * ALIGN; /* 1: the line feed that ends it */
    memset(text + used, ' ', total - used);
    text[total - 1] = '\n';
    text[8] = (char)((total - FIXED) & 0xff);
    text[9] = (char)((total - FIXED) >> 8);
    return total;
}

ptm_status npy_write(const char *path, enum npy_type type, const int *shape, int rank, const void *data,
                     ptm_error *err) {
    if (rank < 0 || rank > NPY_MAX_RANK)
        return error_set(err, PTM_EINVAL, "%s: cannot write %d dimensions, at most %d", path, rank, NPY_MAX_RANK);
    size_t bytes = 4; /* of one element */
    for (int i = 0; i < rank; i++)
        if (shape[i] < 0 || !mem_product(bytes, (size_t)shape[i], &bytes))
            return error_set(err, PTM_EINVAL, "%s: cannot write an array whose dimension %d is %d", path, i, shape[i]);
    char header[256]; /* 10 + 51 + 8 sizes of at most 12 + 5, padded to 64 */
    const struct piece pieces[] = {{header, make_header(header, type, shape, rank)}, {data, bytes}};
    return replace_file(path, pieces, 2, NULL, NULL, err);
}
