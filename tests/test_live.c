/* SPDX-License-Identifier: MIT */
/*
 * Live sources: names, time stamps that jump, generators and FIFOs through the decoder, what a lost source costs; and
 * merging that rises where the machine does not keep up.
 */
#include "media/live.h"

#include "media/live_clock.h"
#include "media/live_past.h"
#include "media/live_source.h"
#include "opened.h"
#include "pipelines/pace.h"
#include "pipelines/session.h"
#include "temporary.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

/* ---------------------------------------------------------------- names */

static void test_names(void) {
    static const struct {
        const char *name;
        enum live_kind kind;
        bool comes_back;
    } cases[] = {
        {"/dev/video0", LIVE_DEVICE, true}, {"alsa:default", LIVE_DEVICE, true},
        {"rtsp://host/x", LIVE_URL, true},  {"udp://0.0.0.0:5000", LIVE_URL, true},
        {"https://host/x", LIVE_URL, true}, {"lavfi:testsrc2", LIVE_GRAPH, false},
        {"-", LIVE_BYTES, false},           {"clip.mp4", LIVE_BYTES, false},
        {"a:b", LIVE_BYTES, false},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct live_source source;
        CHECK_OK(live_source_parse(&source, cases[i].name, "it", err));
        CU_ASSERT_EQUAL(source.kind, cases[i].kind);
        CU_ASSERT_EQUAL(source.comes_back, cases[i].comes_back);
        if (source.kind == LIVE_URL) CU_ASSERT_PTR_NULL(strstr(source.protocols, "file"));
    }
    static const char *const refused[] = {"file:///etc/passwd", "concat://a", "ftp://host/x", "data://x"};
    for (size_t i = 0; i < CHECK_COUNT(refused); i++) {
        struct live_source source;
        CU_ASSERT_EQUAL(live_source_parse(&source, refused[i], refused[i], NULL), PTM_EINVAL);
    }
}

/* Sentences are kept in logs: there is no password in them. */
static void test_passwords(void) {
    static const char *const cases[][2] = {
        {"rtsp://admin:s3cret@host/x", "rtsp://admin:***@host/x"},
        {"rtsp://admin:a@b:c@host:554/x", "rtsp://admin:***@host:554/x"},
        {"rtsp://:@host", "rtsp://:***@host"},
        {"rtsp://admin@host:554/x", "rtsp://admin@host:554/x"},
        {"rtsp://admin:a/b@host:554/x", "rtsp://admin:***@host:554/x"}, /* FFmpeg will not open that, and say so */
        {"http://host:80/a:b@c", "http://host:80/a:b@c"},
        {"http://me@host:80/a", "http://me@host:80/a"},
        {"http://[::1]:80/a@b", "http://[::1]:80/a@b"},
        {"http://host?a:b@c", "http://host?a:b@c"},
        {"a:b@c", "a:b@c"},
        {"-", "-"},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        char *name = live_source_name(cases[i][0]);
        CU_ASSERT_STRING_EQUAL_FATAL(name, cases[i][1]);
        mem_free(name);
    }
}

/* ---------------------------------------------------------------- time stamps */

/** The corrected time of a packet every 40 ms. */
static double corrected(struct live_clock *clock, double stamp, double arrived) {
    return stamp + live_clock_shift(clock, 0, stamp, arrived, 0.04, 95443.7);
}

static void test_clock(void) {
    struct live_clock clock = {.ahead = LIVE_CLOCK_AHEAD};
    for (int i = 0; i < 50; i++)
        CU_ASSERT_DOUBLE_EQUAL(corrected(&clock, 100 + i * 0.04, i * 0.04), 100 + i * 0.04, 1e-9);
    CU_ASSERT_EQUAL(clock.jumps, 0);
    double last = corrected(&clock, 100 + 50 * 0.04, 2);
    static const double starts[] = {7000, 3, 95443}; /* forwards, backwards, and near the container's end */
    for (int s = 0; s < 3; s++)
        for (int i = 0; i < 50; i++) {
            const double now = corrected(&clock, starts[s] + i * 0.04, 2 + 2 * s + (i + 1) * 0.04);
            CU_ASSERT(now > last && now < last + 1); /* goes on */
            last = now;
        }
    CU_ASSERT_EQUAL(clock.jumps, 3);
}

