/* SPDX-License-Identifier: MIT */
/* check: a network's answer on a prepared input, held against reference answers. */
#include "base/worst.h"
#include "files/npy.h"
#include "pipelines/forward.h"
#include "pipelines/self_test.h"
#include "pipelines/session.h"
#include "pipelines/session_use.h"

#include <math.h>

enum { NPY_BYTES = 1 << 30 };

void ptm_check_options_default(ptm_check_options *options) {
    *options = (ptm_check_options){.tolerance = -1};
}

/**
 * What the answers of a precision, the session's or the file's, may be off by: twice what the golden families are
 * (docs/decisions.md), and far more once tokens merge, as a near-tie that is settled the other way changes which ones
 * do.
 */
static float precision_tolerance(const struct lane *lane) {
    const struct product *product = lane->vit.compute->product;
    const ptm_precision precision = product ? product->precision : lane->network->precision;
    if (precision == PTM_F32) return 2e-4f;
    if (lane->vit.planned[lane->network->config.depth] < lane->vit.planned[0]) return 0.3f;
    return precision == PTM_BF16 ? 0.02f : 0.1f;
}

static void raise_worst(float *worst, float error) {
    *worst = (float)worst_of(*worst, error);
}

static void compare_logits(ptm_check_report *report, const float *found, const float *expected, int count) {
    report->compared = count;
    for (int i = 0; i < count; i++) {
        const float difference = fabsf(found[i] - expected[i]);
        const float relative = difference / (1 + fabsf(expected[i]));
        raise_worst(&report->max_difference, difference);
        raise_worst(&report->max_relative, relative);
    }
}

static ptm_status judge(const ptm_check_report *report, float tolerance, bool exact, ptm_error *err) {
    if (!(report->max_relative <= tolerance))
        return error_set(err, PTM_EMISMATCH,
                         "the logits differ: |difference| / (1 + |expected|) is up to %.3g, the tolerance is %.3g",
                         (double)report->max_relative, (double)tolerance);
    if (exact && report->source_differences)
        return error_set(err, PTM_EMISMATCH, "the source maps differ in %d of %d input tokens",
                         report->source_differences, report->tokens_in);
    return PTM_OK;
}

/* ---------------------------------------------------------------- files given */

static ptm_status read_npy(struct npy *npy, const char *path, enum npy_type type, size_t count, ptm_error *err) {
    TRY(npy_read(npy, path, NPY_BYTES, err));
    const bool same_type = npy->type == type;
    const size_t found = npy->count;
    if (same_type && (count == 0 || found == count)) return PTM_OK;
    const char *name = type == NPY_FLOAT32 ? "float32" : "int32";
    npy_free(npy);
    if (!same_type) return error_set(err, PTM_EINVAL, "%s should hold values of %s; it holds others", path, name);
    return error_set(err, PTM_EINVAL, "%s should hold %zu values of %s; it holds %zu", path, count, name, found);
}

static ptm_status compare_files(const struct lane *lane, const ptm_check_options *options, ptm_check_report *report,
                                ptm_error *err) {
    const struct vit_config *config = &lane->network->config;
    struct npy npy;
    if (options->expect) {
        TRY(read_npy(&npy, options->expect, NPY_FLOAT32, (size_t)config->num_labels, err));
        compare_logits(report, lane->vit.windows->logits, npy.data, config->num_labels);
        npy_free(&npy);
    }
    if (options->expect_source) {
        TRY(read_npy(&npy, options->expect_source, NPY_INT32, (size_t)config->tokens, err));
        const int32_t *expected = npy.data;
        for (int i = 0; i < config->tokens; i++)
            report->source_differences += expected[i] != lane->vit.windows->tome.source[i];
        npy_free(&npy);
    }
    return PTM_OK;
}

static ptm_status write_files(const struct lane *lane, const ptm_check_options *options, ptm_error *err) {
    const struct vit_config *config = &lane->network->config;
    const int logits_shape[] = {1, config->num_labels};
    if (options->output) TRY(npy_write(options->output, NPY_FLOAT32, logits_shape, 2, lane->vit.windows->logits, err));
    if (options->source)
        TRY(npy_write(options->source, NPY_INT32, &config->tokens, 1, lane->vit.windows->tome.source, err));
    return PTM_OK;
}

static ptm_status check_files(struct lane *lane, const ptm_check_options *options, ptm_check_report *report,
                              ptm_error *err) {
    struct npy input;
    TRY(read_npy(&input, options->input, NPY_FLOAT32, 0, err));
    ptm_status status = forward_check_input(lane->network, 1, input.data, input.shape, input.rank, err);
    if (status == PTM_OK) status = vit_forward(&lane->vit, input.data, err);
    npy_free(&input);
    TRY(status);
    TRY(compare_files(lane, options, report, err));
    TRY(write_files(lane, options, err));
    return judge(report, report->tolerance, !lane->vit.compute->product, err);
}

/* ---------------------------------------------------------------- the self-test of a single-file model */

/** Runs with `r` and compares. The stored answers were rounded, and merging may flip near-ties: hence `least`, where no
 * tolerance is asked for. */
static ptm_status check_answer(struct lane *lane, const char *r, const float *expected, float asked, float least,
                               ptm_check_report *report, ptm_error *err) {
    if (!expected) return PTM_OK;
    ptm_check_report one = {0};
    TRY(self_test_forward(lane, r, err));
    compare_logits(&one, lane->vit.windows->logits, expected, lane->network->config.num_labels);
    report->compared += one.compared;
    report->tolerance = asked >= 0 ? asked : fmaxf(least, precision_tolerance(lane)); /* with the merging of this run */
    raise_worst(&report->max_difference, one.max_difference);
    raise_worst(&report->max_relative, one.max_relative);
    return judge(&one, report->tolerance, true, err);
}

static ptm_status check_self_test(struct lane *lane, const ptm_check_options *options, ptm_check_report *report,
                                  ptm_error *err) {
    const struct network *network = lane->network;
    const struct self_test *test = &network->self_test;
    const float asked = options->tolerance;
    if (options->expect || options->expect_source || options->output || options->source)
        return error_set(err, PTM_EINVAL, "expected and written answers are those for an input, and none is named");
    if (!test->plain && !test->merged)
        return error_set(err, PTM_EINVAL, "model %s stores no self-test: name an input, and the answer to expect",
                         network->name);
    struct lane_merge own;
    lane_get_merge(lane, &own);
    ptm_status status = check_answer(lane, "off", test->plain, asked, 2e-3f, report, err);
    if (status == PTM_OK) status = check_answer(lane, network->r, test->merged, asked, 3e-2f, report, err);
    lane_put_merge(lane, &own);
    return status;
}

ptm_status ptm_check(ptm_session *session, ptm_modality modality, const ptm_check_options *options,
                     ptm_check_report *report, ptm_error *err) {
    error_clear(err);
    *report = (ptm_check_report){0};
    ptm_check_options own;
    ptm_check_options_default(&own);
    if (!options) options = &own;
    struct lane *lane;
    TRY(session_need_lane(session, modality, &lane, err));
    TRY(session_check_idle(session, err));
    report->tolerance = options->tolerance >= 0 ? options->tolerance : precision_tolerance(lane);
    report->tokens_in = lane->network->config.tokens;
    const ptm_status status =
        options->input ? check_files(lane, options, report, err) : check_self_test(lane, options, report, err);
    report->tokens_out = vit_tokens(&lane->vit)[lane->network->config.depth];
    return status;
}
