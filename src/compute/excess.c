/* SPDX-License-Identifier: MIT */
#include "compute/excess.h"

#include "base/memory.h"

enum { PAIR_MOST = 128 };

/** What the first of two neighbours has to give up; its sign stays. */
static inline int too_much(const int8_t pair[2]) {
    const int both = pair[0] + pair[1];
    return both > PAIR_MOST ? both - PAIR_MOST : both < -PAIR_MOST ? both + PAIR_MOST : 0;
}

struct excess_job {
    struct excess *excess;
    const struct excess_panels *panels;
};

static int8_t *panel_weights(const struct excess_panels *panels, int panel) {
    return panels->w + (size_t)panel * (size_t)panels->groups * (size_t)panels->columns * 4;
}

static void count_panel(void *context, int panel, int worker) {
    (void)worker;
    const struct excess_job *job = context;
    const int8_t *w = panel_weights(job->panels, panel), *end = panel_weights(job->panels, panel + 1);
    size_t count = 0;
    for (; w < end; w += 4) count += (too_much(w) | too_much(w + 2)) != 0;
    job->excess->starts[panel + 1] = count;
}

/* Without a branch on the weights, which no processor can foresee: a group with no excess is overwritten by the next.
 */
static void move_panel(void *context, int panel, int worker) {
    (void)worker;
    const struct excess_job *job = context;
    struct product_excess *to = job->excess->list + job->excess->starts[panel];
    const struct product_excess *const end = job->excess->list + job->excess->starts[panel + 1];
    int8_t *w = panel_weights(job->panels, panel);
    for (int group = 0, column = 0; to < end; w += 4) {
        const int first = too_much(w), second = too_much(w + 2);
        *to = (struct product_excess){
            .group = (uint16_t)group,
            .column = (uint16_t)column,
            .w = {(int8_t)first, 0, (int8_t)second, 0},
        };
        to += (first | second) != 0;
        w[0] = (int8_t)(w[0] - first);
        w[2] = (int8_t)(w[2] - second);
        if (++column < job->panels->columns) continue;
        column = 0;
        group++;
    }
}

ptm_status excess_open(struct excess *excess, struct threads *threads, const struct excess_panels *panels,
                       ptm_error *err) {
    const size_t count = (size_t)panels->panels;
    struct excess_job job = {excess, panels};
    *excess = (struct excess){.starts = mem_calloc(count + 1, sizeof *excess->starts)};
    if (!excess->starts) return error_no_memory(err);
    threads_run(threads, panels->panels, count_panel, &job);
    for (size_t panel = 0; panel < count; panel++) excess->starts[panel + 1] += excess->starts[panel];
    if (excess->starts[count] == 0) return PTM_OK;
    excess->list = mem_alloc(excess->starts[count], sizeof *excess->list);
    if (!excess->list) return error_no_memory(err);
    threads_run(threads, panels->panels, move_panel, &job);
    return PTM_OK;
}

void excess_close(struct excess *excess) {
    mem_free(excess->list);
    mem_free(excess->starts);
    *excess = (struct excess){0};
}
