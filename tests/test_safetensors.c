/* SPDX-License-Identifier: MIT */
#include "file_bytes.h"

#include "files/safetensors.h"

#include <errno.h>
#include <math.h>

enum { MAX_HEADER = 100000000 };

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

/* Jansson's own hook; its header cannot stand beside ours, whose names its macros take. */
void json_set_alloc_funcs(void *(*malloc_fn)(size_t), void (*free_fn)(void *));

static int allocations_left; /* before Jansson's next one fails */

static void *failing_malloc(size_t bytes) {
    if (allocations_left-- > 0) return malloc(bytes);
    errno = ENOMEM; /* as malloc() does */
    return NULL;
}

/** Fails the 1st, 2nd, ... allocation of the parser in turn: each is PTM_ENOMEM, not "damaged". */
static void test_weights_memory(void) {
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

/** Values from an odd address as float32. */
static void convert(enum dtype dtype, const void *values, size_t bytes, size_t count, float *out) {
    unsigned char data[65];
    CU_ASSERT_FATAL(bytes < sizeof data);
    memcpy(data + 1, values, bytes);
    const struct tensor tensor = {.name = "t", .dtype = dtype, .elements = count, .data = data + 1, .bytes = bytes};
    CHECK_OK(tensor_to_f32(&tensor, out, err));
}

/** A tie goes to the even neighbour, and what no float can hold is infinite. */
static void test_double_precision(void) {
    const double values[] = {1.5, -0.0, 0x1.000001p0, 0x1.000003p0, 0x1p-149, 1e300};
    const float expected[] = {1.5f, -0.0f, 1.0f, 0x1.000004p0f, 0x1p-149f, INFINITY};
    float out[CHECK_COUNT(values)];
    convert(DTYPE_F64, values, sizeof values, CHECK_COUNT(values), out);
    CU_ASSERT_EQUAL(memcmp(out, expected, sizeof out), 0);
}

static void test_single_precision(void) {
    const uint32_t bits[] = {0x3f800000u, 0x80000000u, 0x00000001u, 0x7f800000u, 0x7fa00001u};
    float out[CHECK_COUNT(bits)];
    convert(DTYPE_F32, bits, sizeof bits, CHECK_COUNT(bits), out);
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

/* ---------------------------------------------------------------- */

int main(void) {
    static const struct check_case cases[] = {
        {"a file is read", test_weights_read},
        {"what the format allows", test_weights_allowed},
        {"all dtypes", test_weights_dtypes},
        {"every rule", test_weights_rules},
        {"length of the header", test_weights_header_length},
        {"deep nesting", test_weights_deep},
        {"long name", test_weights_long_name},
        {"truncated anywhere", test_weights_truncated},
        {"errors may be NULL", test_weights_no_error},
        {"out of memory anywhere in the header", test_weights_memory},
        {"half precision, all values", test_half_precision},
        {"single precision, bits kept", test_single_precision},
        {"double precision, rounded", test_double_precision},
        {"files on disk", test_disk},
        {"index and shards", test_index},
        {"every rule of the index", test_index_rules},
        {"a real checkpoint", test_shared_weights},
    };
    return check_main("safetensors", cases, CHECK_COUNT(cases));
}
