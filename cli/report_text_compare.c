/* SPDX-License-Identifier: MIT */
/* The text of a comparison. */
#include "report.h"

#include "text.h"

static void print_flips(FILE *stream, const struct comparison_part *part) {
    for (long i = 0; i < part->num_flips; i++) {
        const struct flip *flip = &part->flips[i];
        fputs(i == 0 ? "  flips   " : "          ", stream);
        text_print(stream, flip->path);
        for (int side = 0; side < 2; side++) {
            fputs(side == 0 ? "  " : " -> ", stream);
            text_print(stream, flip->labels[side]);
            fprintf(stream, " %.1f %%", 100 * (double)flip->scores[side]);
        }
        fputc('\n', stream);
    }
}

static void print_part(FILE *stream, const char *section, const struct comparison_part *part) {
    if (part->files == 0) return;
    const long same = part->files - part->num_flips;
    fprintf(stream, "%s, model ", section);
    text_print(stream, part->model);
    for (int side = 0; side < 2; side++)
        fprintf(stream, "\n  %s       tokens %d -> %d, r %s", side == 0 ? "A" : "B", part->tokens[side][0],
                part->tokens[side][1], part->r[side]);
    fprintf(stream, "\n  agree   on the best label of %ld of %ld files, %.1f %%\n", same, part->files,
            100 * (double)same / (double)part->files);
    fprintf(stream, "  logits  differ by %.3g, at most %.3g; the score of A's best label by %.3g %%\n",
            part->logit_sum / (double)part->values, part->logit_max, 100 * part->score_sum / (double)part->files);
    print_flips(stream, part);
}

void report_text_compare(FILE *stream, const struct report_sides *sides, const struct comparison *comparison) {
    const double *ms = comparison->network_ms;
    for (int side = 0; side < 2; side++) {
        fprintf(stream, "%s: -r %s, proportional attention %s, precision %s", side == 0 ? "A" : "B", sides->r[side],
                sides->prop_attn[side], sides->precision[side]);
        if (sides->static_threshold[side] > 0) fprintf(stream, ", static %g", sides->static_threshold[side]);
        fputc('\n', stream);
    }
    print_part(stream, "video", &comparison->video);
    print_part(stream, "audio", &comparison->audio);
    print_part(stream, "image", &comparison->image);
    fprintf(stream, "time\n  network A %.1f ms, B %.1f ms", ms[0], ms[1]);
    if (ms[1] > 0) fprintf(stream, ": B is %.2f times as fast", ms[0] / ms[1]);
    fputc('\n', stream);
}
