/* SPDX-License-Identifier: MIT */
#include "file_bytes.h"

#include "files/npy.h"

#include <limits.h>
#include <math.h>

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

/* ---------------------------------------------------------------- */

int main(void) {
    static const struct check_case cases[] = {
        {"as NumPy writes it", test_npy_golden},
        {"headers", test_npy_headers},
        {"narrowing", test_npy_narrowing},
        {"every rule", test_npy_rules},
        {"truncated anywhere", test_npy_truncated},
        {"round trip", test_npy_round_trip},
        {"manners of writing", test_npy_write_manners},
    };
    return check_main("npy", cases, CHECK_COUNT(cases));
}