/* A recording that comes through a pipe may have gaps of minutes. */
static void test_clock_with_gaps(void) {
    struct live_clock clock = {.ahead = LIVE_CLOCK_GAP};
    CU_ASSERT_DOUBLE_EQUAL(corrected(&clock, 1, 0), 1, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(corrected(&clock, 601, 0.04), 601, 1e-9);
    CU_ASSERT_EQUAL(clock.jumps, 0);
    CU_ASSERT(corrected(&clock, 9000, 0.08) < 602);
    CU_ASSERT_EQUAL(clock.jumps, 1);
}

/* ---------------------------------------------------------------- what was delivered */

/** How many of the packets `first` to `last` of a source with 25 a second are known. What they hold is their number and
 * `flavour`. */
static int known(struct live_past *past, int first, int last, uint8_t flavour) {
    int count = 0;
    for (int i = first; i <= last; i++) {
        uint8_t data[] = {(uint8_t)i, (uint8_t)(i >> 8), flavour};
        const AVPacket packet = {.data = data, .size = sizeof data};
        count += live_past_knows(past, 0, &packet, i / 25.0 + 1e-5 * past->tracks[0].count);
    }
    return count;
}

static void test_past(void) {
    struct live_past past = {0};
    CHECK_OK(live_past_open(&past, err));
    live_past_begin(&past, LIVE_PAST_ANYWHERE);
    CU_ASSERT(live_past_is_empty(&past));
    CU_ASSERT_EQUAL(known(&past, 100, 199, 0), 0);
    live_past_begin(&past, LIVE_PAST_ANYWHERE); /* a playlist, joined before its end */
    CU_ASSERT_EQUAL(known(&past, 150, 249, 0), 50);
    CU_ASSERT_EQUAL(known(&past, 100, 199, 0), 0); /* a loop of the sender's own */
    live_past_begin(&past, LIVE_PAST_ANYWHERE);    /* an encoder that was started again */
    CU_ASSERT_EQUAL(known(&past, 100, 199, 1), 0);
    live_past_begin(&past, LIVE_PAST_EARLIER); /* a playlist that is closed, from before where it was joined */
    CU_ASSERT_EQUAL(known(&past, 0, 198, 1), 199);
    CU_ASSERT_EQUAL(known(&past, 199, 250, 3), 0); /* what was the last then had been cut off */
    live_past_begin(&past, LIVE_PAST_EARLIER);     /* another one, and what there is of it behind the last one's end */
    CU_ASSERT_EQUAL(known(&past, 0, 300, 4), 253);
    live_past_begin(&past, LIVE_PAST_ANYWHERE); /* what lies further back than is remembered is not known */
    CU_ASSERT_EQUAL(known(&past, 300, 300 + LIVE_PAST_PACKETS, 0), 0);
    live_past_begin(&past, LIVE_PAST_ANYWHERE);
    CU_ASSERT_EQUAL(known(&past, 300, 310, 0), 0);
    live_past_close(&past);
}

/* A file is read from its beginning with every connection, however long ago that is. */
static void test_past_of_file(void) {
    enum { READ = LIVE_PAST_PACKETS + 500 };
    struct live_past past = {0};
    CHECK_OK(live_past_open(&past, err));
    live_past_begin(&past, LIVE_PAST_AT_FIRST);
    CU_ASSERT_EQUAL(known(&past, 0, READ - 2, 0), 0);
    CU_ASSERT_EQUAL(known(&past, READ - 1, READ - 1, 1), 0); /* cut off there, */
    live_past_begin(&past, LIVE_PAST_AT_FIRST);
    CU_ASSERT_EQUAL(known(&past, 0, READ - 1, 0), READ - 1);
    CU_ASSERT_TRUE(live_past_follows(&past, 0));
    CU_ASSERT_EQUAL(known(&past, READ, READ + 99, 0), 0);
    live_past_begin(&past, LIVE_PAST_AT_FIRST); /* and again, somewhere else */
    CU_ASSERT_EQUAL(known(&past, 0, READ + 199, 0), READ + 100);
    live_past_begin(&past, LIVE_PAST_AT_FIRST); /* another file: its stamps begin anew, and it is not passed over */
    CU_ASSERT_EQUAL(known(&past, 0, 0, 2), 0);
    CU_ASSERT_FALSE(live_past_follows(&past, 0));
    CU_ASSERT_EQUAL(known(&past, 1, 99, 2), 0);
    live_past_begin(&past, LIVE_PAST_AT_FIRST); /* that begins like this one: not for ever */
    CU_ASSERT_EQUAL(known(&past, 0, 0, 0), 1);
    CU_ASSERT_EQUAL(known(&past, 1, 2 * READ, 3), READ + 299);
    live_past_close(&past);
}

static void test_past_of_damaged_file(void) {
    struct live_past past = {0};
    CHECK_OK(live_past_open(&past, err));
    live_past_begin(&past, LIVE_PAST_AT_FIRST);
    CU_ASSERT_EQUAL(known(&past, 0, 0, 1), 0); /* cut off in the first packet */
    live_past_begin(&past, LIVE_PAST_AT_FIRST);
    CU_ASSERT_EQUAL(known(&past, 0, LIVE_PAST_PACKETS + 99, 0), 0);
    live_past_begin(&past, LIVE_PAST_AT_FIRST);
    CU_ASSERT_EQUAL(known(&past, 0, LIVE_PAST_PACKETS + 199, 0), LIVE_PAST_PACKETS + 100);
    live_past_close(&past);
}

/* Of packets that are alike, as those of silence, each is itself. */
static void test_past_of_silence(void) {
    uint8_t data[1] = {0};
    const AVPacket silence = {.data = data, .size = sizeof data};
    struct live_past past = {0};
    CHECK_OK(live_past_open(&past, err));
    for (int connection = 0; connection < 2; connection++) {
        live_past_begin(&past, LIVE_PAST_AT_FIRST);
        for (int i = 0; i < 50; i++) CU_ASSERT_EQUAL(live_past_knows(&past, 1, &silence, i * 0.02), connection == 1);
    }
    live_past_close(&past);
}

/** The oldest that is remembered is like those before it: a file that is read again is known by number there. */
static void test_past_of_silence_at_the_edge(void) {
    enum { COUNT = LIVE_PAST_PACKETS + 500 };
    struct live_past past = {0};
    CHECK_OK(live_past_open(&past, err));
    for (int connection = 0; connection < 2; connection++) {
        int known = 0;
        live_past_begin(&past, LIVE_PAST_AT_FIRST);
        for (int i = 0; i < COUNT; i++) {
            const bool silent = i >= 400 && i < 600;
            uint8_t data[2] = {silent ? 0 : (uint8_t)(1 + i % 255), silent ? 0 : (uint8_t)(i / 255)};
            const AVPacket packet = {.data = data, .size = sizeof data};
            known += live_past_knows(&past, 1, &packet, i * 0.02);
        }
        CU_ASSERT_EQUAL(known, connection * COUNT);
    }
    live_past_close(&past);
}

/* ---------------------------------------------------------------- sources */

static int open_files(void) {
    int count = 0;
    DIR *directory = opendir("/proc/self/fd");
    while (directory && readdir(directory)) count++;
    if (directory) closedir(directory);
    return count;
}

static struct live_options wanted(double duration) {
    return (struct live_options){.media = {.want_video = true,
                                           .sample_rate = 16000,
                                           .max_pixels = 1 << 26,
                                           .max_frames = INT64_MAX,
                                           .max_seconds = INFINITY,
                                           .duration = duration},
                                 .stall = 10};
}

/** Reads to the end; the number of frames, whose times never go back. */
static int read_all(struct live *live) {
    struct media_item item;
    double last = -1;
    int frames = 0;
    do {
        CHECK_OK(live_next(live, &item, err));
        CU_ASSERT(item.arrived > 0); /* the end too: windows that it cuts short came in with it */
        if (item.kind != MEDIA_FRAME) continue;
        CU_ASSERT(item.time > last && item.end > item.time);
        struct media_picture picture;
        CHECK_OK(live_frame_area(live, area_whole(64, 48), &picture, err));
        CU_ASSERT(picture.width == 64 && picture.height == 48);
        last = item.time;
        frames++;
    } while (item.kind != MEDIA_END);
    return frames;
}

static bool has_generators(void) {
    struct live *live;
    ptm_error err = {0};
    const struct live_options options = wanted(0.1);
    const ptm_status status = live_open(&live, "lavfi:color=size=64x48:rate=10", &options, &err);
    live_close(&live);
    if (status != PTM_OK) printf("\n    skipped: %s\n", err.message);
    return status == PTM_OK;
}

static void test_generator(void) {
    if (!has_generators()) return;
    const int before = open_files();
    for (int round = 0; round < 3; round++) {
        struct live *live;
        const struct live_options options = wanted(2);
        CHECK_OK(live_open(&live, "lavfi:testsrc2=size=64x48:rate=10", &options, err));
        CU_ASSERT_FALSE(live_is_realtime(live));
        CU_ASSERT_EQUAL(read_all(live), 20);
        struct live_stats stats;
        live_get_stats(live, &stats);
        CU_ASSERT_EQUAL(stats.media.frames_decoded >= 20, true);
        CU_ASSERT_EQUAL(stats.media.decoders_opened, 1);
        CU_ASSERT_EQUAL(stats.losses, 0);
        live_close(&live);
    }
    CU_ASSERT_EQUAL(open_files(), before);
}

static const char *fifo;
static atomic_bool lost; /* the reader has seen the first writer go */

/** A sender that writes three frames of raw video, goes away, and comes back with three more once that was seen. */
static void *write_twice(void *unused) {
    (void)unused;
    static const char head[] = "YUV4MPEG2 W64 H48 F10:1 Ip C420jpeg\n";
    static char luma[64 * 48 * 3 / 2];
    for (int round = 0; round < 2; round++) {
        FILE *file = fopen(fifo, "w");
        if (!file) return NULL;
        fputs(head, file);
        for (int i = 0; i < 3; i++) {
            fputs("FRAME\n", file);
            fwrite(luma, 1, sizeof luma, file);
        }
        fclose(file);
        for (int i = 0; i < 1000 && !lost; i++) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return NULL;
}

struct told {
    int losses, returns;
};

static void count_told(void *user, const char *source, const char *reason) {
    struct told *told = user;
    CU_ASSERT_STRING_EQUAL(source, fifo);
    if (reason) CU_ASSERT(strstr(reason, source) == reason && strlen(reason) > strlen(source));
    *(reason ? &told->losses : &told->returns) += 1;
    if (reason) lost = true;
}

static bool enough(void *user) {
    return *(int *)user <= 0;
}

static void test_fifo_comes_back(void) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "fifo");
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    fifo = path;
    pthread_t sender;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&sender, NULL, write_twice, NULL), 0);
    int left = 5; /* of six frames: the last is known when the next comes */
    struct live_options options = wanted(0);
    options.media.cancelled = enough;
    options.media.user = &left;
    struct told told = {0};
    options.on_source = count_told;
    options.on_source_user = &told;
    struct live *live;
    CHECK_OK(live_open(&live, path, &options, err));
    struct media_item item;
    double last = -1;
    ptm_status status;
    int breaks = 0;
    while ((status = live_next(live, &item, NULL)) == PTM_OK && item.kind != MEDIA_END) {
        CU_ASSERT(item.kind == MEDIA_FRAME || (item.kind == MEDIA_FRAMES_LOST && left == 2)); /* behind all of them */
        breaks += item.kind == MEDIA_FRAMES_LOST;
        if (item.kind != MEDIA_FRAME) continue;
        CU_ASSERT(item.time > last);
        last = item.time;
        left--;
    }
    CU_ASSERT_EQUAL(status, PTM_EINTERRUPTED);
    CU_ASSERT_EQUAL(breaks, 1);
    struct live_stats stats;
    live_get_stats(live, &stats);
    CU_ASSERT_EQUAL(stats.losses, 1);
    CU_ASSERT_EQUAL(stats.reconnects, 1);
    CU_ASSERT(told.losses == 1 && told.returns == 1);
    pthread_join(sender, NULL);
    live_close(&live);
    temporary_remove(folder, (const char *const[]){"fifo", NULL});
}

