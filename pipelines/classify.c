/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "pipelines/result.h"

#include <string.h>

void ptm_classify_options_default(ptm_classify_options *options) {
    *options = (ptm_classify_options){
        .modalities = PTM_VIDEO | PTM_AUDIO | PTM_IMAGE,
        .max_pixels = 1 << 26,
        .max_frames = 10000000,
        .max_seconds = 86400,
    };
}

static ptm_status check_options(const struct ptm_session *session, const ptm_classify_options *options,
                                ptm_error *err) {
    const bool any = (options->modalities & PTM_VIDEO && session->video.network) ||
                     (options->modalities & PTM_AUDIO && session->audio.network) ||
                     (options->modalities & PTM_IMAGE && session->image.network);
    if (!any) return error_set(err, PTM_EINVAL, "no model of this session labels what was asked for");
    if (options->sampling < PTM_SAMPLING_MODEL || options->sampling > PTM_SAMPLING_FIRST)
        return error_set(err, PTM_EINVAL, "unknown sampling %d", (int)options->sampling);
    return run_check_options(options, err);
}

/* ---------------------------------------------------------------- one pass over a file */

/** A file being labelled: what is open, and what has been found. */
struct pass {
    struct run run;
    struct media *media;
    bool use_video, use_audio, use_image; /* asked for, with a model; cleared where the file has no such thing */
    struct video_run video;
    struct audio_run audio;
    struct image_run image;
};

static ptm_status picture_of_media(void *context, struct media_picture *picture, ptm_error *err) {
    return media_frame_rgb(context, picture, err);
}

static ptm_status take_item(struct pass *pass, const struct media_item *item, ptm_error *err) {
    if (item->kind == MEDIA_FRAME) {
        const struct frame_view frame = {picture_of_media, pass->media, item->time, item->end};
        if (pass->use_video) TRY(video_run_frame(&pass->video, &frame, err));
        return pass->use_image ? image_run_frame(&pass->image, &frame, err) : PTM_OK;
    }
    if (item->kind == MEDIA_SAMPLES && pass->use_audio)
        return audio_run_samples(&pass->audio, item->samples, (size_t)item->count, item->time, err);
    return PTM_OK;
}

static bool has_enough(const struct pass *pass) {
    return (!pass->use_video || pass->video.enough) && (!pass->use_audio || pass->audio.enough) &&
           (!pass->use_image || pass->image.enough);
}

/** Reads to the end of the file, or until nothing more can change the answer. */
static ptm_status read_media(struct pass *pass, ptm_error *err) {
    struct media_item item;
    do {
        const double start = clock_ms();
        TRY(media_next(pass->media, &item, err));
        pass->run.decode_ms += clock_ms() - start;
        TRY(take_item(pass, &item, err));
        run_report_progress(&pass->run, pass->media, &item);
    } while (item.kind != MEDIA_END && !has_enough(pass));
    if (pass->use_video) TRY(video_run_finish(&pass->video, err));
    if (pass->use_image) TRY(image_run_finish(&pass->image, err));
    return pass->use_audio ? audio_run_finish(&pass->audio, err) : PTM_OK;
}

/**
 * What the file has of what was asked for. A still goes to the image model and a video to the video model; each takes
 * the other's place where that is missing or was not asked for.
 */
static void choose_lanes(struct pass *pass, const struct media_info *info) {
    pass->use_audio = pass->use_audio && info->has_audio;
    if (pass->use_video && pass->use_image) {
        pass->use_image = info->is_still;
        pass->use_video = !info->is_still;
    }
    pass->use_video = pass->use_video && info->has_video;
    pass->use_image = pass->use_image && info->has_video;
}

