/* SPDX-License-Identifier: MIT */
/* Events out of windows that are made up here: two thresholds, shortest length, gaps, several labels and modalities. */
#include "check.h"
#include "polytome.h"

#include <math.h>

enum { LABELS = 3, ROOM = 1024 };

/** What came out, a word for each call: "+pan@0" and "-pan@0..2/2" (windows). */
struct story {
    char text[ROOM];
    ptm_event last; /* the last that ended */
    ptm_status answer;
};

static ptm_status tell(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err) {
    (void)err;
    struct story *story = user;
    const size_t used = strlen(story->text);
    char *text = story->text + used;
    if (phase == PTM_EVENT_BEGIN) {
        snprintf(text, ROOM - used, "+%s@%g ", event->label, event->start);
    } else {
        snprintf(text, ROOM - used, "-%s@%g..%g/%d ", event->label, event->start, event->end, event->windows);
        story->last = *event;
    }
    return story->answer;
}

static ptm_events *open_events(struct story *story, double on, double off, double min_seconds, bool best_only) {
    *story = (struct story){0};
    ptm_events *events;
    const ptm_event_options options = {on, off, min_seconds, best_only};
    CHECK_OK(ptm_events_open(&events, &options, tell, story, err));
    return events;
}

static ptm_status add_window(ptm_events *events, ptm_modality modality, int64_t index, double from, double to,
                             const float *scores, ptm_error *err) {
    static const char *const names[LABELS] = {"pan", "cut", "rain"};
    ptm_label labels[LABELS];
    for (int i = 0; i < LABELS; i++) labels[i] = (ptm_label){names[i], i, scores[i], 0};
    for (int i = 1; i < LABELS; i++) /* highest first */
        for (int k = i; k > 0 && labels[k].score > labels[k - 1].score; k--) {
            const ptm_label swapped = labels[k];
            labels[k] = labels[k - 1];
            labels[k - 1] = swapped;
        }
    const ptm_window window = {.modality = modality,
                               .model = "made up",
                               .index = index,
                               .start = from,
                               .end = to,
                               .from = from,
                               .to = to,
                               .num_labels = LABELS,
                               .labels = labels,
                               .r = "off"};
    return ptm_events_add(events, &window, err);
}

/** Windows of one second each. */
static void add_row(ptm_events *events, int count, const float (*scores)[LABELS]) {
    for (int i = 0; i < count; i++) CHECK_OK(add_window(events, PTM_VIDEO, i, i, i + 1, scores[i], err));
}

static void finish(ptm_events **events) {
    CHECK_OK(ptm_events_finish(*events, err));
    ptm_events_close(events);
    CU_ASSERT_PTR_NULL(*events);
}

static void check_story(const struct story *story, const char *wanted) {
    if (strcmp(story->text, wanted) != 0) printf("\n    %s\n    instead of %s\n", story->text, wanted);
    CU_ASSERT_STRING_EQUAL(story->text, wanted);
}

static void test_thresholds(void) {
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    /* At `on` it begins, at `off` it goes on, between them nothing begins. */
    const float scores[][LABELS] = {{0.49f, 0, 0}, {0.5f, 0, 0},     {0.9f, 0, 0},   {0.35f, 0, 0},
                                    {0.34f, 0, 0}, {0.45f, 0.5f, 0}, {0.2f, 0.8f, 0}};
    add_row(events, 7, scores);
    check_story(&story, "+pan@1 -pan@1..4/3 +cut@5 ");
    CU_ASSERT_EQUAL(story.last.modality, PTM_VIDEO);
    CU_ASSERT_EQUAL(story.last.index, 0);
    CU_ASSERT_DOUBLE_EQUAL(story.last.peak, 0.9, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(story.last.mean, (0.5 + 0.9 + 0.35) / 3, 1e-6);
    finish(&events);
    check_story(&story, "+pan@1 -pan@1..4/3 +cut@5 -cut@5..7/2 ");
}

static void test_short_ones(void) {
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.5, 2, false);
    const float scores[][LABELS] = {{1, 0, 0}, {0, 1, 0}, {0, 1, 0}, {0, 1, 0}, {0, 0, 1}};
    add_row(events, 2, scores);
    check_story(&story, "");
    for (int i = 2; i < 5; i++) CHECK_OK(add_window(events, PTM_VIDEO, i, i, i + 1, scores[i], err));
    finish(&events);
    check_story(&story, "+cut@1 -cut@1..4/3 "); /* one second of pan and one of rain are too short */
    /* Ten tenths are a second, whatever their sum in binary. */
    events = open_events(&story, 0.5, 0.5, 1, false);
    for (int i = 0; i < 10; i++)
        CHECK_OK(add_window(events, PTM_VIDEO, i, 0.3 + i * 0.1, 0.3 + (i + 1) * 0.1, scores[0], err));
    check_story(&story, "+pan@0.3 ");
    finish(&events);
}

