/* SPDX-License-Identifier: MIT */
#include "media_reading.h"

#include "temporary.h"

#include <math.h>
#include <signal.h>
#include <sys/wait.h>

struct media_options options_default(void) {
    return (struct media_options){.want_video = true,
                                  .want_audio = true,
                                  .sample_rate = 16000,
                                  .max_pixels = 1 << 26,
                                  .max_frames = 10000000,
                                  .max_seconds = 86400};
}

static void add_samples(struct outcome *outcome, const struct media_item *item) {
    if (outcome->samples == 0) outcome->first_sample = item->time;
    outcome->ordered &= item->index == outcome->samples && item->count > 0;
    const size_t total = (size_t)outcome->samples + (size_t)item->count;
    outcome->sound = realloc(outcome->sound, total * sizeof(float));
    memcpy(outcome->sound + outcome->samples, item->samples, (size_t)item->count * sizeof(float));
    outcome->samples += item->count;
}

static void add_hash(struct outcome *outcome, const struct media_picture *picture) {
    uint64_t hash = outcome->hash ^ (uint64_t)(picture->width * 65536 + picture->height);
    for (int y = 0; y < picture->height; y++)
        for (int x = 0; x < 3 * picture->width; x++)
            hash = (hash ^ picture->rgb[y * picture->stride + x]) * UINT64_C(1099511628211);
    outcome->hash = hash;
}

void picture_mean(double mean[3], const struct media_picture *picture, int x0, int y0, int width, int height) {
    double sum[3] = {0};
    for (int y = y0; y < y0 + height; y++)
        for (int x = x0; x < x0 + width; x++)
            for (int c = 0; c < 3; c++) sum[c] += picture->rgb[y * picture->stride + 3 * x + c];
    for (int c = 0; c < 3; c++) mean[c] = sum[c] / ((double)width * height);
}

static ptm_status add_frame(struct outcome *outcome, struct media *media, const struct media_item *item) {
    struct media_picture picture;
    const ptm_status status = media_frame_rgb(media, &picture, &outcome->error);
    if (status != PTM_OK) return status;
    if (outcome->frames == 0) {
        outcome->first_frame = item->time;
        outcome->width = picture.width;
        outcome->height = picture.height;
        picture_mean(outcome->mean, &picture, 0, 0, picture.width, picture.height);
    } else {
        outcome->ordered &= item->time > outcome->last_frame && fabs(item->time - outcome->last_end) < 1e-9;
    }
    outcome->ordered &= item->index == outcome->frames && item->end > item->time;
    outcome->last_frame = item->time;
    outcome->last_end = item->end;
    outcome->frames++;
    add_hash(outcome, &picture);
    return PTM_OK;
}

static void read_all(struct outcome *outcome, struct media *media) {
    outcome->info = *media_get_info(media);
    if (outcome->info.no_video) snprintf(outcome->no_video, sizeof outcome->no_video, "%s", outcome->info.no_video);
    if (outcome->info.no_audio) snprintf(outcome->no_audio, sizeof outcome->no_audio, "%s", outcome->info.no_audio);
    outcome->ordered = true;
    outcome->hash = UINT64_C(1469598103934665603);
    struct media_item item = {.kind = MEDIA_FRAME};
    outcome->status = media_count_frames(media, &outcome->counted, &outcome->error);
    while (outcome->status == PTM_OK && item.kind != MEDIA_END) {
        outcome->status = media_next(media, &item, &outcome->error);
        if (outcome->status != PTM_OK) break;
        if (item.kind == MEDIA_SAMPLES) add_samples(outcome, &item);
        if (item.kind == MEDIA_FRAME) outcome->status = add_frame(outcome, media, &item);
    }
    outcome->stats = *media_get_stats(media);
}

static struct outcome finish(struct media *media, ptm_status status, ptm_error error) {
    struct outcome outcome = {.status = status, .error = error};
    if (status == PTM_OK)
        read_all(&outcome, media);
    else
        CU_ASSERT_PTR_NULL(media);
    media_close(&media);
    CU_ASSERT_PTR_NULL(media);
    return outcome;
}

