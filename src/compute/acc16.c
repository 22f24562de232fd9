/* SPDX-License-Identifier: MIT */
#include "compute/acc16.h"

#include "base/memory.h"
#include "compute/acc16_strip.h"

#include <string.h>

/** What a thread needs beside the panel it works on. */
struct scratch {
    int8_t *w;                         /* (groups, columns, 4): the panel as it was */
    uint8_t *loads;                    /* (groups, columns, ACC16_LOADS) of it */
    uint16_t *line;                    /* (groups): scratch of acc16_find_partners(), as is `partner` */
    uint16_t *partner;                 /* (groups) */
    struct product_outliers *outliers; /* of the panel: as many as there can be */
};

struct acc16_job {
    struct acc16 *acc16;
    const struct acc16_panels *panels;
    struct scratch *scratch; /* of each worker */
};

/* In 16 bits, which compilers can do to many at once. */
static void find_loads(uint8_t *loads, const int8_t *w, size_t count) {
    for (size_t i = 0; i < count; i += 2) {
        const int16_t a = w[i], b = w[i + 1];
        const int16_t above = (int16_t)((a > 0 ? a : 0) + (b > 0 ? b : 0)), below = (int16_t)(above - a - b);
        loads[i] = (uint8_t)(above < ACC16_MOST ? above : ACC16_MOST);
        loads[i + 1] = (uint8_t)(below < ACC16_MOST ? below : ACC16_MOST);
    }
}

static struct acc16_strip strip_of(const struct acc16_job *job, const struct scratch *scratch, int panel, int i) {
    const struct acc16_panels *panels = job->panels;
    const size_t groups = (size_t)panels->groups, step = (size_t)panels->strip * 4;
    const size_t strips = (size_t)(panels->columns / panels->strip), number = (size_t)panel * strips + (size_t)i;
    return (struct acc16_strip){
        .before = scratch->w + (size_t)i * step,
        .loads = scratch->loads + (size_t)i * step,
        .w = panels->w + number * groups * step,
        .order = job->acc16->order + number * groups,
        .stride = (size_t)panels->columns * 4,
        .groups = panels->groups,
        .columns = panels->strip,
    };
}

/** Brings partners together and lists what is too much then; returns how many outliers there are. */
static uint32_t arrange_strip(const struct scratch *scratch, const struct acc16_strip *strip,
                              struct product_outliers *outliers) {
    const size_t step = (size_t)strip->columns * 4;
    acc16_find_partners(strip, scratch->line, scratch->partner);
    for (int g = 0; g < strip->groups; g++)
        memcpy(strip->w + (size_t)g * step, strip->before + strip->order[g] * strip->stride, step);
    return acc16_list_outliers(strip, outliers);
}

static void arrange_panel(void *context, int panel, int worker) {
    const struct acc16_job *job = context;
    const struct acc16_panels *panels = job->panels;
    const struct scratch *scratch = &job->scratch[worker];
    const int strips = panels->columns / panels->strip;
    const size_t bytes = (size_t)panels->groups * (size_t)panels->columns * 4;
    uint32_t *starts = job->acc16->starts + panel * (strips + 1);
    memcpy(scratch->w, panels->w + (size_t)panel * bytes, bytes);
    find_loads(scratch->loads, scratch->w, bytes);
    starts[0] = 0;
    for (int i = 0; i < strips; i++) {
        const struct acc16_strip strip = strip_of(job, scratch, panel, i);
        starts[i + 1] = starts[i] + arrange_strip(scratch, &strip, scratch->outliers + starts[i]);
    }
    if (starts[strips] == 0) return;
    struct product_outliers *outliers = mem_alloc(starts[strips], sizeof *outliers);
    if (outliers) memcpy(outliers, scratch->outliers, starts[strips] * sizeof *outliers);
    job->acc16->outliers[panel] = outliers;
}

static void place_scratch(struct scratch *scratch, struct arena *arena, const struct acc16_panels *panels) {
    const size_t groups = (size_t)panels->groups, columns = (size_t)panels->columns;
    *scratch = (struct scratch){
        .w = arena_take(arena, groups, columns * 4),
        .loads = arena_take(arena, groups, columns * ACC16_LOADS),
        .line = arena_take(arena, groups, sizeof *scratch->line),
        .partner = arena_take(arena, groups, sizeof *scratch->partner),
        .outliers = arena_take(arena, groups / 2 * columns * ACC16_OUTLIERS, sizeof *scratch->outliers),
    };
}

static ptm_status arrange_panels(struct acc16_job *job, struct threads *threads, ptm_error *err) {
    const int workers = threads_most(threads);
    job->scratch = mem_calloc((size_t)workers, sizeof *job->scratch);
    if (!job->scratch) return error_no_memory(err);
    struct arena measured = {0};
    for (int i = 0; i < workers; i++) place_scratch(&job->scratch[i], &measured, job->panels);
    struct arena arena = {.base = measured.overflow ? NULL : mem_alloc(measured.used, 1)};
    const bool placed = arena.base != NULL;
    if (placed) {
        for (int i = 0; i < workers; i++) place_scratch(&job->scratch[i], &arena, job->panels);
        threads_run(threads, job->panels->panels, arrange_panel, job);
    }
    mem_free(arena.base);
    mem_free(job->scratch);
    return placed ? PTM_OK : error_no_memory(err);
}

ptm_status acc16_open(struct acc16 *acc16, struct threads *threads, const struct acc16_panels *panels, ptm_error *err) {
    const size_t count = (size_t)panels->panels, strips = (size_t)(panels->columns / panels->strip);
    *acc16 = (struct acc16){
        .panels = panels->panels,
        .order = mem_calloc(count * strips * (size_t)panels->groups + ACC16_AHEAD, sizeof *acc16->order),
        .starts = mem_alloc(count * (strips + 1), sizeof *acc16->starts),
        .outliers = mem_calloc(count, sizeof *acc16->outliers),
    };
    if (!acc16->order || !acc16->starts || !acc16->outliers) return error_no_memory(err);
    TRY(arrange_panels(&(struct acc16_job){acc16, panels, NULL}, threads, err));
    for (size_t panel = 0; panel < count; panel++)
        if (acc16->starts[(panel + 1) * (strips + 1) - 1] > 0 && !acc16->outliers[panel]) return error_no_memory(err);
    return PTM_OK;
}

void acc16_close(struct acc16 *acc16) {
    for (int panel = 0; acc16->outliers && panel < acc16->panels; panel++) mem_free(acc16->outliers[panel]);
    mem_free(acc16->outliers);
    mem_free(acc16->starts);
    mem_free(acc16->order);
    *acc16 = (struct acc16){0};
}