static ptm_status open_media(struct pass *pass, const char *path, ptm_error *err) {
    const struct media_options options =
        run_media_options(&pass->run, pass->use_video || pass->use_image, pass->use_audio);
    const double start = clock_ms();
    TRY(media_open(&pass->media, path, &options, err));
    const struct media_info *info = media_get_info(pass->media);
    choose_lanes(pass, info);
    pass->run.decode_ms += clock_ms() - start;
    if (pass->use_video || pass->use_audio || pass->use_image) return PTM_OK;
    return error_set(err, PTM_ENODATA, "%s: nothing to label: %s%s%s", path, info->no_video ? info->no_video : "",
                     info->no_video && info->no_audio ? ", " : "", info->no_audio ? info->no_audio : "");
}

/** Frames of the file, where uniform sampling has to know them and the file can tell. */
static ptm_status count_frames(struct pass *pass, int64_t *frames, ptm_error *err) {
    const struct lane *lane = &pass->run.session->video;
    *frames = 0;
    if (!pass->use_video || video_sampling(lane, pass->run.options->sampling) != PTM_SAMPLING_UNIFORM ||
        !media_get_info(pass->media)->seekable)
        return PTM_OK;
    const double start = clock_ms();
    TRY(media_count_frames(pass->media, frames, err));
    pass->run.decode_ms += clock_ms() - start;
    return PTM_OK;
}

static ptm_status open_runs(struct pass *pass, int64_t frames, ptm_error *err) {
    if (pass->use_video) TRY(video_run_open(&pass->video, &pass->run, frames, err));
    if (pass->use_image) TRY(image_run_open(&pass->image, &pass->run, err));
    return pass->use_audio ? audio_run_open(&pass->audio, &pass->run, err) : PTM_OK;
}

static void close_pass(struct pass *pass) {
    video_run_close(&pass->video);
    audio_run_close(&pass->audio);
    image_run_close(&pass->image);
    media_close(&pass->media);
}

/** Whether frames were counted and decoding then gave another number: the evenly spread places were wrong. */
static bool miscounted(const struct pass *pass) {
    const struct video_run *video = &pass->video;
    return pass->use_video && video->total > 0 && video->frames_seen > 0 && video->frames_seen != video->total;
}

/** A second look at the pictures alone, for a file that delivers another number of frames than its packets promise. */
static ptm_status look_again(struct pass *pass, const char *path, ptm_error *err) {
    const int64_t frames = pass->video.frames_seen;
    const bool use_audio = pass->use_audio;
    video_run_close(&pass->video);
    media_close(&pass->media);
    pass->use_audio = false;
    TRY(open_media(pass, path, err));
    TRY(video_run_open(&pass->video, &pass->run, frames, err));
    TRY(read_media(pass, err));
    pass->use_audio = use_audio;
    return PTM_OK;
}

/* ---------------------------------------------------------------- the result */

/** A lane's answer, or why there is none. */
static ptm_status put_answer(struct result *result, const struct lane *lane, const struct tally *tally,
                             ptm_coverage coverage, const char *missing, ptm_error *err) {
    if (tally->windows > 0) return result_set_answer(result, lane, tally, &coverage, err);
    result_set_missing(result, lane, missing);
    return PTM_OK;
}

static bool is_still(const struct pass *pass) {
    return pass->media && media_get_info(pass->media)->is_still;
}

/** A still has no time, though decoders give it that of one frame. */
static ptm_coverage image_coverage(const struct pass *pass, const struct media_stats *stats) {
    ptm_coverage coverage = image_run_coverage(&pass->image, stats);
    if (is_still(pass)) coverage.from = coverage.to = 0;
    return coverage;
}

/** The answers of what was looked at. `stats` NULL: the frames or samples came from the caller. */
static ptm_status put_answers(struct result *result, const struct pass *pass, const struct media_stats *stats,
                              ptm_error *err) {
    const struct video_run *video = &pass->video;
    const struct audio_run *audio = &pass->audio;
    const struct image_run *image = &pass->image;
    if (pass->use_video)
        TRY(put_answer(result, video->lane, &video->tally, video_run_coverage(video, stats),
                       "no frame could be decoded", err));
    if (pass->use_image)
        TRY(put_answer(result, image->lane, &image->tally, image_coverage(pass, stats), "no picture could be decoded",
                       err));
    if (pass->use_audio)
        TRY(put_answer(result, audio->lane, &audio->tally, audio_run_coverage(audio, stats),
                       "no sound could be decoded", err));
    return PTM_OK;
}