struct outcome read_file(const char *path, const struct media_options *options) {
    struct media *media;
    ptm_error error = {0};
    const ptm_status status = media_open(&media, path, options, &error);
    return finish(media, status, error);
}

struct outcome read_memory(const void *data, size_t bytes, const struct media_options *options) {
    struct media *media;
    ptm_error error = {0};
    const ptm_status status = media_open_memory(&media, data, bytes, "memory", options, &error);
    return finish(media, status, error);
}

struct outcome read_pipe(const void *data, size_t bytes, const struct media_options *options) {
    int ends[2];
    const int saved = dup(STDIN_FILENO);
    CU_ASSERT_FATAL(saved >= 0 && pipe(ends) == 0);
    const pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        close(ends[0]);
        signal(SIGPIPE, SIG_IGN);
        const char *from = data;
        for (ssize_t sent; bytes > 0 && (sent = write(ends[1], from, bytes)) > 0; from += sent) bytes -= (size_t)sent;
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct outcome outcome = read_file("-", options);
    dup2(saved, STDIN_FILENO);
    close(saved);
    CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
    return outcome;
}

void forget(struct outcome *outcome) {
    free(outcome->sound);
    outcome->sound = NULL;
}

void expect_failure(struct outcome outcome, ptm_status status, const char *part_of_sentence) {
    CU_ASSERT_EQUAL(outcome.status, status);
    const bool said = strstr(outcome.error.message, part_of_sentence) != NULL;
    if (!said)
        printf("\n    %s, \"%s\", does not say \"%s\"\n", ptm_status_string(outcome.status), outcome.error.message,
               part_of_sentence);
    CU_ASSERT(said);
    forget(&outcome);
}

/* ---------------------------------------------------------------- inputs written here */

void append(struct bytes *bytes, const void *data, size_t count) {
    if (bytes->count + count > bytes->room) { /* doubled: a sanitizer's realloc() copies each time */
        bytes->room = 2 * (bytes->count + count);
        bytes->data = realloc(bytes->data, bytes->room);
    }
    memcpy(bytes->data + bytes->count, data, count);
    bytes->count += count;
}

void append_number(struct bytes *bytes, uint32_t value, size_t width) {
    for (size_t i = 0; i < width; i++) append(bytes, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

struct bytes make_wav(const int16_t *samples, int count, int channels, int rate, uint32_t promised) {
    struct bytes wav = {0};
    append(&wav, "RIFF", 4);
    append_number(&wav, 36 + promised, 4);
    append(&wav, "WAVEfmt ", 8);
    append_number(&wav, 16, 4);
    append_number(&wav, 1, 2);
    append_number(&wav, (uint32_t)channels, 2);
    append_number(&wav, (uint32_t)rate, 4);
    append_number(&wav, (uint32_t)(rate * channels * 2), 4);
    append_number(&wav, (uint32_t)(channels * 2), 2);
    append_number(&wav, 16, 2);
    append(&wav, "data", 4);
    append_number(&wav, promised, 4);
    for (int i = 0; i < count * channels; i++) append_number(&wav, (uint16_t)samples[i], 2);
    return wav;
}

void make_sine(int16_t *samples, int rate) {
    for (int i = 0; i < rate; i++) samples[i] = (int16_t)lrint(16384 * sin(2 * acos(-1.0) * 440 * i / rate));
}

struct bytes make_y4m(void) {
    struct bytes y4m = {0};
    const char header[] = "YUV4MPEG2 W32 H16 F10:1 Ip A1:1 C444\n";
    append(&y4m, header, sizeof header - 1);
    for (int i = 0; i < Y4M_FRAMES; i++) {
        append(&y4m, "FRAME\n", 6);
        for (int p = 0; p < 3; p++)
            for (int k = 0; k < Y4M_WIDTH * Y4M_HEIGHT; k++)
                append(&y4m, &(uint8_t){p ? 128 : (uint8_t)(16 + 7 * i)}, 1);
    }
    return y4m;
}

const char *corpus(const char *name) {
    static char path[TEMPORARY_PATH];
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/media/%s", PTM_SOURCE_DIR, name);
    return path;
}
