/* SPDX-License-Identifier: MIT */
/* The readers of files: safetensors (every rule of the format, broken in turn), JSON, npy. */
#include "check.h"

#include "files/json.h"
#include "files/npy.h"
#include "files/replace.h"
#include "files/safetensors.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_HEADER = 100000000 };

/* ---------------------------------------------------------------- helpers */

/** Bytes on the heap, of exactly their length, so that a sanitizer sees every read beyond them. */
struct blob {
    unsigned char *data;
    size_t bytes;
};

static struct blob blob_of(const void *data, size_t bytes) {
    struct blob blob = {malloc(bytes ? bytes : 1), bytes};
    CU_ASSERT_PTR_NOT_NULL_FATAL(blob.data);
    if (bytes) memcpy(blob.data, data, bytes);
    return blob;
}

/** A safetensors file: the header's length, its text, and `data_bytes` bytes 0, 1, 2 ... */
static struct blob weights_file(const char *header, size_t data_bytes) {
    const size_t length = strlen(header);
    struct blob blob = {malloc(8 + length + data_bytes), 8 + length + data_bytes};
    CU_ASSERT_PTR_NOT_NULL_FATAL(blob.data);
    for (int i = 0; i < 8; i++) blob.data[i] = (unsigned char)((uint64_t)length >> 8 * i);
    memcpy(blob.data + 8, header, length);
    for (size_t i = 0; i < data_bytes; i++) blob.data[8 + length + i] = (unsigned char)i;
    return blob;
}

/** Asserts a failure's status and that its sentence has `part` in it. */
static void expect_error(ptm_status found, const ptm_error *err, ptm_status expected, const char *part) {
    const bool good = found == expected && err->status == expected && strstr(err->message, part);
    if (!good) printf("\n    status %d, \"%s\": expected %d, \"%s\"\n", found, err->message, expected, part);
    CU_ASSERT_TRUE(good);
}

static void expect_weights_error(struct blob blob, size_t max_header, ptm_status expected, const char *part) {
    ptm_error err = {0};
    struct safetensors *st = (void *)&err; /* must be overwritten */
    const ptm_status status = safetensors_open_memory(&st, blob.data, blob.bytes, "w.safetensors", max_header, &err);
    expect_error(status, &err, expected, part);
    CU_ASSERT_PTR_NULL(st);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "w.safetensors"));
    safetensors_close(&st);
    free(blob.data);
}

static struct safetensors *open_weights(struct blob blob) {
    struct safetensors *st;
    CHECK_OK(safetensors_open_memory(&st, blob.data, blob.bytes, "w.safetensors", MAX_HEADER, err));
    return st;
}

/** A fresh directory, and the files that a test puts there. */
struct folder {
    char path[64];
};

static struct folder make_folder(void) {
    struct folder folder = {"/tmp/test_files.XXXXXX"};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder.path));
    return folder;
}

static const char *path_in(const struct folder *folder, const char *name) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    return path;
}