/** What was asked for, has a model, and is not in the file. */
static void put_missing(struct result *result, const struct pass *pass) {
    const struct ptm_session *session = pass->run.session;
    const unsigned asked = pass->run.options->modalities;
    const struct media_info *info = media_get_info(pass->media);
    if (asked & PTM_VIDEO && session->video.network && !pass->use_video && !pass->use_image)
        result_set_missing(result, &session->video, info->no_video ? info->no_video : "no video stream");
    if (asked & PTM_IMAGE && session->image.network && !pass->use_image && !session->video.network)
        result_set_missing(result, &session->image, info->no_video ? info->no_video : "no picture");
    if (asked & PTM_AUDIO && session->audio.network && !pass->use_audio)
        result_set_missing(result, &session->audio, info->no_audio ? info->no_audio : "no audio stream");
}

static ptm_status put_media_result(struct result *result, const struct pass *pass, const char *path, ptm_error *err) {
    const double header = media_get_info(pass->media)->duration;
    const struct media_stats *stats = media_get_stats(pass->media);
    const double end = stats->video_end > stats->audio_end ? stats->video_end : stats->audio_end;
    result->result.duration = is_still(pass) ? 0 : header > 0 ? header : end;
    TRY(put_answers(result, pass, stats, err));
    put_missing(result, pass);
    const bool any = pass->video.tally.windows > 0 || pass->audio.tally.windows > 0 || pass->image.tally.windows > 0;
    if (!any) return error_set(err, PTM_ENODATA, "%s: nothing could be decoded between the times asked for", path);
    return PTM_OK;
}

/** Fusion and times, the same for files, frames and samples. */
static ptm_status finish_result(struct result *result, const struct run *run, ptm_error *err) {
    result->result.ms.decode = run->decode_ms;
    result->result.ms.features = run->features_ms;
    result->result.ms.network = run->network_ms;
    return result_fuse(result, err);
}

/* ---------------------------------------------------------------- files */

static ptm_status classify_file(struct pass *pass, struct result *result, const char *path, ptm_error *err) {
    int64_t frames;
    TRY(open_media(pass, path, err));
    TRY(count_frames(pass, &frames, err));
    TRY(open_runs(pass, frames, err));
    TRY(read_media(pass, err));
    if (miscounted(pass)) TRY(look_again(pass, path, err));
    TRY(put_media_result(result, pass, path, err));
    return finish_result(result, &pass->run, err);
}

/** A fresh result and pass for one call; PTM_EINVAL for bad options. */
static ptm_status begin(struct pass *pass, struct result **result, struct ptm_session *session,
                        const ptm_classify_options *options, ptm_error *err) {
    TRY(check_options(session, options, err));
    *result = result_new();
    if (!*result) return error_no_memory(err);
    *pass = (struct pass){
        .run = {.session = session, .options = options},
        .use_video = options->modalities & PTM_VIDEO && session->video.network,
        .use_audio = options->modalities & PTM_AUDIO && session->audio.network,
        .use_image = options->modalities & PTM_IMAGE && session->image.network,
    };
    return PTM_OK;
}

/** Hands the result over, or frees it where the call failed. */
static ptm_status deliver(ptm_result **out, struct result *result, ptm_status status) {
    *out = &result->result;
    if (status != PTM_OK) ptm_result_free(out);
    return status;
}

ptm_status ptm_classify_file(ptm_session *session, const char *path, const ptm_classify_options *options,
                             ptm_result **out, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    ptm_classify_options defaults;
    ptm_classify_options_default(&defaults);
    struct pass pass;
    struct result *result;
    TRY(begin(&pass, &result, session, options ? options : &defaults, err));
    const ptm_status status = classify_file(&pass, result, path, err);
    close_pass(&pass);
    return deliver(out, result, status);
}

