/* SPDX-License-Identifier: MIT */
/* check: what every CUnit program here shares: running a suite, and finding test data. */
#ifndef POLYTOME_TESTS_CHECK_H
#define POLYTOME_TESTS_CHECK_H

#include "base/error.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct check_case {
    const char *name;
    CU_TestFunc run;
};

/** Runs the cases as one suite; the exit code of main(): 0 only where all ran and none failed. */
static inline int check_main(const char *suite_name, const struct check_case *cases, size_t count) {
    if (CU_initialize_registry() != CUE_SUCCESS) return 2;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (size_t i = 0; suite && i < count; i++)
        if (!CU_add_test(suite, cases[i].name, cases[i].run)) suite = NULL;
    if (!suite) return 2;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    const bool ran = CU_basic_run_tests() == CUE_SUCCESS;
    const bool passed = CU_get_number_of_failures() == 0 && CU_get_number_of_tests_run() == count;
    CU_cleanup_registry();
    return ran && passed ? 0 : 1;
}

#define CHECK_COUNT(array) (sizeof(array) / sizeof *(array))

/** Asserts that a call succeeds, and prints its sentence where it does not. */
#define CHECK_OK(call)                                                   \
    do {                                                                 \
        ptm_error check_err_ = {0};                                      \
        ptm_error *const err = &check_err_;                              \
        const ptm_status check_status_ = (call);                         \
        if (check_status_ != PTM_OK) printf("\n    %s\n", err->message); \
        CU_ASSERT_EQUAL_FATAL(check_status_, PTM_OK);                    \
    } while (0)

/** Path of a file of the shared test data ($POLYTOME_SHARED, else ../shared beside the sources) into `path`; false
 * where it is not there, so that the test is skipped. */
static inline bool check_shared(char *path, size_t bytes, const char *name) {
    const char *root = getenv("POLYTOME_SHARED");
    snprintf(path, bytes, "%s/%s", root ? root : PTM_SOURCE_DIR "/../shared", name);
    struct stat status;
    return stat(path, &status) == 0;
}

#endif