static void test_many_at_once(void) {
    const float scores[][LABELS] = {{0.9f, 0.8f, 0}, {0.7f, 0.8f, 0.6f}, {0, 0.8f, 0.6f}};
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    add_row(events, 3, scores);
    finish(&events);
    check_story(&story, "+pan@0 +cut@0 +rain@1 -pan@0..2/2 -cut@0..3/3 -rain@1..3/2 ");
    events = open_events(&story, 0.5, 0, 0, true); /* one at a time, even where `off` is 0 */
    add_row(events, 3, scores);
    finish(&events);
    check_story(&story, "+pan@0 -pan@0..1/1 +cut@1 -cut@1..3/2 ");
}

static void test_gaps(void) {
    const float pan[LABELS] = {1, 0, 0};
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    CHECK_OK(add_window(events, PTM_VIDEO, 5, 10, 12, pan, err));    /* the first may have any number */
    CHECK_OK(add_window(events, PTM_VIDEO, 6, 12.02, 14, pan, err)); /* an odd frame rate */
    CHECK_OK(add_window(events, PTM_VIDEO, 8, 14, 16, pan, err));    /* one was dropped */
    CHECK_OK(add_window(events, PTM_VIDEO, 9, 30, 32, pan, err));    /* time jumped ahead */
    CHECK_OK(add_window(events, PTM_VIDEO, 10, 20, 22, pan, err));   /* and back */
    finish(&events);
    check_story(&story, "+pan@10 -pan@10..14/2 +pan@14 -pan@14..16/1 +pan@30 -pan@30..32/1 +pan@20 -pan@20..22/1 ");
}

/* Behind the last window of a source that is lost nothing follows for now: its events end with it. */
static void test_loss(void) {
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    const ptm_label labels[] = {{"pan", 0, 0.9f, 0}, {"cut", 1, 0, 0}};
    ptm_window window = {.modality = PTM_VIDEO, .to = 1, .num_labels = 2, .labels = labels};
    window.lost = true;
    CHECK_OK(ptm_events_add(events, &window, err));
    check_story(&story, "+pan@0 -pan@0..1/1 ");
    window = (ptm_window){.modality = PTM_VIDEO, .index = 1, .from = 1, .to = 2, .num_labels = 2, .labels = labels};
    CHECK_OK(ptm_events_add(events, &window, err));
    finish(&events);
    check_story(&story, "+pan@0 -pan@0..1/1 +pan@1 -pan@1..2/1 ");
}

static void test_modalities(void) {
    const float pan[LABELS] = {1, 0, 0}, rain[LABELS] = {0, 0, 1};
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    CHECK_OK(add_window(events, PTM_AUDIO, 0, 0, 1, rain, err));
    CHECK_OK(add_window(events, PTM_VIDEO, 0, 0, 2, pan, err));
    CHECK_OK(add_window(events, PTM_AUDIO, 1, 1, 2, pan, err));
    CHECK_OK(add_window(events, PTM_IMAGE, 0, 0, 1, pan, err));
    finish(&events);
    check_story(&story, "+rain@0 +pan@0 -rain@0..1/1 +pan@1 +pan@0 -pan@0..2/1 -pan@1..2/1 -pan@0..1/1 ");
}

