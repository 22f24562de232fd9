/* SPDX-License-Identifier: MIT */
/* serve: requests in, answers out, line by line, with the models kept open (docs/serve.md). */
#include "commands.h"
#include "failure.h"
#include "lines.h"
#include "moment.h"
#include "output.h"
#include "request.h"
#include "signals.h"
#include "style.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct server {
    const struct options *options;
    struct engine engine;
    double deadline; /* of the request at hand; 0: none */
    struct output output;
    struct lines lines;
    char *merging; /* of an earlier request, still in force; NULL: that of the command line */
};

/* ---------------------------------------------------------------- one request */

/** Merges as the request says: what it asks for holds for itself alone. */
static ptm_status set_merging(struct server *server, const char *r, ptm_error *err) {
    const char *usual = server->options->session.r;
    const bool special = r != usual;
    if (special ? server->merging && strcmp(server->merging, r) == 0 : !server->merging) return PTM_OK;
    char *kept = special ? strdup(r) : NULL;
    if (special && !kept) return request_no_memory(err);
    const ptm_status status = ptm_session_set_merge(server->engine.session, r, server->options->session.prop_attn, err);
    if (status != PTM_OK) {
        free(kept);
        return status;
    }
    free(server->merging);
    server->merging = kept;
    return PTM_OK;
}

/* All pictures of a request are in memory at once, and a few bytes may stand for a large one; raw ones are held to the
 * same. */
enum { PICTURES_AT_ONCE = 16 };

/** `pixels` of a picture, `sum` of all so far. */
static ptm_status check_pixels(int64_t pixels, int64_t sum, int64_t max_pixels, ptm_error *err) {
    if (pixels <= max_pixels && sum / PICTURES_AT_ONCE <= max_pixels) return PTM_OK;
    return failure_set(
        err, PTM_ELIMIT,
        "a picture of the request has more than %lld pixels, or all have more than %d times as many: --max-pixels "
        "raises that",
        (long long)max_pixels, PICTURES_AT_ONCE);
}

static ptm_status label_frames(struct server *server, const struct request *request, const ptm_classify_options *how,
                               ptm_result **result, ptm_error *err) {
    const int64_t pixels = (int64_t)request->width * request->height;
    const ptm_status checked = check_pixels(pixels, pixels * request->num_items, how->max_pixels, err);
    if (checked != PTM_OK) return checked;
    ptm_frame *frames = calloc((size_t)request->num_items, sizeof *frames);
    if (!frames) return request_no_memory(err);
    for (int i = 0; i < request->num_items; i++)
        frames[i] =
            (ptm_frame){request->items[i].bytes, request->width, request->height, (ptrdiff_t)request->width * 3};
    const ptm_status status = ptm_classify_frames(server->engine.session, frames, request->num_items, how, result, err);
    free(frames);
    return status;
}

static ptm_status decode_pictures(ptm_frame **decoded, ptm_frame *frames, const struct request *request,
                                  int64_t max_pixels, ptm_error *err) {
    int64_t sum = 0;
    for (int i = 0; i < request->num_items; i++) {
        char name[32];
        snprintf(name, sizeof name, "frames[%d]", i);
        const struct request_item *item = &request->items[i];
        ptm_status status = ptm_decode_picture(&decoded[i], item->bytes, item->count, name, max_pixels, err);
        if (status != PTM_OK) return status;
        frames[i] = *decoded[i];
        const int64_t pixels = (int64_t)frames[i].width * frames[i].height;
        sum += pixels;
        status = check_pixels(pixels, sum, max_pixels, err);
        if (status != PTM_OK) return status;
    }
    return PTM_OK;
}

static ptm_status label_pictures(struct server *server, const struct request *request, const ptm_classify_options *how,
                                 ptm_result **result, ptm_error *err) {
    const int count = request->num_items;
    ptm_frame **decoded = calloc((size_t)count, sizeof *decoded);
    ptm_frame *frames = decoded ? calloc((size_t)count, sizeof *frames) : NULL;
    ptm_status status =
        frames ? decode_pictures(decoded, frames, request, how->max_pixels, err) : request_no_memory(err);
    if (status == PTM_OK) status = ptm_classify_frames(server->engine.session, frames, count, how, result, err);
    for (int i = 0; decoded && i < count; i++) ptm_frame_free(&decoded[i]);
    free(frames);
    free(decoded);
    return status;
}

static bool is_cancelled(void *user) {
    const struct server *server = user;
    return signals_interrupted(NULL) || (server->deadline > 0 && moment_now() > server->deadline);
}

/** A file that is to be labelled, not what the requests come from, whatever its name there: to read that would take
 * requests away. */
static ptm_status label_path(struct server *server, const char *path, const ptm_classify_options *how,
                             ptm_result **result, ptm_error *err) {
    struct stat file, input;
    if (strcmp(path, "-") == 0) path = "./-"; /* standard input is for requests: it can only be the name of a file */
    if (stat(path, &file) == 0 && fstat(STDIN_FILENO, &input) == 0 && file.st_dev == input.st_dev &&
        file.st_ino == input.st_ino)
        return failure_set(err, PTM_EINVAL, "%s is where the requests come from: name another file", path);
    return ptm_classify_file(server->engine.session, path, how, result, err);
}

