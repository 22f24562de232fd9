/* SPDX-License-Identifier: MIT */
/* Networks that are timed and that prove themselves, and the kernels that they run on. */
#include "compute/kernels.h"
#include "opened.h"

#include <math.h>

/** Schedules take turns, each with its tokens, and leave the session's own as it was, whether they can be met or not.
 */
static void test_bench(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, "20");
    const char *const schedules[] = {"off", "10", NULL}, *const refused[] = {"off", "40:7"};
    const int merged[] = {0, 10, 20};
    ptm_bench_options options;
    ptm_bench_options_default(&options);
    options.seconds = 0;
    options.min_runs = 3;
    options.schedules = schedules;
    options.num_schedules = 3;
    ptm_bench_report reports[3], own;
    CHECK_OK(ptm_bench(opened.session, PTM_AUDIO, &options, reports, err));
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(reports[i].runs, 3);
        CU_ASSERT(reports[i].min_ms > 0 && reports[i].min_ms <= reports[i].median_ms);
        CU_ASSERT(reports[i].speed_up > 0 && reports[i].gemm_gflops == reports[0].gemm_gflops);
        CU_ASSERT(reports[i].precision == PTM_F32 && reports[i].attention == PTM_F32);
        CU_ASSERT_EQUAL(reports[i].profile.tokens[0] - reports[i].profile.tokens[1], merged[i]);
    }
    CU_ASSERT_EQUAL(reports[0].speed_up, 1);
    CU_ASSERT(reports[1].profile.gflop < reports[0].profile.gflop);

    ptm_error error = {0};
    options.schedules = refused;
    options.num_schedules = 2;
    CU_ASSERT_EQUAL(ptm_bench(opened.session, PTM_AUDIO, &options, reports, &error), PTM_EINVAL);
    options.num_schedules = 0;
    CU_ASSERT_EQUAL(ptm_bench(opened.session, PTM_AUDIO, &options, reports, &error), PTM_EINVAL);
    options.schedules = NULL;
    CHECK_OK(ptm_bench(opened.session, PTM_AUDIO, &options, &own, err));
    CHECK_OK(ptm_bench(opened.session, PTM_AUDIO, NULL, &own, err));
    CU_ASSERT_EQUAL(own.profile.tokens[0] - own.profile.tokens[1], 20);
    close_both(&opened);
}

/** A self-test is held to the tolerance that is asked for, and has its own answers to be held against. */
static void test_check(void) {
    struct opened opened;
    ptm_error error = {0};
    open_both(&opened, NULL, 1, "20");
    ptm_check_report checked;
    CHECK_OK(ptm_check(opened.session, PTM_AUDIO, NULL, &checked, err));
    CU_ASSERT(checked.compared > 0 && checked.tolerance > 0);
    ptm_check_options check;
    ptm_check_options_default(&check);
    check.tolerance = 0;
    CU_ASSERT_EQUAL(ptm_check(opened.session, PTM_AUDIO, &check, &checked, &error), PTM_EMISMATCH);
    check.expect = "nothing.npy";
    CU_ASSERT_EQUAL(ptm_check(opened.session, PTM_AUDIO, &check, &checked, &error), PTM_EINVAL);
    close_both(&opened);
}

/** The same words every time, cut off where there is no room for them. */
static void test_kernels(void) {
    char text[200], again[200], little[8];
    ptm_kernels(text, sizeof text);
    ptm_kernels(again, sizeof again);
    ptm_kernels(little, sizeof little);
    CU_ASSERT_STRING_EQUAL(text, again);
    CU_ASSERT(kernels_for(cpu_detect())->multiply ? !strstr(text, "OpenBLAS")
                                                  : strstr(text, ", OpenBLAS for ") != NULL);
    CU_ASSERT(strlen(text) < sizeof text - 1);
    CU_ASSERT_EQUAL(strncmp(text, little, sizeof little - 1), 0);
    CU_ASSERT_EQUAL(little[sizeof little - 1], '\0');
}

int main(void) {
    static const struct check_case cases[] = {
        {"schedules timed in turn", test_bench},
        {"the shipped model's self-test", test_check},
        {"kernels in words", test_kernels},
    };
    return check_main("bench", cases, CHECK_COUNT(cases));
}
