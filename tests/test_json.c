/* SPDX-License-Identifier: MIT */
#include "file_bytes.h"

#include "files/json.h"

#include <limits.h>

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

/* ---------------------------------------------------------------- */

int main(void) {
    static const struct check_case cases[] = {
        {"values", test_json_values},         {"kinds", test_json_kinds},         {"errors", test_json_errors},
        {"members in order", test_json_each}, {"documents", test_json_documents},
    };
    return check_main("JSON", cases, CHECK_COUNT(cases));
}
