/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "report.h"
#include "text.h"

static void print_report(const char *model, ptm_modality modality, const struct options *options,
                         const ptm_check_report *report, bool same) {
    text_print(stdout, model);
    printf(", %s\n  tokens   %d -> %d\n  logits   ", report_modality(modality), report->tokens_in, report->tokens_out);
    if (report->compared == 0) {
        puts("not compared");
    } else {
        printf("%d compared, largest difference %.3g, relative %.3g", report->compared, (double)report->max_difference,
               (double)report->max_relative);
        if (options->check.expect) printf(" (allowed %.3g)", (double)report->tolerance);
        putchar('\n');
    }
    if (options->check.expect_source)
        printf("  source   %d of %d tokens end elsewhere\n", report->source_differences, report->tokens_in);
    const bool compared = report->compared > 0 || options->check.expect_source;
    printf("  %s\n", !same ? "DIFFERS" : compared ? "same" : "ran");
}

static enum exit_status check_modality(ptm_session *session, const char *model, ptm_modality modality,
                                       const struct options *options) {
    ptm_error err = {0};
    ptm_check_report report = {0};
    const ptm_status status = ptm_check(session, modality, &options->check, &report, &err);
    if (status != PTM_OK && status != PTM_EMISMATCH) return engine_complain(&err);
    print_report(model, modality, options, &report, status == PTM_OK);
    if (status == PTM_OK) return STATUS_GOOD;
    text_complain("%s", err.message);
    return STATUS_INPUT;
}

/** Options that fit together, for the `count` modalities that would be checked? */
static bool options_agree(const struct options *options, int count) {
    const ptm_check_options *check = &options->check;
    const char *wrong = NULL;
    if (count == 0)
        wrong = "the model does not bring that modality";
    else if (!check->input && (check->expect || check->expect_source || check->output || check->source))
        wrong = "expected or written answers need an --input";
    else if (!check->input && options->session.r)
        wrong = "the self-test runs with and without the model's own merging: -r needs an --input";
    else if (!check->input && options->session.prop_attn >= 0)
        wrong = "the self-test runs with the model's own attention: --prop-attn needs an --input";
    else if (check->input && count > 1)
        wrong = "the model brings more than one modality: say which one the --input is for with --modality";
    if (!wrong) return true;
    text_complain("%s", wrong);
    options_hint(COMMAND_CHECK);
    return false;
}

enum exit_status cmd_check(const struct options *options) {
    if (options->num_operands > 1) return engine_refuse(COMMAND_CHECK, "the command 'check' takes one model");
    struct option_list models = {.count = options->num_operands};
    if (models.count > 0) models.items[0] = options->operands[0];
    struct engine engine;
    enum exit_status worst = engine_open(&engine, &models, &options->session);
    if (worst != STATUS_GOOD) return worst;

    ptm_model_info infos[MODALITY_COUNT];
    const int count = engine_get_infos(&engine, options_modalities(options), infos);
    if (!options_agree(options, count)) worst = STATUS_USAGE;
    for (int i = 0; worst < STATUS_USAGE && i < count; i++) {
        const enum exit_status status = check_modality(engine.session, infos[i].name, infos[i].modality, options);
        if (status > worst) worst = status;
    }
    engine_close(&engine);
    return worst;
}
