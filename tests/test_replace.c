/* SPDX-License-Identifier: MIT */
#include "file_bytes.h"

#include "files/replace.h"

#include <limits.h>
#include <sys/stat.h>

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
        {"a name that cannot be had", test_replace_without_name},
    };
    return check_main("replacing", cases, CHECK_COUNT(cases));
}
