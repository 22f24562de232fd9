/* SPDX-License-Identifier: MIT */
#include "pipelines/image_run.h"

#include <math.h>
#include <string.h>

static const double video_rate = 1; /* of a video, the middle frame of each second */

ptm_status image_run_open(struct image_run *image, struct run *run, ptm_error *err) {
    *image = (struct image_run){
        .run = run,
        .lane = session_lane(run->session, PTM_IMAGE),
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
    const double reached = window_reach(end, to, image->run->until);
    const struct span span = {
        .index = image->answered++, .start = time, .end = end, .from = image->reached, .to = reached};
    image->reached = reached;
    image->frames_used++;
    image->enough = image->first_only;
    return run_window(image->run, image->lane, &image->tally, &span, EMBED_NOWHERE, err);
}

ptm_status image_run_frame(struct image_run *image, const struct frame_view *frame, ptm_error *err) {
    if (image->enough) return PTM_OK;
    const bool first = image->frames_seen == 0;
    const bool anew = first || frame->time - image->to > 1 / image->rate; /* after an outage of a live source, too */
    const double origin = anew ? frame->time : image->origin;
    const double next = anew ? 0 : (double)image->next;
    const bool due = origin + (next + 0.5) / image->rate < frame->end;
    /* The first may be the only one: a still, or a video that ends before the middle of its first second. A picture
     * that cannot be prepared leaves everything as it was. */
    float *const out = due ? image->lane->input : image->lane->recent;
    if (due || first) TRY(run_prepare_frame(image->run, image->lane, frame, out, err));
    if (first) image->from = frame->time;
    if (anew) image->origin = image->reached = frame->time;
    if (anew) image->next = 0;
    image->frames_seen++;
    image->to = frame->end;
    if (!due) return PTM_OK;
    /* The first middle that is not shown yet; one at least is, however the times are rounded. */
    image->next = (int64_t)fmax(next + 1, ceil((frame->end - origin) * image->rate - 0.5));
    return answer(image, frame->time, frame->end, origin + (double)image->next / image->rate, err);
}

ptm_status image_run_finish(struct image_run *image, ptm_error *err) {
    if (image->frames_seen == 0 || image->answered > 0) return PTM_OK;
    const size_t count = network_input_count(image->lane->network);
    memcpy(image->lane->input, image->lane->recent, count * sizeof(float));
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
