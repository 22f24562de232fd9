/* SPDX-License-Identifier: MIT */
/* Media that must not be read, or cannot: limits, interruption, named failures, disks that fail, and files that name
 * others. */
#include "media/demux_streams.h"
#include "media/live.h"
#include "media/packets.h"
#include "media_reading.h"
#include "random.h"
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

/* ---------------------------------------------------------------- limits, interruption, failures */

static void test_limits(void) {
    struct bytes y4m = make_y4m();
    struct media_options options = options_default();
    options.max_pixels = Y4M_WIDTH * Y4M_HEIGHT - 1;
    expect_failure(read_memory(y4m.data, y4m.count, &options), PTM_ELIMIT, "max_pixels");
    expect_failure(read_file(corpus("still.png"), &options), PTM_ELIMIT, "max_pixels");
    options.max_pixels++;
    CU_ASSERT_EQUAL(read_memory(y4m.data, y4m.count, &options).status, PTM_OK);
    options.max_frames = Y4M_FRAMES - 1;
    expect_failure(read_memory(y4m.data, y4m.count, &options), PTM_ELIMIT, "max_frames");
    options.max_frames++;
    CU_ASSERT_EQUAL(read_memory(y4m.data, y4m.count, &options).status, PTM_OK);
    options.max_seconds = 2;
    expect_failure(read_memory(y4m.data, y4m.count, &options), PTM_ELIMIT, "max_seconds");
    free(y4m.data);
    const int16_t samples[40000] = {0};
    struct bytes wav = make_wav(samples, 40000, 1, 16000, 80000);
    expect_failure(read_memory(wav.data, wav.count, &options), PTM_ELIMIT, "max_seconds");
    options.sample_rate = 0;
    expect_failure(read_memory(wav.data, wav.count, &options), PTM_EINVAL, "sample rate");
    options = options_default();
    options.start = -1;
    expect_failure(read_memory(wav.data, wav.count, &options), PTM_EINVAL, "start");
    free(wav.data);
}

/** A picture alone in a file is decoded once: nothing is known of it before, and its decoder keeps the limit. */
static void test_bare_picture(void) {
    const struct media_options options = options_default();
    struct byte_source source;
    struct demux demux;
    CHECK_OK(byte_source_open(&source, corpus("still.png"), &options, err));
    CHECK_OK(demux_open(&demux, &source, NULL, options.max_pixels, err));
    CU_ASSERT(demux_is_still(&demux, 0));
    CU_ASSERT_EQUAL(demux.format->streams[0]->codecpar->codec_id, AV_CODEC_ID_PNG);
    CU_ASSERT_EQUAL(demux.format->streams[0]->codecpar->format, AV_PIX_FMT_NONE); /* it was not decoded for that */
    demux_close(&demux);
    byte_source_close(&source);

    static const char pbm[] = "P4\n16 4\n\1\2\3\4\5\6\7\10";
    struct media_options limited = options;
    limited.max_pixels = 63;
    expect_failure(read_memory(pbm, sizeof pbm - 1, &limited), PTM_ELIMIT, "max_pixels");
    /* FFmpeg's own buffers are wider than the picture: one that they keep out is not said to be too large. */
    limited.max_pixels = 64;
    CU_ASSERT_EQUAL(read_memory(pbm, sizeof pbm - 1, &limited).status, PTM_OK);
}

/** Pictures one after the other, as `ffmpeg -f image2pipe` writes them, and one alone, through a pipe. */
static void test_bare_pictures_by_pipe(void) {
    const struct media_options options = options_default();
    static const char *const names[] = {"still.jpg", "still.png"};
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        size_t bytes;
        char *picture = temporary_read(corpus(names[i]), &bytes), *two = malloc(2 * bytes);
        CU_ASSERT_FATAL(picture && two);
        memcpy(two, picture, bytes);
        memcpy(two + bytes, picture, bytes);
        for (size_t count = 1; count <= 2; count++) {
            struct outcome outcome = read_pipe(two, count * bytes, &options);
            CU_ASSERT_EQUAL(outcome.status, PTM_OK);
            CU_ASSERT_EQUAL(outcome.frames, (int64_t)count);
            forget(&outcome);
        }
        free(picture);
        free(two);
    }
}

