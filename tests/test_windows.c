/* SPDX-License-Identifier: MIT */
/* Where windows lie over items that come one by one, and how they pass from the thread that collects them to the one
 * that answers. */
#include "base/memory.h"
#include "opened.h"
#include "pipelines/relay.h"
#include "pipelines/window.h"

#include <time.h>

/* ---------------------------------------------------------------- where windows lie */

enum { CAPACITY = 8, MOST = 64 };

/** Pushes `count` numbered items, takes each window as it is due and the last one; returns how many there were. */
static int lay_until(struct window *window, int count, double until, struct span *spans, float firsts[]) {
    int answered = 0;
    float out[CAPACITY];
    for (int i = 0; i <= count; i++) {
        const bool last = i == count;
        if (last ? window_pending(window) : window_is_due(window)) {
            window_copy(window, out);
            firsts[answered] = out[0];
            spans[answered++] = window_take(window, 100, until, last ? WINDOW_LAST : WINDOW_FOLLOWED);
        }
        if (last) break;
        if (window_unwanted(window) == 0) *window_slot(window) = (float)i;
        window_pushed(window, 1);
    }
    return answered;
}

static int lay(struct window *window, int count, struct span *spans, float firsts[]) {
    return lay_until(window, count, 0, spans, firsts);
}

static struct window make_window(float *ring, double hop, int align) {
    struct window window = {.items = ring, .capacity = CAPACITY, .width = 1, .rate = 4};
    window_lay(&window, hop, align);
    return window;
}

static void check_neighbours(const struct span *spans, int count) {
    CU_ASSERT_EQUAL(spans[0].from, spans[0].start);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(spans[i].index, i);
        CU_ASSERT(spans[i].to > spans[i].from);
        CU_ASSERT(spans[i].start <= spans[i].from && spans[i].to <= spans[i].end);
        if (i > 0) CU_ASSERT_EQUAL(spans[i].from, spans[i - 1].to);
    }
}

static void test_side_by_side(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 0, 2);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 20, spans, firsts), 3);
    const float expected[] = {0, 8, 12}; /* the last one reaches back */
    for (int i = 0; i < 3; i++) CU_ASSERT_EQUAL(firsts[i], expected[i]);
    CU_ASSERT_EQUAL(spans[1].start, 102);
    CU_ASSERT_EQUAL(spans[1].to, 104);
    CU_ASSERT_EQUAL(spans[2].start, 103);
    CU_ASSERT_EQUAL(spans[2].from, 104);
    CU_ASSERT_EQUAL(spans[2].to, 105);
    check_neighbours(spans, 3);
}

static void test_overlapping(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 0.7, 2); /* 2.8 items: no step of its own is a multiple of 2 */
    const int count = lay(&window, 41, spans, firsts);
    for (int i = 0; i + 1 < count; i++) {
        CU_ASSERT_EQUAL(fmodf(firsts[i], 2), 0);
        CU_ASSERT(fabs((double)firsts[i] - 2.8 * i) <= 1.0001); /* keeps step with the clock */
    }
    CU_ASSERT_EQUAL(firsts[count - 1], 41 - CAPACITY);
    CU_ASSERT_EQUAL(spans[count - 1].end, 100 + 41 / 4.0);
    check_neighbours(spans, count);
}

static void test_far_apart(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 5, 2);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 47, spans, firsts), 2); /* 0, 20; the one at 40 is not full */
    CU_ASSERT_EQUAL(firsts[0], 0);
    CU_ASSERT_EQUAL(firsts[1], 20);
    CU_ASSERT_EQUAL(spans[1].from, spans[0].to);
}

/* Answers end where the stream is said to end, and go on without a gap where it does not. */
static void test_said_end(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 5, 2);
    CU_ASSERT_EQUAL_FATAL(lay_until(&window, 67, 103, spans, firsts), 3);
    CU_ASSERT_EQUAL(spans[0].to, 103);
    CU_ASSERT_EQUAL(spans[1].from, 103);
    CU_ASSERT_EQUAL(spans[1].to, spans[1].end); /* there it is all the same */
    CU_ASSERT_EQUAL(spans[2].from, spans[1].to);
    window = make_window(ring, 1, 2);
    CU_ASSERT_EQUAL_FATAL(lay_until(&window, 16, 104, spans, firsts), 3);
    CU_ASSERT_EQUAL(spans[1].to, 102.5);
    CU_ASSERT_EQUAL(spans[2].to, 104); /* nothing follows, and it answers for the rest */
    window = make_window(ring, 0.5, 2);
    const int count = lay_until(&window, 30, 103, spans, firsts);
    CU_ASSERT_FATAL(count > 6);
    check_neighbours(spans, count);
    CU_ASSERT_EQUAL(spans[count - 1].to, 107.5);
    window = make_window(ring, 1, 2);
    CU_ASSERT_EQUAL_FATAL(lay_until(&window, 16, 103.9, spans, firsts), 3);
    CU_ASSERT_EQUAL(spans[2].to, 103.9);
}