/* ---------------------------------------------------------------- frames and samples that the caller holds */

static ptm_status picture_of_frame(void *context, struct media_picture *picture, ptm_error *err) {
    const ptm_frame *frame = context;
    if (!frame->rgb || frame->width < 1 || frame->height < 1)
        return error_set(err, PTM_EINVAL, "a frame of %d x %d pixels cannot be labelled", frame->width, frame->height);
    *picture = (struct media_picture){frame->rgb, frame->width, frame->height, frame->stride};
    return PTM_OK;
}

static ptm_status classify_frames(struct pass *pass, struct result *result, const ptm_frame *frames, int count,
                                  ptm_error *err) {
    TRY(video_run_open(&pass->video, &pass->run, count, err));
    const double rate = pass->video.frame_rate;
    for (int i = 0; i < count && !pass->video.enough; i++) {
        const struct frame_view view = {picture_of_frame, (void *)&frames[i], i / rate, (i + 1) / rate};
        TRY(video_run_frame(&pass->video, &view, err));
    }
    TRY(video_run_finish(&pass->video, err));
    result->result.duration = count / rate;
    TRY(put_answers(result, pass, NULL, err));
    return finish_result(result, &pass->run, err);
}

ptm_status ptm_classify_frames(ptm_session *session, const ptm_frame *frames, int count,
                               const ptm_classify_options *options, ptm_result **out, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    ptm_classify_options defaults;
    ptm_classify_options_default(&defaults);
    struct pass pass;
    struct result *result;
    struct lane *lane;
    TRY(session_need_lane(session, PTM_VIDEO, &lane, err));
    if (count < 1) return error_set(err, PTM_ENODATA, "no frames");
    TRY(begin(&pass, &result, session, options ? options : &defaults, err));
    pass.use_audio = pass.use_image = false;
    const ptm_status status = classify_frames(&pass, result, frames, count, err);
    close_pass(&pass);
    return deliver(out, result, status);
}

static ptm_status classify_samples(struct pass *pass, struct result *result, const float *samples, size_t count,
                                   int sample_rate, ptm_error *err) {
    const int rate = pass->run.session->audio.network->audio.sample_rate;
    float *resampled = NULL;
    result->result.duration = (double)count / sample_rate;
    if (rate != sample_rate) {
        TRY(media_resample(&resampled, &count, samples, count, sample_rate, rate, err));
        samples = resampled;
    }
    ptm_status status = audio_run_open(&pass->audio, &pass->run, err);
    if (status == PTM_OK) status = audio_run_samples(&pass->audio, samples, count, 0, err);
    if (status == PTM_OK) status = audio_run_finish(&pass->audio, err);
    mem_free(resampled);
    TRY(status);
    TRY(put_answers(result, pass, NULL, err));
    return finish_result(result, &pass->run, err);
}

ptm_status ptm_classify_samples(ptm_session *session, const float *samples, size_t count, int sample_rate,
                                const ptm_classify_options *options, ptm_result **out, ptm_error *err) {
    error_clear(err);
    *out = NULL;
    ptm_classify_options defaults;
    ptm_classify_options_default(&defaults);
    struct pass pass;
    struct result *result;
    struct lane *lane;
    TRY(session_need_lane(session, PTM_AUDIO, &lane, err));
    if (count < 1) return error_set(err, PTM_ENODATA, "no samples");
    if (sample_rate < 1000 || sample_rate > 768000)
        return error_set(err, PTM_EINVAL, "a sample rate of %d Hz; it should be from 1000 to 768000", sample_rate);
    TRY(begin(&pass, &result, session, options ? options : &defaults, err));
    pass.use_video = pass.use_image = false;
    const ptm_status status = classify_samples(&pass, result, samples, count, sample_rate, err);
    close_pass(&pass);
    return deliver(out, result, status);
}