/** One grey pixel as TIFF. */
static struct bytes make_tiff(void) {
    static const uint32_t tags[][3] = {{256, 3, 1}, {257, 3, 1}, {258, 3, 8}, {259, 3, 1},
                                       {262, 3, 1}, {273, 4, 8}, {278, 3, 1}, {279, 4, 1}};
    struct bytes tiff = {0};
    append(&tiff, "II*\0", 4);
    append_number(&tiff, 10, 4); /* where its tags begin, behind the pixel */
    append(&tiff, "\x80", 2);
    append_number(&tiff, CHECK_COUNT(tags), 2);
    for (size_t i = 0; i < CHECK_COUNT(tags); i++) {
        append_number(&tiff, tags[i][0], 2);
        append_number(&tiff, tags[i][1], 2);
        append_number(&tiff, 1, 4);
        append_number(&tiff, tags[i][2], 4);
    }
    append_number(&tiff, 0, 4);
    return tiff;
}

/** A format that only the size of its file ends; and damage, which is no want of seeking. */
static void test_bare_pictures_by_name(void) {
    const struct media_options options = options_default();
    struct bytes tiff = make_tiff();
    struct outcome named = read_memory(tiff.data, tiff.count, &options);
    CU_ASSERT(named.status == PTM_OK && named.frames == 1);
    forget(&named);
    expect_failure(read_pipe(tiff.data, tiff.count, &options), PTM_EFORMAT, "(tiff) can be read by the file's name");
    free(tiff.data);
    size_t bytes;
    char *png = temporary_read(corpus("still.png"), &bytes);
    CU_ASSERT_FATAL(png && bytes > 40);
    memset(png + 40, 0, bytes - 40);
    struct outcome damaged = read_pipe(png, bytes, &options);
    CU_ASSERT(damaged.status == PTM_OK && damaged.frames == 0 && damaged.stats.decode_errors > 0);
    forget(&damaged);
    free(png);
}

/** Says stop when it has been asked as often as *user says. */
static bool stop_after(void *user) {
    int *const left = user;
    return --*left < 0;
}

static void test_cancelled(void) {
    struct bytes y4m = make_y4m();
    struct media_options options = options_default();
    int left;
    options.cancelled = stop_after;
    options.user = &left;
    bool done = false;
    for (int asked = 0; asked < 1000 && !done; asked++) {
        left = asked;
        const struct outcome got = read_memory(y4m.data, y4m.count, &options);
        done = got.status == PTM_OK;
        CU_ASSERT(done ? got.frames == Y4M_FRAMES : got.status == PTM_EINTERRUPTED);
    }
    CU_ASSERT(done);
    free(y4m.data);

    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "fifo");
    CU_ASSERT_FATAL(mkfifo(path, 0600) == 0);
    left = 3;
    expect_failure(read_file(path, &options), PTM_EINTERRUPTED, "interrupted"); /* nobody ever writes to it */
    temporary_remove(folder, (const char *const[]){"fifo", NULL});
}

static void test_named_failures(void) {
    const struct media_options options = options_default();
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    expect_failure(read_file(folder, &options), PTM_EIO, "is a directory");
    temporary_join(path, folder, "empty.mp4");
    CU_ASSERT_FATAL(temporary_write(path, "", 0));
    expect_failure(read_file(path, &options), PTM_ENODATA, "is empty");
    expect_failure(read_memory("", 0, &options), PTM_ENODATA, "is empty");
    expect_failure(read_pipe("", 0, &options), PTM_ENODATA, "standard input: is empty");
    temporary_join(path, folder, "text.txt");
    const char text[] = "The quick brown fox jumps over the lazy dog.\nAnd again.\n";
    CU_ASSERT_FATAL(temporary_write(path, text, sizeof text - 1));
    expect_failure(read_file(path, &options), PTM_EFORMAT, "text.txt: is not a media file");
    expect_failure(read_pipe(text, sizeof text - 1, &options), PTM_EFORMAT, "is not a media file");
    uint8_t noise[5000];
    uint32_t state = 12345;
    for (size_t i = 0; i < sizeof noise; i++) noise[i] = (uint8_t)(random_bits(&state) >> 24);
    expect_failure(read_memory(noise, sizeof noise, &options), PTM_EFORMAT, "is not a media file");
    const char subtitles[] = "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nThere\n";
    expect_failure(read_memory(subtitles, sizeof subtitles - 1, &options), PTM_EFORMAT, "no picture and no sound");
    temporary_join(path, folder, "missing.mp4");
    expect_failure(read_file(path, &options), PTM_EIO, "No such file");
    expect_failure(read_file("http://127.0.0.1:9/clip.mp4", &options), PTM_EIO, "No such file");
    expect_failure(read_file("file:/etc/hostname", &options), PTM_EIO, "No such file");
    temporary_remove(folder, (const char *const[]){"empty.mp4", "text.txt", NULL});
}

