/* SPDX-License-Identifier: MIT */
/*
 * Labels raw sound as it comes, window by window: 16-bit little-endian mono at 16 kHz on standard input.
 *
 *     ffmpeg -v error -i bird.mp3 -f s16le -ac 1 -ar 16000 - | ./windows
 *     cc windows.c $(pkg-config --cflags --libs polytome) -o windows
 */
#include <polytome.h>
#include <stdio.h>

enum { RATE = 16000, PIECE = 1600 };

static ptm_status print_window(void *user, const ptm_window *window, ptm_error *err) {
    (void)user;
    (void)err;
    printf("%8.2f s  %-16s %.2f\n", window->from, window->labels[0].name, (double)window->labels[0].score);
    fflush(stdout);
    return PTM_OK;
}

static ptm_status push_input(ptm_stream *stream, ptm_error *err) {
    int16_t pcm[PIECE];
    float samples[PIECE];
    double time = 0;
    size_t count;
    while ((count = fread(pcm, sizeof *pcm, PIECE, stdin)) > 0) {
        for (size_t i = 0; i < count; i++) samples[i] = (float)pcm[i] / 32768;
        const ptm_status status = ptm_stream_push_samples(stream, samples, count, RATE, time, err);
        if (status != PTM_OK) return status;
        time += (double)count / RATE;
    }
    return ptm_stream_finish(stream, err);
}

int main(void) {
    ptm_error err = {0};
    ptm_model *model = NULL;
    ptm_session *session = NULL;
    ptm_stream *stream = NULL;
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.hop = 0.5;
    options.on_window = print_window;
    ptm_status status = ptm_model_open(&model, NULL, NULL, &err);
    if (status == PTM_OK) status = ptm_session_open(&session, (const ptm_model *[]){model}, 1, NULL, &err);
    if (status == PTM_OK) status = ptm_stream_open(&stream, session, &options, &err);
    if (status == PTM_OK) status = push_input(stream, &err);
    if (status != PTM_OK) fprintf(stderr, "%s\n", err.message);
    ptm_stream_close(&stream);
    ptm_session_close(&session);
    ptm_model_close(&model);
    return status == PTM_OK ? 0 : 1;
}
