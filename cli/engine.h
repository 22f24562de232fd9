/* SPDX-License-Identifier: MIT */
/* engine: the models of a run and the session over them, as every command that runs a network needs them. */
#ifndef POLYTOME_CLI_ENGINE_H
#define POLYTOME_CLI_ENGINE_H

#include "options.h"

/** What the command answers to its caller. */
enum exit_status {
    STATUS_GOOD = 0,
    STATUS_INPUT = 1, /* some input failed, or a check differs */
    STATUS_USAGE = 2,
    STATUS_ENVIRONMENT = 3, /* model, list, memory, or where the results go */
    STATUS_INTERRUPTED = 130
};

struct engine {
    ptm_model *models[MODALITY_COUNT];
    int count;
    ptm_session *session;
};

/** Opens the models, the shipped one where the list is empty. Otherwise an exit status, after a complaint. */
enum exit_status engine_open_models(struct engine *engine, const struct option_list *models);

/** Opens a session over them, without a word. */
ptm_status engine_try_session(const struct engine *engine, ptm_session **session, const ptm_session_options *options,
                              ptm_error *err);

/** Opens a session over them, which is closed before the engine, or by it where it is engine->session. */
enum exit_status engine_open_session(const struct engine *engine, ptm_session **session,
                                     const ptm_session_options *options);

/** Both, the session being engine->session. */
enum exit_status engine_open(struct engine *engine, const struct option_list *models,
                             const ptm_session_options *options);

/** Description of the modality by the model that brings it; false where none does. */
bool engine_get_info(const struct engine *engine, ptm_modality modality, ptm_model_info *info);

/** Descriptions of the modalities `asked` for, as bits, in the order of `modalities`; how many of them models bring. */
int engine_get_infos(const struct engine *engine, unsigned asked, ptm_model_info infos[static MODALITY_COUNT]);

void engine_close(struct engine *engine);

/** Complains about how a command is used, with a hint where to look: STATUS_USAGE. */
enum exit_status engine_refuse(enum command command, const char *sentence);

/** Complains about a failure that is not about an input; the exit status that belongs to it. */
enum exit_status engine_complain(const ptm_error *err);

/** The exit status that belongs to the failure of a command with one input, after a complaint, which may guess at what
 * is wrong with the name of `input` (NULL: it is no file's). A sentence starts with the file that it is about: `output`
 * (may be NULL) is the one that was to be written. */
enum exit_status engine_judge(const ptm_error *err, const char *input, const char *output);

#endif