static ptm_status label(struct server *server, const struct request *request, ptm_result **result, ptm_error *err) {
    const ptm_status status = set_merging(server, request->options.session.r, err);
    if (status != PTM_OK) return status;
    ptm_session *session = server->engine.session;
    const struct request_item *item = request->items;
    ptm_classify_options how = request->options.classify;
    how.sampling = (ptm_sampling)request->options.sampling;
    how.modalities = options_modalities(&request->options);
    how.cancelled = is_cancelled;
    how.user = server;
    switch (request->kind) {
    case REQUEST_DATA: return ptm_classify_memory(session, item->bytes, item->count, "data", &how, result, err);
    case REQUEST_PICTURES: return label_pictures(server, request, &how, result, err);
    case REQUEST_FRAMES: return label_frames(server, request, &how, result, err);
    case REQUEST_SAMPLES:
        return ptm_classify_samples(session, request->samples, request->num_samples, request->sample_rate, &how, result,
                                    err);
    case REQUEST_PATH:
    default: return label_path(server, request->path, &how, result, err);
    }
}

/* ---------------------------------------------------------------- its answer */

static bool describe(struct server *server, const struct report_subject *subject) {
    ptm_model_info infos[MODALITY_COUNT];
    const int count = engine_get_infos(&server->engine, MODALITY_ALL, infos);
    return report_json_models(server->output.stream, subject, infos, count);
}

static bool answer_labels(struct server *server, const struct request *request, const struct report_style *style,
                          const struct report_subject *subject) {
    ptm_error err = {0};
    ptm_result *result = NULL;
    const double timeout = request->options.timeout;
    server->deadline = timeout > 0 ? moment_now() + timeout : 0;
    if (label(server, request, &result, &err) == PTM_EINTERRUPTED && !signals_interrupted(NULL))
        failure_set(&err, PTM_ELIMIT, "took longer than %g s; --timeout-per-request gives it more time", timeout);
    const bool written = report_json(server->output.stream, style, subject, result, &err);
    ptm_result_free(&result);
    return written;
}

/** One line for one request. False, after a complaint, where it cannot be written. */
static bool answer(struct server *server, const char *line, size_t length, ptm_error *err) {
    struct request request = {0};
    if (err->status == PTM_OK) request_parse(&request, line, length, server->options, err);
    const struct report_style style = style_choose(&request.options, &server->engine, false);
    struct report_subject subject = {.id = request.id, .line = request.id ? 0 : server->lines.number};
    FILE *stream = server->output.stream;
    bool written;
    subject.path = request.path;
    if (err->status != PTM_OK)
        written = report_json(stream, &style, &subject, NULL, err);
    else if (request.kind == REQUEST_PING)
        written = report_json_pong(stream, &subject);
    else if (request.kind == REQUEST_INFO)
        written = describe(server, &subject);
    else
        written = answer_labels(server, &request, &style, &subject);
    request_free(&request);
    if (!written) text_complain("out of memory for an answer");
    return written && output_flush(&server->output);
}

static bool serve_line(struct server *server, const char *line, size_t length, bool too_long) {
    ptm_error err = {0};
    if (too_long)
        failure_set(&err, PTM_ELIMIT, "the request is longer than --max-request-bytes %zu allows", server->lines.max);
    else if (text_is_blank(line, length))
        return true;
    return answer(server, line, length, &err);
}

static enum exit_status serve(struct server *server) {
    signals_catch(NULL);
    for (;;) {
        const char *line;
        size_t length;
        const enum lines_state state = lines_next(&server->lines, &line, &length);
        switch (state) {
        case LINES_END: return STATUS_GOOD;
        case LINES_INTERRUPTED: return STATUS_INTERRUPTED;
        case LINES_FAILED:
            text_complain("cannot read the requests from standard input: %s", strerror(errno));
            return STATUS_ENVIRONMENT;
        default: break;
        }
        if (!serve_line(server, line, length, state == LINES_TOO_LONG)) return STATUS_ENVIRONMENT;
        if (signals_interrupted(NULL)) return STATUS_INTERRUPTED;
    }
}

enum exit_status cmd_serve(const struct options *options) {
    if (options->num_operands > 0)
        return engine_refuse(COMMAND_SERVE,
                             "the command 'serve' takes no operand: requests come through standard input");
    struct server server = {.options = options};
    if (!lines_open(&server.lines, (size_t)options->max_request_bytes)) {
        text_complain("out of memory for requests of %lld bytes", (long long)options->max_request_bytes);
        return STATUS_ENVIRONMENT;
    }
    enum exit_status status = engine_open(&server.engine, &options->models, &options->session);
    if (status == STATUS_GOOD) {
        output_open(&server.output, NULL);
        status = serve(&server);
        output_discard(&server.output);
    }
    free(server.merging);
    engine_close(&server.engine);
    lines_close(&server.lines);
    return status;
}