static void test_wrong_sources(void) {
    const struct live_options options = wanted(1);
    struct live *live;
    ptm_error err = {0};
    CU_ASSERT_EQUAL(live_open(&live, "nosuch://x", &options, &err), PTM_EINVAL);
    CU_ASSERT_EQUAL(live_open(&live, "rtsp://127.0.0.1:9/x", &options, NULL), PTM_EIO);
    CU_ASSERT_EQUAL(live_open(&live, "/nowhere/at/all", &options, NULL), PTM_EIO);
    CU_ASSERT_PTR_NULL(live);
    struct live_options impatient = options;
    impatient.stall = 0;
    CU_ASSERT_EQUAL(live_open(&live, "-", &impatient, NULL), PTM_EINVAL);
}

/* ---------------------------------------------------------------- keeping up */

/** The lane's merging is `merge` again, to the token, without measuring what a budget of time came to. */
static void check_merge(const struct lane *lane, const struct lane_merge *merge) {
    CU_ASSERT_STRING_EQUAL(lane->r, merge->text);
    CU_ASSERT_EQUAL(memcmp(lane->vit.r, merge->r, (size_t)lane->network->config.depth * sizeof *merge->r), 0);
}

static void test_pace(void) {
    struct opened opened;
    open_both(&opened, NULL, 1, "10000ms");
    struct lane *video = session_lane(opened.session, PTM_VIDEO), *audio = session_lane(opened.session, PTM_AUDIO);
    struct lane_merge own;
    lane_get_merge(video, &own);
    own.r[1] = 7; /* what no measurement would come to */
    lane_put_merge(video, &own);
    struct pace pace = {0};
    pace_watch(&pace, video, 1e-6); /* a window every microsecond: nothing is fast enough */
    pace_watch(&pace, audio, 1e6);
    CHECK_OK(pace_measure(&pace, err));
    pace_forget(&pace, audio);
    CU_ASSERT_EQUAL(pace.count, 1);
    const int tokens = video->vit.planned[video->network->config.depth];
    CHECK_OK(pace_start(&pace, err));
    CU_ASSERT(pace.raised > 0);
    CU_ASSERT(video->vit.planned[video->network->config.depth] < tokens);
    CU_ASSERT_STRING_NOT_EQUAL(video->r, own.text);
    CU_ASSERT_FALSE(pace_is_stale(&pace, video, 1e9)); /* none would be in time */
    pace.lanes[0].hop_ms = 1e6;
    CU_ASSERT_TRUE(pace_is_stale(&pace, video, 2.1e6));
    CU_ASSERT_FALSE(pace_is_stale(&pace, video, 1e3));
    for (int i = 0; i < 300; i++) CHECK_OK(pace_note(&pace, video, 0, err)); /* ample time again */
    CU_ASSERT_EQUAL(pace.step, 0);
    CU_ASSERT_EQUAL(pace.lowered, pace.raised);
    check_merge(video, &own);
    pace.lanes[0].hop_ms = 1e-3; /* and too little once more, until the source ends */
    CHECK_OK(pace_start(&pace, err));
    CU_ASSERT_STRING_NOT_EQUAL(video->r, own.text);
    pace_end(&pace);
    check_merge(video, &own);
    close_both(&opened);
}

int main(void) {
    static const struct check_case cases[] = {
        {"names of sources", test_names},
        {"passwords", test_passwords},
        {"time stamps that jump", test_clock},
        {"time stamps with gaps", test_clock_with_gaps},
        {"what was delivered", test_past},
        {"what was delivered of a file", test_past_of_file},
        {"what was delivered of a damaged file", test_past_of_damaged_file},
        {"what was delivered of silence", test_past_of_silence},
        {"silence at the edge of what is remembered", test_past_of_silence_at_the_edge},
        {"a generator", test_generator},
        {"a FIFO whose writer comes back", test_fifo_comes_back},
        {"wrong sources", test_wrong_sources},
        {"merging that keeps up", test_pace},
    };
    return check_main("live sources", cases, CHECK_COUNT(cases));
}
