/* SPDX-License-Identifier: MIT */
#include "pipelines/explain.h"

#include "files/replace.h"
#include "pipelines/session_use.h"

#include <string.h>
#include <sys/stat.h>

void ptm_explain_options_default(ptm_explain_options *options) {
    *options = (ptm_explain_options){0};
    ptm_classify_options_default(&options->limits);
}

/* ---------------------------------------------------------------- what is asked for */

static bool ends_in(const char *name, const char *suffix) {
    const size_t length = strlen(name), end = strlen(suffix);
    if (length < end) return false;
    for (size_t i = 0; i < end; i++) {
        const char letter = name[length - end + i];
        if ((letter >= 'A' && letter <= 'Z' ? letter + 'a' - 'A' : letter) != suffix[i]) return false;
    }
    return true;
}

static ptm_status choose_format(struct explain *explain, ptm_error *err) {
    const char *output = explain->output;
    if (ends_in(output, ".png"))
        explain->format = EXPLAIN_PNG;
    else if (ends_in(output, ".svg"))
        explain->format = EXPLAIN_SVG;
    else if (ends_in(output, ".mp4"))
        explain->format = EXPLAIN_FILM;
    else
        return error_set(err, PTM_EINVAL, "%s: a name for the picture should end in .png, .svg or, for video, .mp4",
                         output);
    return PTM_OK;
}

/** The picture must not take its file's place, and a film reads it twice: its colours are means over a whole window. */
static ptm_status check_paths(const struct explain *explain, ptm_error *err) {
    struct stat input;
    const bool standard = strcmp(explain->path, "-") == 0, found = !standard && stat(explain->path, &input) == 0;
    if (found && replace_is_same(explain->output, explain->path))
        return error_set(err, PTM_EINVAL, "%s: this is the file to be drawn itself; choose another name",
                         explain->output);
    if (explain->format != EXPLAIN_FILM || (!standard && !(found && !S_ISREG(input.st_mode)))) return PTM_OK;
    return error_set(err, PTM_EINVAL, "%s: an .mp4 is made in two passes: name a file, not a pipe, or ask for a .png",
                     explain->path);
}

static ptm_status check_options(const ptm_explain_options *options, ptm_error *err) {
    const ptm_modality modality = options->modality;
    if (modality != 0 && modality != PTM_VIDEO && modality != PTM_AUDIO && modality != PTM_IMAGE)
        return error_set(err, PTM_EINVAL, "unknown modality %d", (int)modality);
    return PTM_OK;
}

/**
 * Picture before sound, where a model labels it; a still by the image model and a video by the video model, and each by
 * the other's where that is missing. 0: the file has nothing that was asked for.
 */
static ptm_modality choose_modality(const struct explain *explain, ptm_modality asked) {
    const struct media_info *info = media_get_info(explain->media);
    struct ptm_session *session = explain->run.session;
    const bool has_asked = asked == PTM_AUDIO ? info->has_audio : info->has_video;
    if (asked) return has_asked ? asked : 0;
    const ptm_modality first = info->is_still ? PTM_IMAGE : PTM_VIDEO, other = info->is_still ? PTM_VIDEO : PTM_IMAGE;
    const bool audio = info->has_audio && session_lane(session, PTM_AUDIO);
    if (info->has_video && session_lane(session, first)) return first;
    if (info->has_video && session_lane(session, other)) return other;
    return audio || !info->has_video ? (info->has_audio ? PTM_AUDIO : 0) : first;
}

static ptm_status choose_lane(struct explain *explain, ptm_modality asked, ptm_error *err) {
    const struct media_info *info = media_get_info(explain->media);
    const ptm_modality modality = choose_modality(explain, asked);
    if (!modality) {
        const char *no_video = asked != PTM_AUDIO ? info->no_video : NULL;
        const char *no_audio = asked == 0 || asked == PTM_AUDIO ? info->no_audio : NULL;
        return run_refuse_empty(explain->path, "draw", no_video, no_audio, err);
    }
    TRY(session_need_lane(explain->run.session, modality, &explain->lane, err));
    explain->report.modality = modality;
    if (explain->format == EXPLAIN_FILM && (modality == PTM_AUDIO || info->is_still))
        return error_set(err, PTM_EINVAL, "%s: an .mp4 shows a video; of %s ask for a .png or .svg", explain->output,
                         modality == PTM_AUDIO ? "sound" : "a still picture");
    return PTM_OK;
}

/* ---------------------------------------------------------------- the call */

static ptm_status explain_file(struct explain *explain, ptm_modality modality, ptm_error *err) {
    TRY(choose_format(explain, err));
    TRY(check_paths(explain, err));
    TRY(explain_open_media(explain, modality ? (unsigned)modality : RUN_PICTURES | PTM_AUDIO, err));
    TRY(choose_lane(explain, modality, err));
    return explain->report.modality == PTM_AUDIO ? explain_sound(explain, err) : explain_picture(explain, err);
}

ptm_status ptm_explain_file(ptm_session *session, const char *path, const char *output,
                            const ptm_explain_options *options, ptm_explain_report *report, ptm_error *err) {
    error_clear(err);
    ptm_explain_options defaults;
    ptm_explain_options_default(&defaults);
    if (!options) options = &defaults;
    TRY(check_options(options, err));
    struct explain explain = {.path = path, .output = output, .options = options->limits};
    explain.options.start = options->start;
    explain.options.duration = options->duration;
    TRY(run_check_options(&explain.options, err));
    explain.run = (struct run){.session = session, .options = &explain.options, .name = path};
    TRY(session_enter(session, err));
    const ptm_status status = explain_file(&explain, options->modality, err);
    session_leave(session);
    media_close(&explain.media);
    if (status == PTM_OK && report) *report = explain.report;
    return status;
}