/* ---------------------------------------------------------------- a disk that fails */

/** The linker puts this in the place of pread(): from byte `failing_from` on nothing can be read. */
static off_t failing_from = INT64_MAX;

ssize_t __real_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset);

ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset) {
    if (offset >= failing_from) {
        errno = EIO;
        return -1;
    }
    const size_t good = (size_t)(failing_from - offset);
    return __real_pread(fd, buffer, bytes < good ? bytes : good, offset);
}

static ptm_status copy_packets(const char *path, ptm_error *err) {
    struct packets packets;
    bool more = true;
    ptm_status status = packets_open(&packets, path, 0, PACKETS_PICTURE | PACKETS_SOUND, err);
    while (status == PTM_OK && more) status = packets_next(&packets, &more, err);
    packets_close(&packets);
    return status;
}

static ptm_status run_live(const char *path, int *items, ptm_error *err) {
    const struct live_options options = {.media = options_default(), .stall = 10};
    struct live *live;
    struct media_item item = {.kind = MEDIA_FRAME};
    ptm_status status = live_open(&live, path, &options, err);
    for (*items = 0; status == PTM_OK && item.kind != MEDIA_END; ++*items) status = live_next(live, &item, err);
    live_close(&live);
    return status;
}

/** What cannot be read is neither the end nor damage: whoever reads hears of it, also in formats that step over it. */
static void test_failing_disk(void) {
    static const char *const names[] = {"both.avi",  "both.mkv",   "both.mp4",  "both.mpg",  "both.ts",
                                        "both.webm", "sound.flac", "sound.mp3", "sound.ogg", "sound.wav"};
    const struct media_options options = options_default();
    for (size_t i = 0; i < CHECK_COUNT(names); i++) {
        const char *path = corpus(names[i]);
        ptm_error error = {0};
        struct stat file;
        int all, some;
        CU_ASSERT_FATAL(stat(path, &file) == 0);
        CHECK_OK(run_live(path, &all, err));
        failing_from = file.st_size / 4 * 3;
        expect_failure(read_file(path, &options), PTM_EIO, "cannot be read from byte");
        CU_ASSERT_EQUAL(copy_packets(path, &error), PTM_EIO);
        error = (ptm_error){0};
        CU_ASSERT_EQUAL(run_live(path, &some, &error), PTM_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "cannot be read from byte"));
        CU_ASSERT(some < all);
        failing_from = INT64_MAX;
    }
}

/** What lies before the failure can be asked for. */
static void test_failing_end(void) {
    enum { SECONDS = 20, RATE = 16000 };
    static const int16_t samples[SECONDS * RATE];
    struct media_options options = options_default();
    struct bytes wav = make_wav(samples, SECONDS * RATE, 1, RATE, sizeof samples);
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "long.wav");
    CU_ASSERT_FATAL(temporary_write(path, wav.data, wav.count));
    failing_from = sizeof samples / 2;
    expect_failure(read_file(path, &options), PTM_EIO, "cannot be read from byte 320000 on: Input/output error");
    options.duration = 1;
    struct outcome got = read_file(path, &options);
    CU_ASSERT_EQUAL(got.status, PTM_OK);
    CU_ASSERT_EQUAL(got.samples, RATE);
    failing_from = INT64_MAX;
    forget(&got);
    free(wav.data);
    temporary_remove(folder, (const char *const[]){"long.wav", NULL});
}

/** A name is a name, whatever FFmpeg would read in it. */
static void test_url_like_name(void) {
    char folder[TEMPORARY_PATH];
    char *const before = getcwd(NULL, 0);
    CU_ASSERT_FATAL(before && temporary_folder(folder) && chdir(folder) == 0);
    const int16_t samples[100] = {0};
    struct bytes wav = make_wav(samples, 100, 1, 16000, 200);
    const struct media_options options = options_default();
    static const char *const names[] = {"concat:a|b", "pipe:0", "file:x%03d.png", "data:audio", NULL};
    for (int i = 0; names[i]; i++) {
        CU_ASSERT_FATAL(temporary_write(names[i], wav.data, wav.count));
        struct outcome got = read_file(names[i], &options);
        CU_ASSERT(got.status == PTM_OK && got.samples == 100);
        forget(&got);
    }
    CU_ASSERT_EQUAL(chdir(before), 0);
    temporary_remove(folder, names);
    free(before);
    free(wav.data);
}

