/* SPDX-License-Identifier: MIT */
#include "engine.h"

#include "name_hint.h"
#include "text.h"

#include <string.h>

enum exit_status engine_refuse(enum command command, const char *sentence) {
    text_complain("%s", sentence);
    options_hint(command);
    return STATUS_USAGE;
}

enum exit_status engine_complain(const ptm_error *err) {
    text_complain("%s", err->message);
    return err->status == PTM_EINVAL ? STATUS_USAGE : STATUS_ENVIRONMENT;
}

enum exit_status engine_judge(const ptm_error *err, const char *input, const char *output) {
    switch (err->status) {
    case PTM_EINTERRUPTED: return STATUS_INTERRUPTED;
    case PTM_EIO:
        if (output && strncmp(err->message, output, strlen(output)) == 0) return engine_complain(err);
        break;
    case PTM_EINVAL:
    case PTM_ENOMEM:
    case PTM_EMODEL:
    case PTM_EINTERNAL: return engine_complain(err);
    default: break;
    }
    text_complain("%s%s", err->message, input ? name_hint(input, err->status) : "");
    return STATUS_INPUT;
}

enum exit_status engine_open_models(struct engine *engine, const struct option_list *models) {
    *engine = (struct engine){0};
    const int wanted = models->count > 0 ? models->count : 1;
    ptm_error err = {0};
    for (int i = 0; i < wanted; i++) {
        if (ptm_model_open(&engine->models[i], models->count > 0 ? models->items[i] : NULL, NULL, &err) != PTM_OK) {
            engine_close(engine);
            return engine_complain(&err);
        }
        engine->count++;
    }
    return STATUS_GOOD;
}

ptm_status engine_try_session(const struct engine *engine, ptm_session **session, const ptm_session_options *options,
                              ptm_error *err) {
    return ptm_session_open(session, (const ptm_model *const *)engine->models, engine->count, options, err);
}

enum exit_status engine_open_session(const struct engine *engine, ptm_session **session,
                                     const ptm_session_options *options) {
    ptm_error err = {0};
    return engine_try_session(engine, session, options, &err) == PTM_OK ? STATUS_GOOD : engine_complain(&err);
}

enum exit_status engine_open(struct engine *engine, const struct option_list *models,
                             const ptm_session_options *options) {
    enum exit_status status = engine_open_models(engine, models);
    if (status == STATUS_GOOD) status = engine_open_session(engine, &engine->session, options);
    if (status != STATUS_GOOD) engine_close(engine);
    return status;
}

bool engine_get_info(const struct engine *engine, ptm_modality modality, ptm_model_info *info) {
    for (int i = 0; i < engine->count; i++)
        if (ptm_model_get_info(engine->models[i], modality, info, NULL) == PTM_OK) return true;
    return false;
}

int engine_get_infos(const struct engine *engine, unsigned asked, ptm_model_info infos[static MODALITY_COUNT]) {
    int count = 0;
    for (int i = 0; i < MODALITY_COUNT; i++)
        if ((asked & (unsigned)modalities[i]) && engine_get_info(engine, modalities[i], &infos[count])) count++;
    return count;
}

void engine_close(struct engine *engine) {
    ptm_session_close(&engine->session);
    for (int i = 0; i < engine->count; i++) ptm_model_close(&engine->models[i]);
    engine->count = 0;
}
