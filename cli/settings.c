/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* scandir() */
#include "settings.h"

#include "stamp.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void write_stamp(FILE *stream, const char *name, const char *path) {
    struct stamp stamp;
    if (stamp_read(&stamp, path)) fprintf(stream, " %s %" PRId64 " %" PRId64, name, stamp.size, stamp.modified);
}

/** The files of a checkpoint, sorted by name. */
static void write_directory(FILE *stream, const char *path) {
    struct dirent **entries;
    const int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const size_t bytes = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *file = malloc(bytes);
        if (file) {
            snprintf(file, bytes, "%s/%s", path, entries[i]->d_name);
            write_stamp(stream, entries[i]->d_name, file);
        }
        free(file);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

static void write_model(FILE *stream, const struct engine *engine, int index) {
    const char *path = NULL;
    fprintf(stream, "; model");
    for (int m = 0; m < MODALITY_COUNT; m++) {
        ptm_model_info info;
        if (ptm_model_get_info(engine->models[index], modalities[m], &info, NULL) != PTM_OK) continue;
        fprintf(stream, " %s %s %" PRId64 " %d", report_modality(modalities[m]), info.name, info.parameters,
                info.num_labels);
        path = info.path;
    }
    if (!path) return; /* it brings nothing */
    fprintf(stream, " %s", path);
    write_stamp(stream, "file", path);
    write_directory(stream, path);
}

static void write_network(FILE *stream, const ptm_session_options *session) {
    char kernels[200];
    ptm_kernels(kernels, sizeof kernels);
    fprintf(stream, "; kernels %s", kernels);
    fprintf(stream, "; cpu %s, r %s, prop-attn %d, precision %s, protect %d, static %.17g",
            session->cpu ? session->cpu : "auto", session->r ? session->r : "auto", session->prop_attn,
            report_precision(session->precision), session->protect, session->static_threshold);
}

static void write_look(FILE *stream, const ptm_classify_options *classify) {
    fprintf(stream,
            "; modalities %u, sampling %d, from %.17g for %.17g, at most %" PRId64 " pixels, %" PRId64
            " frames, %.17g seconds",
            classify->modalities, (int)classify->sampling, classify->start, classify->duration, classify->max_pixels,
            classify->max_frames, classify->max_seconds);
}

char *settings_write(const struct options *options, const struct engine *engine, const struct report_style *style) {
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream) return NULL;
    fprintf(stream, "polytome %s", ptm_version());
    for (int i = 0; i < engine->count; i++) write_model(stream, engine, i);
    write_network(stream, &options->session);
    write_look(stream, &options->classify);
    fprintf(stream, "; format %d, top %d, threshold %.17g, logits %d, trace %d, terminal %d, colour %d",
            options->format, style->top, style->threshold, style->logits, style->trace, style->terminal, style->colour);
    const bool written = !ferror(stream);
    if (fclose(stream) == 0 && written) return text;
    free(text);
    return NULL;
}