/* ---------------------------------------------------------------- nothing opens another file */

#ifdef __linux__
/** Whether the watched file was opened since the last call. */
static bool was_opened(int watcher) {
    char events[4096];
    return read(watcher, events, sizeof events) > 0;
}

static void test_playlists_open_nothing(void) {
    static const struct {
        const char *name, *text; /* %s: the path of a readable clip */
    } lists[] = {
        {"a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n%s\n#EXT-X-ENDLIST\n"},
        {"a.ffconcat", "ffconcat version 1.0\nfile '%s'\n"},
        {"a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=%s\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
                  "a=rtpmap:96 H264/90000\n"},
        {"a.mpd", "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
                  "profiles=\"urn:mpeg:dash:profile:isoff-main:2011\">\n<Period><AdaptationSet><Representation>"
                  "<BaseURL>%s</BaseURL></Representation></AdaptationSet></Period></MPD>\n"},
        {"a.idx", "# VobSub index file, v7 (do not modify this line!)\nid: %s, index: 0\n"},
    };
    const struct media_options options = options_default();
    char folder[TEMPORARY_PATH], clip[TEMPORARY_PATH], path[TEMPORARY_PATH], text[2 * TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(clip, folder, "clip.y4m");
    struct bytes y4m = make_y4m();
    CU_ASSERT_FATAL(temporary_write(clip, y4m.data, y4m.count));
    const int watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CU_ASSERT_FATAL(watcher >= 0 && inotify_add_watch(watcher, clip, IN_OPEN) >= 0);
    CU_ASSERT_EQUAL(read_file(clip, &options).frames, Y4M_FRAMES);
    CU_ASSERT(was_opened(watcher)); /* the watcher works */
    for (size_t i = 0; i < CHECK_COUNT(lists); i++) {
        temporary_join(path, folder, lists[i].name);
        const int bytes = snprintf(text, sizeof text, lists[i].text, clip);
        CU_ASSERT_FATAL(bytes > 0 && temporary_write(path, text, (size_t)bytes));
        expect_failure(read_file(path, &options), PTM_EFORMAT, i < 3 ? "is a playlist" : lists[i].name);
        CU_ASSERT(!was_opened(watcher));
    }
    close(watcher);
    free(y4m.data);
    temporary_remove(folder,
                     (const char *const[]){"clip.y4m", "a.m3u8", "a.ffconcat", "a.sdp", "a.mpd", "a.idx", NULL});
}
#endif

/** What a demuxer gets that asks for another file all the same. */
static void test_other_files_are_refused(void) {
    struct bytes y4m = make_y4m();
    const struct media_options options = options_default();
    struct byte_source source;
    struct demux demux;
    CHECK_OK(byte_source_open_memory(&source, y4m.data, y4m.count, "memory", &options, err));
    CHECK_OK(demux_open(&demux, &source, NULL, options.max_pixels, err));
    AVIOContext *io = NULL;
    CU_ASSERT(demux.format->io_open(demux.format, &io, "/etc/hostname", AVIO_FLAG_READ, NULL) < 0);
    CU_ASSERT_PTR_NULL(io);
    CU_ASSERT_EQUAL(demux.refused, 1);
    AVDictionary *whitelist = NULL; /* what nested contexts inherit */
    av_dict_set(&whitelist, "protocol_whitelist", demux.format->protocol_whitelist, 0);
    CU_ASSERT(avio_open2(&io, "/etc/hostname", AVIO_FLAG_READ, NULL, &whitelist) < 0);
    av_dict_free(&whitelist);
    demux_close(&demux);
    byte_source_close(&source);
    free(y4m.data);
}

int main(void) {
    static const struct check_case cases[] = {
        {"limits", test_limits},
        {"a bare picture", test_bare_picture},
        {"bare pictures by a pipe", test_bare_pictures_by_pipe},
        {"bare pictures by their name", test_bare_pictures_by_name},
        {"cancelled", test_cancelled},
        {"named failures", test_named_failures},
        {"a disk that fails", test_failing_disk},
        {"a disk that fails beyond what is wanted", test_failing_end},
        {"names that look like URLs", test_url_like_name},
#ifdef __linux__
        {"playlists open nothing", test_playlists_open_nothing},
#endif
        {"other files are refused", test_other_files_are_refused},
    };
    return check_main("media failures", cases, CHECK_COUNT(cases));
}
