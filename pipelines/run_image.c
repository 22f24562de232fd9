/* SPDX-License-Identifier: MIT */
#include "pipelines/run.h"

static const double video_rate = 1; /* of a video, the middle frame of each second */

ptm_status image_run_open(struct image_run *image, struct run *run, ptm_error *err) {
    *image = (struct image_run){
        .run = run,
        .lane = &run->session->image,
        .rate = run->hop > 0 ? 1 / run->hop : video_rate,
        .first_only = run->options->sampling == PTM_SAMPLING_FIRST,
    };
    return tally_open(&image->tally, image->lane->network, err);
}

void image_run_close(struct image_run *image) {
    tally_close(&image->tally);
}

/** Hands on the picture in the lane's input; it stands for the time from the last one's up to `to`. */
static ptm_status answer(struct image_run *image, double time, double end, double to, ptm_error *err) {
    const struct span span = {.index = image->answered++, .start = time, .end = end, .from = image->reached, .to = to};
    image->reached = to;
    image->frames_used++;
    image->enough = image->first_only;
    return run_window(image->run, image->lane, &image->tally, &span, EMBED_NOWHERE, err);
}

ptm_status image_run_frame(struct image_run *image, const struct frame_view *frame, ptm_error *err) {
    if (image->enough) return PTM_OK;
    if (image->frames_seen == 0) image->from = image->reached = frame->time;
    image->frames_seen++;
    image->to = frame->end;
    const double middle = image->from + ((double)image->next + 0.5) / image->rate;
    if (middle < frame->end) {
        image->next = (int64_t)((frame->end - image->from) * image->rate + 0.5);
        TRY(run_prepare_frame(image->run, image->lane, frame, image->lane->input, err));
        return answer(image, frame->time, frame->end, image->from + (double)image->next / image->rate, err);
    }
    if (image->frames_seen > 1) return PTM_OK;
    /* The only frame of a still, or of a video that ends before the middle of its first second. */
    TRY(run_prepare_frame(image->run, image->lane, frame, image->lane->recent, err));
    return PTM_OK;
}

ptm_status image_run_finish(struct image_run *image, ptm_error *err) {
    if (image->frames_seen == 0 || image->answered > 0) return PTM_OK;
    const size_t count = network_input_count(image->lane->network);
    for (size_t i = 0; i < count; i++) image->lane->input[i] = image->lane->recent[i];
    return answer(image, image->from, image->to, image->to, err);
}

ptm_coverage image_run_coverage(const struct image_run *image, const struct media_stats *stats) {
    ptm_coverage coverage = {
        .from = image->from,
        .to = image->to,
        .frames_decoded = image->frames_seen,
        .frames_used = image->frames_used,
        .sampling = run_sampling_name(image->first_only ? PTM_SAMPLING_FIRST : PTM_SAMPLING_WINDOWS),
    };
    run_cover_pictures(&coverage, stats);
    return coverage;
}