static void write_file(const struct folder *folder, const char *name, struct blob blob) {
    FILE *file = fopen(path_in(folder, name), "wb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(fwrite(blob.data, 1, blob.bytes, file), blob.bytes);
    CU_ASSERT_EQUAL(fclose(file), 0);
    free(blob.data);
}

static void write_text(const struct folder *folder, const char *name, const char *text) {
    write_file(folder, name, blob_of(text, strlen(text)));
}

static int count_files(const struct folder *folder) {
    int count = 0;
    DIR *dir = opendir(folder->path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void remove_folder(const struct folder *folder) {
    DIR *dir = opendir(folder->path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') unlink(path_in(folder, entry->d_name));
    closedir(dir);
    CU_ASSERT_EQUAL(rmdir(folder->path), 0);
}

/* ---------------------------------------------------------------- safetensors */

static const char two_tensors[] = "{\"__metadata__\":{\"format\":\"pt\",\"polytome\":\"{}\"},"
                                  "\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[4,28]},"
                                  "\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}   ";

static void test_weights_read(void) {
    struct blob blob = weights_file(two_tensors, 28);
    struct safetensors *st = open_weights(blob);
    CU_ASSERT_STRING_EQUAL(safetensors_path(st), "w.safetensors");
    CU_ASSERT_EQUAL_FATAL(safetensors_count(st), 2);
    CU_ASSERT_STRING_EQUAL(safetensors_at(st, 0)->name, "a");
    CU_ASSERT_STRING_EQUAL(safetensors_at(st, 1)->name, "b");
    CU_ASSERT_PTR_NULL(safetensors_find(st, "c"));
    CU_ASSERT_PTR_NULL(safetensors_find(st, "__metadata__"));
    CU_ASSERT_STRING_EQUAL(safetensors_metadata(st, "format"), "pt");
    CU_ASSERT_STRING_EQUAL(safetensors_metadata(st, "polytome"), "{}");
    CU_ASSERT_PTR_NULL(safetensors_metadata(st, "other"));
    const struct tensor *b = safetensors_find(st, "b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(b);
    CU_ASSERT_EQUAL(b->dtype, DTYPE_F32);
    CU_ASSERT_STRING_EQUAL(b->dtype_name, "F32");
    CU_ASSERT_EQUAL(b->rank, 2);
    CU_ASSERT_EQUAL(b->shape[0], 2);
    CU_ASSERT_EQUAL(b->shape[1], 3);
    CU_ASSERT_EQUAL(b->elements, 6);
    CU_ASSERT_EQUAL(b->bytes, 24);
    CU_ASSERT_PTR_EQUAL(b->data, blob.data + blob.bytes - 24);
    char text[32], small[4];
    CU_ASSERT_STRING_EQUAL(tensor_shape_text(b, text, sizeof text), "[2,3]");
    CU_ASSERT_STRING_EQUAL(tensor_shape_text(b, small, sizeof small), "[2,");
    safetensors_close(&st);
    CU_ASSERT_PTR_NULL(st);
    free(blob.data);
}

/** What the format allows: no tensors, white space, scalars, empty tensors, escapes, unknown keys, unaligned data. */
static void test_weights_allowed(void) {
    static const struct {
        const char *header;
        size_t data_bytes, count;
    } cases[] = {
        {"{}", 0, 0},
        {" \t\r\n{}\n ", 0, 0},
        {"{\"__metadata__\":{}}", 0, 0},
        {"{\"__metadata__\":null}", 0, 0},
        {"{\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, 1},
        {"{\"e\":{\"dtype\":\"F32\",\"shape\":[3,0,2],\"data_offsets\":[0,0]}}", 0, 1},
        {"{\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
         "\"s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
         4, 2},
        {"{\"\\u0061\\u00e9\":{\"data_offsets\":[0,1],\"shape\":[1],\"dtype\":\"U8\",\"more\":[1]}}", 1, 1},
        {"{\"x\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}",
         5, 2},
        {"{\"r\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,2],\"data_offsets\":[0,2]}}", 2, 1},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct blob blob = weights_file(cases[i].header, cases[i].data_bytes);
        struct safetensors *st = open_weights(blob);
        CU_ASSERT_EQUAL(safetensors_count(st), cases[i].count);
        safetensors_close(&st);
        free(blob.data);
    }
}

static void test_weights_dtypes(void) {
    static const struct {
        const char *name;
        int bits;
    } dtypes[] = {{"BOOL", 8},    {"U8", 8},          {"I8", 8},          {"F8_E5M2", 8}, {"F8_E4M3", 8},
                  {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},    {"U16", 16},
                  {"F16", 16},    {"BF16", 16},       {"I32", 32},        {"U32", 32},    {"F32", 32},
                  {"C64", 64},    {"F64", 64},        {"I64", 64},        {"U64", 64},    {"F4", 4},
                  {"F6_E2M3", 6}, {"F6_E3M2", 6}};
    for (size_t i = 0; i < CHECK_COUNT(dtypes); i++) {
        char header[128];
        snprintf(header, sizeof header, "{\"t\":{\"dtype\":\"%s\",\"shape\":[4],\"data_offsets\":[0,%d]}}",
                 dtypes[i].name, dtypes[i].bits / 2);
        struct blob blob = weights_file(header, (size_t)dtypes[i].bits / 2);
        struct safetensors *st = open_weights(blob);
        const struct tensor *tensor = safetensors_find(st, "t");
        CU_ASSERT_PTR_NOT_NULL_FATAL(tensor);
        CU_ASSERT_STRING_EQUAL(tensor->dtype_name, dtypes[i].name);
        const char *const name = dtypes[i].name;
        const bool floating =
            !strcmp(name, "F32") || !strcmp(name, "F16") || !strcmp(name, "BF16") || !strcmp(name, "F64");
        CU_ASSERT_EQUAL(tensor->dtype != DTYPE_OTHER, floating);
        float out[4];
        ptm_error err = {0};
        const ptm_status status = tensor_to_f32(tensor, out, &err);
        if (floating) CU_ASSERT_EQUAL(status, PTM_OK);
        if (!floating) expect_error(status, &err, PTM_EMODEL, dtypes[i].name);
        safetensors_close(&st);
        free(blob.data);
    }
}

/** One tensor "t" of the given dtype, shape and offsets. */
#define ENTRY(dtype, shape, offsets) \
    "{\"t\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static void test_weights_rules(void) {
    static const struct {
        const char *header;
        size_t data_bytes;
        ptm_status status;
        const char *part;
    } cases[] = {
        /* text */
        {"", 0, PTM_EFORMAT, "damaged JSON"},
        {"[]", 0, PTM_EFORMAT, "found an array"},
        {"{\"t\":", 0, PTM_EFORMAT, "damaged JSON"},
        {"{} {}", 0, PTM_EFORMAT, "damaged JSON"},
        {"{\"\xff\":1}", 0, PTM_EFORMAT, "damaged JSON"},
        {"{\"a\\u0000b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, PTM_EFORMAT, "damaged JSON"},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"\\u0074\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
         1, PTM_EFORMAT, "duplicate"},
        {"{\"t\":{\"dtype\":\"U8\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, PTM_EFORMAT,
         "duplicate"},
        /* metadata */
        {"{\"__metadata__\":[]}", 0, PTM_EFORMAT, "__metadata__ is not an object"},
        {"{\"__metadata__\":{\"k\":1}}", 0, PTM_EFORMAT, "\"k\" in __metadata__ is not a string"},
        /* entries */
        {"{\"t\":[]}", 0, PTM_EFORMAT, "\"t\" is not described by an object"},
        {"{\"t\":null}", 0, PTM_EFORMAT, "\"t\" is not described by an object"},
        {"{\"t\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, PTM_EFORMAT, "\"t\" has no string \"dtype\""},
        {"{\"t\":{\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]}}", 1, PTM_EFORMAT, "no string \"dtype\""},
        {ENTRY("F31", "[1]", "[0,4]"), 4, PTM_EFORMAT, "\"t\" has dtype \"F31\""},
        {ENTRY("f32", "[1]", "[0,4]"), 4, PTM_EFORMAT, "dtype \"f32\""},
        {"{\"t\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, PTM_EFORMAT, "\"t\" has no array \"shape\""},
        {ENTRY("U8", "1", "[0,1]"), 1, PTM_EFORMAT, "no array \"shape\""},
        {ENTRY("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1, PTM_EMODEL, "9 dimensions, where at most 8"},
        {ENTRY("U8", "[1,-1]", "[0,1]"), 1, PTM_EFORMAT, "dimension 1"},
        {ENTRY("U8", "[1.0]", "[0,1]"), 1, PTM_EFORMAT, "dimension 0"},
        {ENTRY("U8", "[\"1\"]", "[0,1]"), 1, PTM_EFORMAT, "dimension 0"},
        {ENTRY("U8", "[2,18446744073709551614]", "[0,1]"), 1, PTM_EFORMAT, "too big integer"},
        {ENTRY("U8", "[4,4611686018427387904]", "[0,0]"), 0, PTM_EFORMAT, "more elements than can be counted"},
        {ENTRY("F32", "[2,4611686018427387904]", "[0,0]"), 0, PTM_EFORMAT, "larger than any memory"},
        /* sizes */
        {ENTRY("F4", "[3]", "[0,1]"), 1, PTM_EFORMAT, "whole byte"},
        {ENTRY("F6_E2M3", "[2]", "[0,1]"), 1, PTM_EFORMAT, "whole byte"},
        {ENTRY("F32", "[2,2]", "[0,15]"), 15, PTM_EFORMAT,
         "has 15 bytes of data, where its shape [2,2] and dtype F32 expect 16"},
        {ENTRY("F32", "[2]", "[0,16]"), 16, PTM_EFORMAT, "expect 8"},
        /* offsets */
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "{}"), 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "[0]"), 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "[0,1,2]"), 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "[-1,0]"), 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "[0,1.0]"), 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "[0,\"1\"]"), 1, PTM_EFORMAT, "no \"data_offsets\""},
        {ENTRY("U8", "[1]", "[1,0]"), 1, PTM_EFORMAT, "begins at data offset 1 but ends at 0"},
        {ENTRY("U8", "[2]", "[0,2]"), 1, PTM_EFORMAT, "holds only 1 bytes of data: it is cut short"},
        {ENTRY("U8", "[9223372036854775807]", "[0,9223372036854775807]"), 1, PTM_EFORMAT, "cut short"},
        /* tiling */
        {ENTRY("U8", "[1]", "[1,2]"), 2, PTM_EFORMAT,
         "\"t\" begins at data offset 1, where 0 was expected: there is a hole"},
        {ENTRY("U8", "[0]", "[1,1]"), 1, PTM_EFORMAT, "hole"},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"u\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
         3, PTM_EFORMAT, "\"u\" begins at data offset 1, where 2 was expected: it overlaps"},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
         "\"u\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}",
         2, PTM_EFORMAT, "overlaps"},
        {"{\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
         "\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}",
         3, PTM_EFORMAT, "\"u\" begins at data offset 2, where 1 was expected: there is a hole"},
        {ENTRY("U8", "[1]", "[0,1]"), 3, PTM_EFORMAT, "2 bytes follow the last tensor"},
        {"{}", 1, PTM_EFORMAT, "1 bytes follow the last tensor"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++)
        expect_weights_error(weights_file(cases[i].header, cases[i].data_bytes), MAX_HEADER, cases[i].status,
                             cases[i].part);
}

