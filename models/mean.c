/* SPDX-License-Identifier: MIT */
#include "models/mean.h"

#include "compute/tiles.h"

/* Columns a tile; rows that are added up by themselves, so that the error grows with 32 + count / 32, not with count.
 */
enum { COLUMNS = 64, ROWS = 32 };

struct mean_job {
    float *mean;
    const float *rows, *weights;
    size_t ld;
    int count, width;
    float total;
};

static void mean_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct mean_job *job = context;
    const int first = tile * COLUMNS, columns = job->width - first < COLUMNS ? job->width - first : COLUMNS;
    float sum[COLUMNS] = {0};
    for (int row = 0; row < job->count; row += ROWS) {
        float part[COLUMNS] = {0};
        for (int i = row; i < job->count && i < row + ROWS; i++)
            for (int c = 0; c < columns; c++) part[c] += job->weights[i] * job->rows[(size_t)i * job->ld + first + c];
        for (int c = 0; c < columns; c++) sum[c] += part[c];
    }
    for (int c = 0; c < columns; c++) job->mean[first + c] = sum[c] / job->total;
}

void mean_rows(const struct compute *compute, float *mean, const float *rows, int ld, const float *weights, int count,
               int width) {
    struct mean_job job = {
        .mean = mean, .rows = rows, .weights = weights, .ld = (size_t)ld, .count = count, .width = width};
    for (int i = 0; i < count; i++) job.total += weights[i];
    threads_run(compute->threads, tiles_count(width, COLUMNS), mean_tile, &job);
}