static void test_short(void) {
    float ring[CAPACITY], firsts[MOST];
    struct span spans[MOST];
    struct window window = make_window(ring, 0.5, 2);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 3, spans, firsts), 1);
    CU_ASSERT_EQUAL(spans[0].padded, 5 / 4.0);
    CU_ASSERT_EQUAL(spans[0].end, 100.75);
    window_restart(&window);
    CU_ASSERT_EQUAL_FATAL(lay(&window, 8, spans, firsts), 1);
    CU_ASSERT_EQUAL(spans[0].index, 1); /* numbers go on */
    CU_ASSERT_EQUAL(spans[0].from, spans[0].start);
}

/* ---------------------------------------------------------------- the relay */

struct race {
    struct relay *relay;
    struct lane *lane;
    float *input;
    int answered, last, puts;
    ptm_status end; /* of the collector */
};

enum { PUTS = 40 };

static ptm_status put_all(void *user, ptm_error *err) {
    struct race *race = user;
    for (; race->puts < PUTS; race->puts++) {
        const struct ready ready = {.lane = race->lane, .input = race->input, .span = {.index = race->puts}};
        race->input[0] = (float)race->puts;
        TRY(relay_put(race->relay, &ready, err));
    }
    return race->end == PTM_OK ? PTM_OK : error_set(err, race->end, "the collector failed");
}

static ptm_status answer_one(void *user, const struct ready *ready, ptm_error *err) {
    (void)err;
    struct race *race = user;
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    CU_ASSERT_EQUAL(ready->input[0], (float)ready->span.index); /* its own copy, whatever came after it */
    CU_ASSERT(ready->span.index > race->last);
    race->last = (int)ready->span.index;
    race->answered++;
    return PTM_OK;
}

static ptm_status run_race(struct race *race, enum relay_policy policy, ptm_error *error) {
    struct opened opened;
    open_both(&opened, NULL, 1, NULL);
    race->lane = session_lane(opened.session, PTM_AUDIO);
    race->last = -1;
    race->input = mem_calloc(network_input_count(race->lane->network), sizeof *race->input);
    CU_ASSERT_PTR_NOT_NULL_FATAL(race->input);
    CHECK_OK(relay_open(&race->relay, opened.session, PTM_AUDIO, policy, err));
    CU_ASSERT_FATAL(relay_start(race->relay, put_all, race));
    const ptm_status status = relay_run(race->relay, answer_one, race, error);
    if (policy == RELAY_DROPS) CU_ASSERT_EQUAL(race->answered + relay_dropped(race->relay, PTM_AUDIO), race->puts);
    relay_close(&race->relay);
    mem_free(race->input);
    close_both(&opened);
    return status;
}

static void test_relay(void) {
    ptm_error err = {0};
    struct race waits = {0}, drops = {0}, fails = {.end = PTM_ELIMIT};
    CU_ASSERT_EQUAL(run_race(&waits, RELAY_WAITS, &err), PTM_OK);
    CU_ASSERT_EQUAL(waits.answered, PUTS);
    CU_ASSERT_EQUAL(run_race(&drops, RELAY_DROPS, &err), PTM_OK);
    CU_ASSERT(drops.answered < PUTS);
    CU_ASSERT_EQUAL(drops.last, PUTS - 1); /* the newest one is never lost */
    CU_ASSERT_EQUAL(run_race(&fails, RELAY_WAITS, &err), PTM_ELIMIT);
    CU_ASSERT_EQUAL(fails.answered, PUTS); /* nothing already done is */
    CU_ASSERT_STRING_EQUAL(err.message, "the collector failed");
}

int main(void) {
    static const struct check_case cases[] = {
        {"windows side by side", test_side_by_side},
        {"windows that overlap", test_overlapping},
        {"windows far apart", test_far_apart},
        {"windows up to the end that a header says", test_said_end},
        {"a stream shorter than a window, and a fresh start", test_short},
        {"the relay", test_relay},
    };
    return check_main("windows", cases, CHECK_COUNT(cases));
}