/* What is no number is refused, and leaves the event that is going on as it was. */
static void test_no_numbers(void) {
    const float pan[LABELS] = {1, 0, 0}, none[LABELS] = {NAN, 0, 0};
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 0, 0, 1, none, NULL), PTM_EINVAL);
    CHECK_OK(add_window(events, PTM_VIDEO, 1, 1, 2, pan, err));
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 2, 2, 3, none, NULL), PTM_EINVAL);
    check_story(&story, "+pan@1 ");
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 3, NAN, 4, pan, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 3, 4, 3, pan, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, -1, 3, 4, pan, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, INT64_MAX, 3, 4, pan, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 3, 4, INFINITY, pan, NULL), PTM_EINVAL);
    finish(&events);
    check_story(&story, "+pan@1 -pan@1..2/1 ");
}

static void test_wrong_windows(void) {
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    const ptm_label labels[2] = {{"pan", 0, 1, 0}, {"cut", 2, 0, 0}};
    ptm_window window = {.modality = PTM_VIDEO, .to = 1, .num_labels = 2, .labels = labels};
    CU_ASSERT_EQUAL(ptm_events_add(events, &window, NULL), PTM_EINVAL); /* label 2 of 2 */
    window.modality = 0;
    CU_ASSERT_EQUAL(ptm_events_add(events, &window, NULL), PTM_EINVAL);
    window.modality = PTM_VIDEO;
    window.num_labels = 0;
    CU_ASSERT_EQUAL(ptm_events_add(events, &window, NULL), PTM_EINVAL);
    window.num_labels = 1;
    CHECK_OK(ptm_events_add(events, &window, err));
    const float pan[LABELS] = {1, 0, 0};
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 1, 1, 2, pan, NULL), PTM_EINVAL); /* another model's */
    finish(&events);
    check_story(&story, "+pan@0 -pan@0..1/1 ");
}

static void test_options(void) {
    static const ptm_event_options wrong[] = {
        {.on = 0.3, .off = 0.4}, {.on = 1.1}, {.on = 0.5, .off = -0.1}, {.on = NAN}, {.on = 1, .min_seconds = -1},
    };
    struct story story;
    ptm_events *events;
    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        CU_ASSERT_EQUAL(ptm_events_open(&events, &wrong[i], tell, &story, NULL), PTM_EINVAL);
        CU_ASSERT_PTR_NULL(events);
    }
    CU_ASSERT_EQUAL(ptm_events_open(&events, NULL, NULL, NULL, NULL), PTM_EINVAL);
    CHECK_OK(ptm_events_open(&events, NULL, tell, &story, err));
    ptm_events_close(&events);
    ptm_events_close(&events);
    ptm_events_close(NULL);
}

/* A caller that takes no more gets its own status back. */
static void test_refusal(void) {
    const float pan[LABELS] = {1, 0, 0};
    struct story story;
    ptm_events *events = open_events(&story, 0.5, 0.35, 0, false);
    story.answer = PTM_EINTERRUPTED;
    ptm_error error = {0};
    CU_ASSERT_EQUAL(add_window(events, PTM_VIDEO, 0, 0, 1, pan, &error), PTM_EINTERRUPTED);
    CU_ASSERT_EQUAL(error.status, PTM_EINTERRUPTED);
    CU_ASSERT_EQUAL(ptm_events_finish(events, NULL), PTM_EINTERRUPTED);
    ptm_events_close(&events);
}

int main(void) {
    static const struct check_case cases[] = {
        {"two thresholds", test_thresholds},
        {"short events", test_short_ones},
        {"many at once, and one", test_many_at_once},
        {"gaps end events", test_gaps},
        {"a source that is lost", test_loss},
        {"each modality for itself", test_modalities},
        {"what is no number", test_no_numbers},
        {"windows that do not fit", test_wrong_windows},
        {"options", test_options},
        {"a caller that refuses", test_refusal},
    };
    return check_main("events", cases, CHECK_COUNT(cases));
}