static void test_weights_header_length(void) {
    expect_weights_error(blob_of("", 0), MAX_HEADER, PTM_EFORMAT, "has 0 bytes, too few");
    expect_weights_error(blob_of("\2\0\0\0\0\0\0", 7), MAX_HEADER, PTM_EFORMAT, "has 7 bytes, too few");
    expect_weights_error(blob_of("\3\0\0\0\0\0\0\0{}", 10), MAX_HEADER, PTM_EFORMAT,
                         "gives its header 3 bytes, but only 2 follow");
    expect_weights_error(blob_of("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10), MAX_HEADER, PTM_EFORMAT,
                         "18446744073709551615 bytes, more than the 100000000 of the format");
    expect_weights_error(blob_of("\x01\xe1\xf5\x05\0\0\0\0{}", 10), SIZE_MAX, PTM_EFORMAT, "100000001 bytes, more");
    expect_weights_error(weights_file(two_tensors, 28), 100, PTM_ELIMIT, "max_header_bytes of 100");
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\noid sha256:";
    expect_weights_error(blob_of(pointer, sizeof pointer - 1), MAX_HEADER, PTM_EFORMAT, "git lfs pull");
}

static void test_weights_deep(void) {
    enum { DEPTH = 100000 };
    char *header = malloc(DEPTH + 6);
    CU_ASSERT_PTR_NOT_NULL_FATAL(header);
    memcpy(header, "{\"t\":", 5);
    memset(header + 5, '[', DEPTH);
    header[5 + DEPTH] = '\0';
    expect_weights_error(weights_file(header, 0), MAX_HEADER, PTM_EFORMAT, "depth");
    free(header);
}

/** A name that fills the sentence must not push out what is wrong. */
static void test_weights_long_name(void) {
    char header[4096] = "{\"";
    memset(header + 2, 'n', 3000);
    strcpy(header + 3002, "\":{\"dtype\":\"F31\",\"shape\":[],\"data_offsets\":[0,0]}}");
    expect_weights_error(weights_file(header, 0), MAX_HEADER, PTM_EFORMAT, "F31");
}

/** The tensors tile the file, so whatever its end loses is noticed, wherever it is cut. */
static void test_weights_truncated(void) {
    struct blob whole = weights_file(two_tensors, 28);
    struct safetensors *st = open_weights(whole);
    safetensors_close(&st);
    for (size_t bytes = 0; bytes < whole.bytes; bytes++) {
        const struct blob cut = blob_of(whole.data, bytes);
        ptm_error err = {0};
        CU_ASSERT_EQUAL(safetensors_open_memory(&st, cut.data, cut.bytes, "cut", MAX_HEADER, &err), PTM_EFORMAT);
        CU_ASSERT_PTR_NULL(st);
        CU_ASSERT_TRUE(strlen(err.message) > 10);
        free(cut.data);
    }
    free(whole.data);
}

/** A NULL error is allowed everywhere. */
static void test_weights_no_error(void) {
    struct safetensors *st;
    CU_ASSERT_EQUAL(safetensors_open_memory(&st, "x", 1, "x", MAX_HEADER, NULL), PTM_EFORMAT);
    CU_ASSERT_EQUAL(safetensors_open_memory(&st, NULL, 0, "x", MAX_HEADER, NULL), PTM_EFORMAT);
    CU_ASSERT_EQUAL(safetensors_open(&st, "/nonexistent/model.safetensors", MAX_HEADER, NULL), PTM_EIO);
    safetensors_close(NULL);
}

/* ---------------------------------------------------------------- half precision */

/** The value of a half by its definition. */
static double half_value(unsigned half) {
    const int exponent = half >> 10 & 31, mantissa = half & 0x3ff;
    double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    if (exponent == 31) value = mantissa ? NAN : INFINITY;
    return half & 0x8000 ? -value : value;
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/** All 65,536 values, from an odd address. */
static void test_half_precision(void) {
    enum { COUNT = 65536 };
    unsigned char *data = malloc(2 * COUNT + 1);
    float *out = malloc(COUNT * sizeof *out);
    CU_ASSERT_TRUE_FATAL(data && out);
    for (unsigned i = 0; i < COUNT; i++) {
        data[1 + 2 * i] = (unsigned char)(i & 0xff);
        data[2 + 2 * i] = (unsigned char)(i >> 8);
    }
    struct tensor tensor = {.name = "t", .dtype = DTYPE_F16, .dtype_name = "F16", .elements = COUNT, .data = data + 1};
    CHECK_OK(tensor_to_f32(&tensor, out, err));
    size_t wrong = 0;
    for (unsigned i = 0; i < COUNT; i++) {
        const double expected = half_value(i);
        if (isnan(expected))
            wrong += bits_of(out[i]) != ((i & 0x8000u) << 16 | 0x7f800000u | (i & 0x3ffu) << 13);
        else
            wrong += out[i] != expected || !signbit(out[i]) != !signbit(expected);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    tensor.dtype = DTYPE_BF16;
    CHECK_OK(tensor_to_f32(&tensor, out, err));
    for (unsigned i = 0; i < COUNT; i++) wrong += bits_of(out[i]) != i << 16;
    CU_ASSERT_EQUAL(wrong, 0);
    free(out);
    free(data);
}

/** From an odd address: a tie goes to the even neighbour, and what no float can hold is infinite. */
static void test_double_precision(void) {
    const double values[] = {1.5, -0.0, 0x1.000001p0, 0x1.000003p0, 0x1p-149, 1e300};
    const float expected[] = {1.5f, -0.0f, 1.0f, 0x1.000004p0f, 0x1p-149f, INFINITY};
    unsigned char data[sizeof values + 1];
    memcpy(data + 1, values, sizeof values);
    const struct tensor tensor = {.name = "t", .dtype = DTYPE_F64, .elements = 6, .data = data + 1, .bytes = 48};
    float out[6];
    CHECK_OK(tensor_to_f32(&tensor, out, err));
    CU_ASSERT_EQUAL(memcmp(out, expected, sizeof out), 0);
}

static void test_single_precision(void) {
    const uint32_t bits[] = {0x3f800000u, 0x80000000u, 0x00000001u, 0x7f800000u, 0x7fa00001u};
    unsigned char data[sizeof bits + 1];
    memcpy(data + 1, bits, sizeof bits);
    const struct tensor tensor = {.name = "t", .dtype = DTYPE_F32, .elements = 5, .data = data + 1, .bytes = 20};
    float out[5];
    CHECK_OK(tensor_to_f32(&tensor, out, err));
    CU_ASSERT_EQUAL(memcmp(out, bits, sizeof bits), 0);
}

/* ---------------------------------------------------------------- safetensors on disk */

static void expect_open_error(const char *path, ptm_status expected, const char *part) {
    ptm_error err = {0};
    struct safetensors *st;
    expect_error(safetensors_open(&st, path, MAX_HEADER, &err), &err, expected, part);
    CU_ASSERT_PTR_NULL(st);
}

static void test_disk(void) {
    const struct folder folder = make_folder();
    write_file(&folder, "model.safetensors", weights_file(two_tensors, 28));
    struct safetensors *st;
    CHECK_OK(safetensors_open(&st, path_in(&folder, "model.safetensors"), MAX_HEADER, err));
    CU_ASSERT_STRING_EQUAL(safetensors_path(st), path_in(&folder, "model.safetensors"));
    const struct tensor *a = safetensors_find(st, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    CU_ASSERT_EQUAL(memcmp(a->data, "\0\1\2\3", 4), 0);
    unlink(path_in(&folder, "model.safetensors"));
    CU_ASSERT_EQUAL(memcmp(a->data, "\0\1\2\3", 4), 0); /* the mapping outlives the name */
    safetensors_close(&st);

    write_text(&folder, "empty.safetensors", "");
    expect_open_error(path_in(&folder, "empty.safetensors"), PTM_EFORMAT, "has 0 bytes");
    expect_open_error(path_in(&folder, "none.safetensors"), PTM_EIO, "none.safetensors: cannot open");
    expect_open_error(folder.path, PTM_EIO, "is a directory");
    CU_ASSERT_EQUAL(mkfifo(path_in(&folder, "pipe.safetensors"), 0600), 0);
    expect_open_error(path_in(&folder, "pipe.safetensors"), PTM_EIO, "is a pipe or device");
    remove_folder(&folder);
}

static const char index_name[] = "model.safetensors.index.json";

static void write_shards(const struct folder *folder) {
    write_file(folder, "model-1.safetensors",
               weights_file("{\"__metadata__\":{\"format\":\"pt\"},"
                            "\"z\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                            "\"m\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}",
                            3));
    write_file(folder, "model-2.safetensors",
               weights_file("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4));
    write_file(folder, "again.safetensors",
               weights_file("{\"m\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4));
}

static void test_index(void) {
    const struct folder folder = make_folder();
    write_shards(&folder);
    write_text(&folder, index_name,
               "{\"metadata\":{\"total_size\":7},\"weight_map\":{\"z\":\"model-1.safetensors\","
               "\"a\":\"model-2.safetensors\",\"m\":\"model-1.safetensors\"}}");
    struct safetensors *st;
    CHECK_OK(safetensors_open(&st, path_in(&folder, index_name), MAX_HEADER, err));
    CU_ASSERT_EQUAL_FATAL(safetensors_count(st), 3);
    CU_ASSERT_STRING_EQUAL(safetensors_at(st, 0)->name, "a");
    CU_ASSERT_STRING_EQUAL(safetensors_at(st, 1)->name, "m");
    CU_ASSERT_STRING_EQUAL(safetensors_at(st, 2)->name, "z");
    CU_ASSERT_EQUAL(memcmp(safetensors_find(st, "m")->data, "\2", 1), 0);
    CU_ASSERT_STRING_EQUAL(safetensors_metadata(st, "format"), "pt");
    safetensors_close(&st);
    CU_ASSERT_EQUAL(chdir(folder.path), 0); /* an index without a folder in its path */
    CHECK_OK(safetensors_open(&st, index_name, MAX_HEADER, err));
    safetensors_close(&st);
    CU_ASSERT_EQUAL(chdir("/"), 0);
    remove_folder(&folder);
}

static void test_index_rules(void) {
    static const struct {
        const char *index;
        ptm_status status;
        const char *part;
    } cases[] = {
        {"{}", PTM_EFORMAT, "no object \"weight_map\""},
        {"{\"weight_map\":[]}", PTM_EFORMAT, "no object \"weight_map\""},
        {"", PTM_EFORMAT, "index.json: damaged JSON"},
        {"{\"weight_map\":{\"a\":1}}", PTM_EFORMAT, "(not a string)"},
        {"{\"weight_map\":{\"a\":\"/etc/model-2.safetensors\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\"../model-2.safetensors\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\"x\\\\model-2.safetensors\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\"..model-2.safetensors\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\".safetensors\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\"passwd\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\"\"}}", PTM_EFORMAT, "plain name"},
        {"{\"weight_map\":{\"a\":\"gone.safetensors\"}}", PTM_EIO, "gone.safetensors: cannot open"},
        {"{\"weight_map\":{\"a\":\"model-2.safetensors\",\"b\":\"model-2.safetensors\"}}", PTM_EFORMAT,
         "names tensor \"b\" of shard model-2.safetensors, which does not have it"},
        {"{\"weight_map\":{\"m\":\"model-1.safetensors\",\"a\":\"model-1.safetensors\"}}", PTM_EFORMAT,
         "names tensor \"a\" of shard model-1.safetensors"},
        {"{\"weight_map\":{\"z\":\"model-1.safetensors\",\"m\":\"again.safetensors\"}}", PTM_EFORMAT,
         "tensor \"m\" is in two shards"},
    };
    const struct folder folder = make_folder();
    write_shards(&folder);
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        write_text(&folder, index_name, cases[i].index);
        expect_open_error(path_in(&folder, index_name), cases[i].status, cases[i].part);
    }
    remove_folder(&folder);
}

/** A real checkpoint, as its writer made it. */
static void test_shared_weights(void) {
    char path[512];
    if (!check_shared(path, sizeof path, "goldens/videomae/model.safetensors")) {
        printf("(no shared data: skipped) ");
        return;
    }
    struct safetensors *st;
    CHECK_OK(safetensors_open(&st, path, MAX_HEADER, err));
    CU_ASSERT_TRUE(safetensors_count(st) > 10);
    for (size_t i = 0; i < safetensors_count(st); i++)
        CU_ASSERT_PTR_EQUAL(safetensors_find(st, safetensors_at(st, i)->name), safetensors_at(st, i));
    safetensors_close(&st);
}

/* ---------------------------------------------------------------- JSON */

static struct json_document *parse_json(const char *text) {
    struct json_document *document;
    CHECK_OK(json_open_memory(&document, text, strlen(text), "config.json", err));
    return document;
}

static void test_json_values(void) {
    struct json_document *document =
        parse_json("{\"i\":3,\"r\":3.0,\"n\":-2.5,\"t\":true,\"f\":false,\"null\":null,\"s\":\"text\","
                   "\"a\":[1,2.5,-3],\"o\":{\"i\":7}}");
    const struct json root = json_root(document);
    int i = -1, real = -1, absent = 42, inner = -1;
    double n = 0;
    bool t = false, f = true;
    const char *s = NULL;
    float a[3];
    CHECK_OK(json_get_int(root, "i", 0, 10, &i, err));
    CHECK_OK(json_get_int(root, "r", 3, 3, &real, err));
    CHECK_OK(json_get_int(root, "none", 0, 1, &absent, err));
    CHECK_OK(json_get_int(root, "null", 0, 1, &absent, err));
    CHECK_OK(json_get_int(json_get(root, "o"), "i", 0, 10, &inner, err));
    CHECK_OK(json_get_double(root, "n", -3, 0, &n, err));
    CHECK_OK(json_get_bool(root, "t", &t, err));
    CHECK_OK(json_get_bool(root, "f", &f, err));
    CHECK_OK(json_get_string(root, "s", &s, err));
    CHECK_OK(json_get_floats(root, "a", 3, a, err));
    CU_ASSERT_TRUE(i == 3 && real == 3 && absent == 42 && inner == 7 && n == -2.5 && t && !f);
    CU_ASSERT_STRING_EQUAL(s, "text");
    CU_ASSERT_TRUE(a[0] == 1 && a[1] == 2.5f && a[2] == -3);
    CHECK_OK(json_get_double(root, "i", 0, 10, &n, err));
    CU_ASSERT_EQUAL(n, 3);
    json_close(&document);
    CU_ASSERT_PTR_NULL(document);
    json_close(&document);
}

static void test_json_kinds(void) {
    struct json_document *document =
        parse_json("{\"i\":3,\"r\":3.5,\"null\":null,\"s\":\"text\",\"a\":[1,\"x\"],\"o\":{}}");
    const struct json root = json_root(document), a = json_get(root, "a"), none = json_get(root, "none");
    CU_ASSERT_TRUE(json_is_object(root) && json_is_object(json_get(root, "o")) && !json_is_object(a));
    CU_ASSERT_TRUE(json_is_array(a) && !json_is_array(root) && !json_is_array(none));
    CU_ASSERT_TRUE(json_is_string(json_get(root, "s")) && !json_is_string(a));
    CU_ASSERT_TRUE(json_is_number(json_get(root, "i")) && json_is_number(json_get(root, "r")) && !json_is_number(a));
    CU_ASSERT_TRUE(json_present(a) && !json_present(none) && !json_present(json_get(root, "null")));
    CU_ASSERT_FALSE(json_present(json_get(a, "key")));
    CU_ASSERT_FALSE(json_present(json_get(json_get(none, "x"), "y")));
    CU_ASSERT_TRUE(json_length(a) == 2 && json_length(root) == 0 && json_length(none) == 0);
    CU_ASSERT_FALSE(json_present(json_at(a, 2)));
    CU_ASSERT_STRING_EQUAL(json_text(json_at(a, 1)), "x");
    CU_ASSERT_PTR_NULL(json_text(json_at(a, 0)));
    CU_ASSERT_TRUE(json_number(json_at(a, 0), 9) == 1 && json_number(json_at(a, 1), 9) == 9);
    CU_ASSERT_EQUAL(json_number(none, 9), 9);
    int64_t integer = 0;
    CU_ASSERT_TRUE(json_is_int64(json_get(root, "i"), &integer) && integer == 3);
    CU_ASSERT_FALSE(json_is_int64(json_get(root, "r"), &integer));
    json_close(&document);
}

static void test_json_errors(void) {
    struct json_document *document =
        parse_json("{\"i\":3.5,\"big\":3000000000,\"huge\":1e300,\"s\":\"text\",\"a\":[1,1e39],\"b\":[1,\"x\"],"
                   "\"o\":{\"i\":true}}");
    const struct json root = json_root(document);
    int i = 5;
    double d = 5;
    bool t = true;
    const char *s = "old";
    float a[2] = {5, 5};
#define EXPECT(call, part)                                              \
    do {                                                                \
        ptm_error failure = {0}, *const err = &failure;                 \
        expect_error((call), err, PTM_EMODEL, part);                    \
        CU_ASSERT_PTR_NOT_NULL(strstr(failure.message, "config.json")); \
    } while (0)
    EXPECT(json_get_int(root, "i", 0, 9, &i, err), "\"i\" is 3.5, where an integer from 0 to 9 was expected");
    EXPECT(json_get_int(root, "big", 0, INT_MAX, &i, err), "\"big\" is 3000000000");
    EXPECT(json_get_int(root, "huge", 0, INT_MAX, &i, err), "\"huge\" is 1e+300");
    EXPECT(json_get_int(root, "s", 0, 9, &i, err), "\"s\" is \"text\"");
    EXPECT(json_get_int(json_get(root, "o"), "i", 0, 9, &i, err), "\"o.i\" is true");
    EXPECT(json_get_double(root, "huge", 0, 1e9, &d, err), "a number from 0 to 1e+09");
    EXPECT(json_get_double(root, "a", 0, 1, &d, err), "\"a\" is an array of 2");
    EXPECT(json_get_bool(root, "i", &t, err), "true or false");
    EXPECT(json_get_string(root, "o", &s, err), "\"o\" is an object, where a string");
    EXPECT(json_get_floats(root, "a", 3, a, err), "an array of 3 numbers");
    EXPECT(json_get_floats(root, "s", 2, a, err), "an array of 2 numbers");
    EXPECT(json_get_floats(root, "a", 2, a, err), "a finite float as element 1");
    EXPECT(json_get_floats(root, "b", 2, a, err), "is \"x\", where a finite float as element 1");
#undef EXPECT
    CU_ASSERT_TRUE(i == 5 && d == 5 && t && a[0] == 5 && a[1] == 5); /* failures change nothing */
    CU_ASSERT_STRING_EQUAL(s, "old");
    json_close(&document);
}

/** Appends the keys to a text; fails at the key "stop". */
static ptm_status collect(void *context, const char *key, struct json value, ptm_error *err) {
    if (!strcmp(key, "stop")) return error_set(err, PTM_EMODEL, "stopped");
    strcat(strcat(context, key), json_is_number(value) ? "," : "!");
    return PTM_OK;
}

static void test_json_each(void) {
    struct json_document *document = parse_json("{\"z\":1,\"a\":\"x\",\"m\":2,\"o\":{\"y\":1,\"stop\":1,\"x\":1}}");
    char keys[64] = "";
    CHECK_OK(json_each(json_root(document), collect, keys, err));
    CU_ASSERT_STRING_EQUAL(keys, "z,a!m,o!");
    keys[0] = '\0';
    ptm_error failure = {0};
    const ptm_status status = json_each(json_get(json_root(document), "o"), collect, keys, &failure);
    expect_error(status, &failure, PTM_EMODEL, "stopped");
    CU_ASSERT_STRING_EQUAL(keys, "y,");
    CHECK_OK(json_each(json_get(json_root(document), "none"), collect, keys, err));
    json_close(&document);
}

static void test_json_documents(void) {
    static const char *const damaged[] = {
        "", "{", "[1]", "1", "{\"a\":NaN}", "{\"a\":1e999}", "{\"a\":1,\"a\":2}", "{\"a\":1}x"};
    for (size_t i = 0; i < CHECK_COUNT(damaged); i++) {
        ptm_error err = {0};
        struct json_document *document;
        const ptm_status status = json_open_memory(&document, damaged[i], strlen(damaged[i]), "c.json", &err);
        expect_error(status, &err, PTM_EFORMAT, "c.json: damaged JSON");
        CU_ASSERT_PTR_NULL(document);
    }
    const struct folder folder = make_folder();
    write_text(&folder, "config.json", "{\"depth\":12}");
    struct json_document *document;
    CHECK_OK(json_open(&document, path_in(&folder, "config.json"), 12, err));
    CU_ASSERT_EQUAL(json_number(json_get(json_root(document), "depth"), 0), 12);
    json_close(&document);
    ptm_error err = {0};
    expect_error(json_open(&document, path_in(&folder, "config.json"), 11, &err), &err, PTM_ELIMIT, "has 12 bytes");
    error_clear(&err);
    expect_error(json_open(&document, path_in(&folder, "none.json"), 11, &err), &err, PTM_EIO, "none.json");
    CU_ASSERT_PTR_NULL(document);
    remove_folder(&folder);
}

/* Jansson's own hook; its header cannot stand beside ours, whose names its macros take. */
void json_set_alloc_funcs(void *(*malloc_fn)(size_t), void (*free_fn)(void *));

static int allocations_left; /* before Jansson's next one fails */

static void *failing_malloc(size_t bytes) {
    if (allocations_left-- > 0) return malloc(bytes);
    errno = ENOMEM; /* as malloc() does */
    return NULL;
}

/** Fails the 1st, 2nd, ... allocation of the parser in turn: each is PTM_ENOMEM, not "damaged". */
static void test_json_memory(void) {
    const struct blob blob = weights_file(two_tensors, 28);
    json_set_alloc_funcs(failing_malloc, free);
    int failures = 0;
    for (ptm_status status = PTM_ENOMEM; status == PTM_ENOMEM && failures < 10000; failures++) {
        struct safetensors *st;
        ptm_error err = {0};
        allocations_left = failures;
        status = safetensors_open_memory(&st, blob.data, blob.bytes, "w.safetensors", MAX_HEADER, &err);
        CU_ASSERT_TRUE(status == PTM_ENOMEM || status == PTM_OK);
        CU_ASSERT_EQUAL(status == PTM_OK, st != NULL);
        if (status == PTM_EFORMAT) printf("\n    allocation %d: %s\n", failures, err.message);
        safetensors_close(&st);
    }
    json_set_alloc_funcs(malloc, free);
    CU_ASSERT_TRUE(failures > 10 && failures < 10000);
    free(blob.data);
}

/* ---------------------------------------------------------------- npy */

/** A .npy file of a version, with this header text and data. */
static struct blob npy_file(int version, const char *header, const void *data, size_t data_bytes) {
    const size_t length = strlen(header), begin = version == 1 ? 10 : 12;
    struct blob blob = {malloc(begin + length + data_bytes), begin + length + data_bytes};
    CU_ASSERT_PTR_NOT_NULL_FATAL(blob.data);
    memcpy(blob.data, "\x93NUMPY", 6);
    blob.data[6] = (unsigned char)version;
    blob.data[7] = 0;
    for (size_t i = 8; i < begin; i++) blob.data[i] = (unsigned char)(length >> 8 * (i - 8));
    memcpy(blob.data + begin, header, length);
    if (data_bytes) memcpy(blob.data + begin + length, data, data_bytes);
    return blob;
}

/** What numpy.save() wrote for float32 [[1.5, -2, 3], [4, 5, 1e-3]]: header, spaces to 127, line feed, elements. */
static void test_npy_golden(void) {
    static const char head[] = "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    static const float values[] = {1.5f, -2, 3, 4, 5, 1e-3f};
    unsigned char file[128 + sizeof values];
    memset(file, ' ', 128);
    memcpy(file, head, sizeof head - 1);
    file[127] = '\n';
    memcpy(file + 128, values, sizeof values);
    struct npy npy;
    CHECK_OK(npy_read_memory(&npy, file, sizeof file, "golden", err));
    CU_ASSERT_TRUE(npy.type == NPY_FLOAT32 && npy.rank == 2 && npy.shape[0] == 2 && npy.shape[1] == 3);
    CU_ASSERT_EQUAL_FATAL(npy.count, 6);
    CU_ASSERT_EQUAL(memcmp(npy.data, values, sizeof values), 0);
    npy_free(&npy);
    CU_ASSERT_PTR_NULL(npy.data);

    const struct folder folder = make_folder(); /* and we write the same bytes */
    CHECK_OK(npy_write(path_in(&folder, "x.npy"), NPY_FLOAT32, (int[]){2, 3}, 2, values, err));
    unsigned char written[sizeof file + 1];
    FILE *stream = fopen(path_in(&folder, "x.npy"), "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    CU_ASSERT_EQUAL(fread(written, 1, sizeof written, stream), sizeof file);
    fclose(stream);
    CU_ASSERT_EQUAL(memcmp(written, file, sizeof file), 0);
    remove_folder(&folder);
}

static void test_npy_headers(void) {
    static const struct {
        int version;
        const char *header;
        int rank;
        size_t count;
    } cases[] = {
        {1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", 1, 2},
        {2, "{\"shape\":(1,2),\"fortran_order\":False,\"descr\":\"<i4\"}", 2, 2},
        {3, " { 'shape' : ( 2L , ) , 'descr' : '<i4' , 'fortran_order' : True }  \n", 1, 2},
        {1, "{'descr': '<i8', 'fortran_order': True, 'shape': ()}", 0, 1},
        {1, "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1, 1, 2, 1, 1, 1, 1)}", 8, 2},
    };
    const int32_t data[2] = {7, 0};
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        const struct blob blob = npy_file(cases[i].version, cases[i].header, data, sizeof data);
        struct npy npy;
        CHECK_OK(npy_read_memory(&npy, blob.data, blob.bytes, "x.npy", err));
        CU_ASSERT_TRUE(npy.type == NPY_INT32 && npy.rank == cases[i].rank && npy.count == cases[i].count);
        CU_ASSERT_EQUAL(*(int32_t *)npy.data, 7);
        npy_free(&npy);
        free(blob.data);
    }
}

static void test_npy_narrowing(void) {
    const double doubles[] = {0.1, -INFINITY, NAN, 1e300};
    struct blob blob = npy_file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", doubles, sizeof doubles);
    struct npy npy;
    CHECK_OK(npy_read_memory(&npy, blob.data, blob.bytes, "x.npy", err));
    const float *floats = npy.data;
    CU_ASSERT_TRUE(floats[0] == 0.1f && floats[1] == -INFINITY && isnan(floats[2]) && floats[3] == INFINITY);
    npy_free(&npy);
    free(blob.data);

    const int64_t integers[] = {INT32_MAX, INT32_MIN, (int64_t)INT32_MAX + 1};
    blob = npy_file(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", integers, 16);
    CHECK_OK(npy_read_memory(&npy, blob.data, blob.bytes, "x.npy", err));
    CU_ASSERT_TRUE(((int32_t *)npy.data)[0] == INT32_MAX && ((int32_t *)npy.data)[1] == INT32_MIN);
    npy_free(&npy);
    free(blob.data);

    blob = npy_file(1, "{'descr': '<i8', 'fortran_order': False, 'shape': (3,)}", integers, 24);
    ptm_error err = {0};
    const ptm_status status = npy_read_memory(&npy, blob.data, blob.bytes, "x.npy", &err);
    expect_error(status, &err, PTM_EFORMAT, "element 2 is 2147483648");
    CU_ASSERT_PTR_NULL(npy.data);
    free(blob.data);
}

static void expect_npy_error(struct blob blob, const char *part) {
    ptm_error err = {0};
    struct npy npy;
    expect_error(npy_read_memory(&npy, blob.data, blob.bytes, "x.npy", &err), &err, PTM_EFORMAT, part);
    CU_ASSERT_PTR_NULL(npy.data);
    free(blob.data);
}

static void test_npy_rules(void) {
    static const struct {
        const char *header, *part;
    } cases[] = {
        {"", "a Python dict"},
        {"{", "'key': value"},
        {"{}", "missing"},
        {"{'descr': '<i4', 'shape': (2,)}", "missing"},
        {"{'descr': '<i4' 'shape': (2,)}", "comma"},
        {"{'descr' '<i4'}", "'key': value"},
        {"{'descr': '<i4', 'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", "twice"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), 'x': 1}", "a key other"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2,)} 1", "text after the dict"},
        {"{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}", "plain dtype"},
        {"{'descr': '<i4, 'fortran_order': False, 'shape': (2,)}", "comma"},
        {"{'descr': '<i4", "plain dtype"},
        {"{'descr': '<\\x694', 'fortran_order': False, 'shape': (2,)}", "plain dtype"},
        {"{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", "dtype '>i4'"},
        {"{'descr': '|u1', 'fortran_order': False, 'shape': (8,)}", "dtype '|u1'"},
        {"{'descr': '<i4<i4<i4<i4<i4<i4', 'fortran_order': False, 'shape': (2,)}", "dtype '<i4<i4"},
        {"{'descr': '<i4', 'fortran_order': 0, 'shape': (2,)}", "neither True nor False"},
        {"{'descr': '<i4', 'fortran_order': True, 'shape': (1, 2)}", "Fortran order"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2)}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': [2]}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (-2,)}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1 2)}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (,)}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2,", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2147483648,)}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,2)}", "'shape' is not"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (2147483647,2147483647,2147483647)}",
         "larger than any memory"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (1,)}",
         "has 8 bytes of elements, where its shape and dtype expect 4"},
        {"{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}", "expect 12: cut short"},
    };
    static const char data[8];
    for (size_t i = 0; i < CHECK_COUNT(cases); i++)
        for (int version = 1; version <= 2; version++)
            expect_npy_error(npy_file(version, cases[i].header, data, sizeof data), cases[i].part);
    expect_npy_error(npy_file(4, "{}", NULL, 0), "version 4.0");
    expect_npy_error(blob_of("", 0), "not a .npy file");
    expect_npy_error(blob_of("\x93NUMPX\1\0\0\0", 10), "not a .npy file");
    expect_npy_error(blob_of("\x93NUMPY\2\0\0\0", 10), "ends within its .npy header");
}

static void test_npy_truncated(void) {
    for (int version = 1; version <= 3; version++) {
        struct blob whole =
            npy_file(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\n", "abcdefgh", 8);
        for (size_t bytes = 0; bytes < whole.bytes; bytes++) expect_npy_error(blob_of(whole.data, bytes), "x.npy");
        free(whole.data);
    }
}

static void test_npy_round_trip(void) {
    static const int shapes[][NPY_MAX_RANK] = {
        {0}, {6}, {2, 3}, {1, 2, 3, 1, 1, 1, 1, 1}, {4, 0}, {INT_MAX, 0, INT_MAX, 1, 1, 1, 1, INT_MAX}};
    static const int ranks[] = {0, 1, 2, 8, 2, 8};
    const struct folder folder = make_folder();
    const int32_t data[6] = {1, -2, 3, INT32_MIN, INT32_MAX, 0};
    for (size_t i = 0; i < CHECK_COUNT(ranks); i++) {
        for (int type = NPY_FLOAT32; type <= NPY_INT32; type++) {
            const char *path = path_in(&folder, "x.npy");
            CHECK_OK(npy_write(path, (enum npy_type)type, shapes[i], ranks[i], data, err));
            struct stat status;
            CU_ASSERT_EQUAL(stat(path, &status), 0);
            struct npy npy;
            CHECK_OK(npy_read(&npy, path, 1000, err));
            CU_ASSERT_TRUE(npy.type == (enum npy_type)type && npy.rank == ranks[i]);
            CU_ASSERT_EQUAL(((size_t)status.st_size - npy.count * 4) % 64, 0);
            CU_ASSERT_EQUAL(memcmp(npy.shape, shapes[i], (size_t)ranks[i] * sizeof(int)), 0);
            CU_ASSERT_EQUAL(memcmp(npy.data, data, npy.count * 4), 0);
            npy_free(&npy);
        }
    }
    CU_ASSERT_EQUAL(count_files(&folder), 1);
    struct npy npy;
    ptm_error err = {0};
    expect_error(npy_read(&npy, path_in(&folder, "x.npy"), 10, &err), &err, PTM_ELIMIT, "more than the limit of 10");
    error_clear(&err);
    expect_error(npy_read(&npy, path_in(&folder, "none.npy"), 10, &err), &err, PTM_EIO, "none.npy");
    remove_folder(&folder);
}

/** A failed write leaves nothing; what is no plain file is not replaced. */
static void test_npy_write_manners(void) {
    const struct folder folder = make_folder();
    const float one = 1;
    ptm_error failure = {0};
    const char *path = path_in(&folder, "none/x.npy");
    expect_error(npy_write(path, NPY_FLOAT32, NULL, 0, &one, &failure), &failure, PTM_EIO, "cannot write");
    error_clear(&failure);
    expect_error(npy_write(folder.path, NPY_FLOAT32, NULL, 0, &one, &failure), &failure, PTM_EIO, "cannot write");
    error_clear(&failure);
    expect_error(npy_write("x.npy", NPY_FLOAT32, (int[]){-1}, 1, &one, &failure), &failure, PTM_EINVAL,
                 "dimension 0 is -1");
    error_clear(&failure);
    expect_error(npy_write("x.npy", NPY_FLOAT32, NULL, 9, &one, &failure), &failure, PTM_EINVAL, "9 dimensions");
    error_clear(&failure);
    if (access("/dev/full", W_OK) == 0)
        expect_error(npy_write("/dev/full", NPY_FLOAT32, NULL, 0, &one, &failure), &failure, PTM_EIO, "No space left");
    CU_ASSERT_EQUAL(count_files(&folder), 0);

    CU_ASSERT_EQUAL(symlink("target.npy", path_in(&folder, "link.npy")), 0);
    write_text(&folder, "target.npy", "an older and much longer content than what is written now");
    CHECK_OK(npy_write(path_in(&folder, "link.npy"), NPY_FLOAT32, NULL, 0, &one, err));
    struct npy npy;
    CHECK_OK(npy_read(&npy, path_in(&folder, "target.npy"), 1000, err));
    CU_ASSERT_EQUAL(*(float *)npy.data, 1);
    npy_free(&npy);
    struct stat status;
    CU_ASSERT_TRUE(lstat(path_in(&folder, "link.npy"), &status) == 0 && S_ISLNK(status.st_mode));
    CU_ASSERT_EQUAL(count_files(&folder), 2);
    remove_folder(&folder);
}

/* ---------------------------------------------------------------- replacing */

/** Its name became a folder meanwhile: what was written is not lost, and the sentence says where it is. */
static void test_replace_without_name(void) {
    const struct folder folder = make_folder();
    char place[PATH_MAX], path[PATH_MAX + 8], beside[2 * PATH_MAX];
    snprintf(place, sizeof place, "%s/%0240d", folder.path, 0); /* a sentence has no room for two such names */
    CU_ASSERT_EQUAL_FATAL(mkdir(place, 0700), 0);
    snprintf(path, sizeof path, "%s/out", place);
    struct replacement replacement;
    CHECK_OK(replace_open(&replacement, path, err));
    CU_ASSERT_EQUAL(write(replacement.fd, "done", 4), 4);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    ptm_error error = {0};
    CU_ASSERT_EQUAL(replace_end(&replacement, PTM_OK, &error), PTM_EIO);
    const char *const named = strstr(error.message, "what was written is beside it, as ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(named);
    snprintf(beside, sizeof beside, "%s/%s", place, named + strlen("what was written is beside it, as "));
    FILE *file = fopen(beside, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char text[8] = {0};
    CU_ASSERT_EQUAL(fread(text, 1, sizeof text - 1, file), 4);
    CU_ASSERT_STRING_EQUAL(text, "done");
    fclose(file);
    unlink(beside);
    rmdir(path);
    rmdir(place);
    remove_folder(&folder);
}

/* ---------------------------------------------------------------- */

int main(void) {
    static const struct check_case cases[] = {
        {"safetensors: a file is read", test_weights_read},
        {"safetensors: what the format allows", test_weights_allowed},
        {"safetensors: all dtypes", test_weights_dtypes},
        {"safetensors: every rule", test_weights_rules},
        {"safetensors: length of the header", test_weights_header_length},
        {"safetensors: deep nesting", test_weights_deep},
        {"safetensors: long name", test_weights_long_name},
        {"safetensors: truncated anywhere", test_weights_truncated},
        {"safetensors: errors may be NULL", test_weights_no_error},
        {"safetensors: half precision, all values", test_half_precision},
        {"safetensors: single precision, bits kept", test_single_precision},
        {"safetensors: double precision, rounded", test_double_precision},
        {"safetensors: files on disk", test_disk},
        {"safetensors: index and shards", test_index},
        {"safetensors: every rule of the index", test_index_rules},
        {"safetensors: a real checkpoint", test_shared_weights},
        {"json: values", test_json_values},
        {"json: kinds", test_json_kinds},
        {"json: errors", test_json_errors},
        {"json: members in order", test_json_each},
        {"json: documents", test_json_documents},
        {"json: out of memory anywhere", test_json_memory},
        {"npy: as NumPy writes it", test_npy_golden},
        {"npy: headers", test_npy_headers},
        {"npy: narrowing", test_npy_narrowing},
        {"npy: every rule", test_npy_rules},
        {"npy: truncated anywhere", test_npy_truncated},
        {"npy: round trip", test_npy_round_trip},
        {"npy: manners of writing", test_npy_write_manners},
        {"replace: a name that cannot be had", test_replace_without_name},
    };
    return check_main("files", cases, CHECK_COUNT(cases));
}
