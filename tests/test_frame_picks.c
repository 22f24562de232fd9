/* SPDX-License-Identifier: MIT */
/* Frames that are picked are those that decoding all of them gives, to the bit and at the same times, and a file whose
 * packets do not say what leads to a frame is told. The films are encoded here. */
#include "media/frame_index.h"
#include "media_reading.h"
#include "random.h"
#include "temporary.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

enum { WIDTH = 64, HEIGHT = 48, RATE = 25, FRAMES = 240, MAX_FRAMES = 2000, PICKS = 5 };

/* LeakSanitizer asks this: the encoder x265 keeps copies of its parameters. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:x265";
}

/* ---------------------------------------------------------------- films */

struct film {
    const char *codec, *container;
    const char *options; /* of the encoder; NULL: none */
    int gop, b_frames;
};

static AVCodecContext *open_encoder(const struct film *film, const AVFormatContext *out) {
    const AVCodec *codec = avcodec_find_encoder_by_name(film->codec);
    if (!codec) return NULL;
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoder);
    encoder->width = WIDTH;
    encoder->height = HEIGHT;
    encoder->pix_fmt = codec->pix_fmts ? codec->pix_fmts[0] : AV_PIX_FMT_YUV420P;
    encoder->time_base = (AVRational){1, RATE};
    encoder->framerate = (AVRational){RATE, 1};
    encoder->gop_size = film->gop;
    encoder->max_b_frames = film->b_frames;
    encoder->thread_count = 1;
    if (out->oformat->flags & AVFMT_GLOBALHEADER) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary *options = NULL;
    if (film->options) CU_ASSERT_EQUAL_FATAL(av_dict_parse_string(&options, film->options, "=", ";", 0), 0);
    CU_ASSERT_FATAL(avcodec_open2(encoder, codec, &options) >= 0);
    av_dict_free(&options);
    return encoder;
}

static void put_sample(AVFrame *frame, int plane, int x, int y, int level) {
    uint8_t *row = frame->data[plane] + (ptrdiff_t)y * frame->linesize[plane];
    if (frame->format == AV_PIX_FMT_YUV422P10)
        memcpy(row + 2 * x, &(uint16_t){(uint16_t)(level << 2)}, 2);
    else
        row[x] = (uint8_t)level;
}

/** Every frame is another picture: noise over a bar that moves. */
static void paint(AVFrame *frame, int number) {
    const int chroma_height = frame->format == AV_PIX_FMT_YUV422P10 ? HEIGHT : HEIGHT / 2;
    uint32_t noise = (uint32_t)number * 2654435761u + 1;
    for (int plane = 0; plane < 3; plane++)
        for (int y = 0; y < (plane ? chroma_height : HEIGHT); y++)
            for (int x = 0; x < (plane ? WIDTH / 2 : WIDTH); x++) {
                const int level = plane ? 128 : (x + 3 * number) % WIDTH < 16 ? 200 : 60;
                put_sample(frame, plane, x, y, level + (int)(random_bits(&noise) >> 28));
            }
    frame->pts = number;
}

/** What the encoder has ready, into the file. */
static void put_packets(AVCodecContext *encoder, AVFormatContext *out, const AVFrame *frame) {
    AVPacket *packet = av_packet_alloc();
    CU_ASSERT_FATAL(packet && avcodec_send_frame(encoder, frame) >= 0);
    while (avcodec_receive_packet(encoder, packet) >= 0) {
        if (packet->duration == 0) packet->duration = 1;
        av_packet_rescale_ts(packet, encoder->time_base, out->streams[0]->time_base);
        CU_ASSERT_FATAL(av_interleaved_write_frame(out, packet) >= 0);
    }
    av_packet_free(&packet);
}

static void put_frames(AVCodecContext *encoder, AVFormatContext *out) {
    AVFrame *frame = av_frame_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
    frame->width = WIDTH;
    frame->height = HEIGHT;
    frame->format = encoder->pix_fmt;
    CU_ASSERT_FATAL(av_frame_get_buffer(frame, 0) >= 0);
    for (int i = 0; i < FRAMES; i++) {
        CU_ASSERT_FATAL(av_frame_make_writable(frame) >= 0);
        paint(frame, i);
        put_packets(encoder, out, frame);
    }
    put_packets(encoder, out, NULL);
    av_frame_free(&frame);
}

/** FRAMES frames into the file; false where FFmpeg here has no such encoder. */
static bool make_film(const struct film *film, const char *path) {
    AVFormatContext *out;
    CU_ASSERT_FATAL(avformat_alloc_output_context2(&out, NULL, film->container, path) >= 0);
    AVCodecContext *encoder = open_encoder(film, out);
    if (encoder) {
        AVStream *stream = avformat_new_stream(out, NULL);
        CU_ASSERT_FATAL(stream && avcodec_parameters_from_context(stream->codecpar, encoder) >= 0);
        stream->time_base = encoder->time_base;
        stream->avg_frame_rate = encoder->framerate;
        CU_ASSERT_FATAL(avio_open(&out->pb, path, AVIO_FLAG_WRITE) >= 0);
        CU_ASSERT_FATAL(avformat_write_header(out, NULL) >= 0);
        put_frames(encoder, out);
        CU_ASSERT_FATAL(av_write_trailer(out) >= 0);
        avio_closep(&out->pb);
    }
    const bool made = encoder;
    avcodec_free_context(&encoder);
    avformat_free_context(out);
    return made;
}

/* ---------------------------------------------------------------- reading */

struct seen {
    double time, end;
    uint64_t hash;
};

struct reading {
    struct seen frames[MAX_FRAMES]; /* by their numbers; hash 0: not delivered */
    int delivered;
    int64_t counted;
    struct media_stats stats;
};

static uint64_t hash_of(struct media *media) {
    struct media_picture picture;
    CHECK_OK(media_frame_rgb(media, &picture, err));
    uint64_t hash = UINT64_C(1469598103934665603);
    for (int y = 0; y < picture.height; y++)
        for (int x = 0; x < 3 * picture.width; x++)
            hash = (hash ^ picture.rgb[y * picture.stride + x]) * UINT64_C(1099511628211);
    return hash;
}

/** `count` frames spread evenly over those counted, the last among them; 0: all. */
static void read_frames(struct reading *reading, const char *path, const struct media_options *options, int count) {
    struct media *media;
    *reading = (struct reading){0};
    CHECK_OK(media_open(&media, path, options, err));
    CHECK_OK(media_count_frames(media, &reading->counted, err));
    int64_t wanted[PICKS];
    if (reading->counted == 0) count = 0;
    for (int i = 0; i < count; i++) wanted[i] = i * (reading->counted - 1) / (count - 1);
    if (count > 0) CHECK_OK(media_want_frames(media, wanted, count, err));
    for (struct media_item item = {.kind = MEDIA_FRAME}; item.kind != MEDIA_END;) {
        CHECK_OK(media_next(media, &item, err));
        if (item.kind != MEDIA_FRAME) continue;
        CU_ASSERT_FATAL(item.index >= reading->delivered && item.index < MAX_FRAMES);
        reading->frames[item.index] = (struct seen){item.time, item.end, hash_of(media)};
        reading->delivered++;
    }
    reading->stats = *media_get_stats(media);
    media_close(&media);
}

/** Reads it whole and then picks: the same frames. Whether any packet was passed over. */
static bool check_picks(const char *path, const struct media_options *options) {
    static struct reading whole, picked;
    read_frames(&whole, path, options, 0);
    read_frames(&picked, path, options, PICKS);
    CU_ASSERT_EQUAL(picked.counted, whole.counted);
    CU_ASSERT_FALSE(picked.stats.misled);
    CU_ASSERT_EQUAL(picked.stats.decode_errors, whole.stats.decode_errors);
    if (picked.stats.frames_passed_over == 0) {
        CU_ASSERT_EQUAL(picked.delivered, whole.delivered);
        return false;
    }
    CU_ASSERT(picked.delivered == PICKS && picked.counted == whole.delivered);
    for (int i = 0; i < MAX_FRAMES; i++)
        CU_ASSERT(picked.frames[i].hash == 0 ||
                  memcmp(&picked.frames[i], &whole.frames[i], sizeof whole.frames[i]) == 0);
    for (int i = 0; i < PICKS; i++) CU_ASSERT(picked.frames[i * (whole.counted - 1) / (PICKS - 1)].hash != 0);
    return true;
}

/** The film read whole and by picks, all of it and a stretch. */
static void check_film(const struct film *film, bool picks) {
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "film");
    struct media_options options = options_default();
    options.want_audio = false;
    if (make_film(film, path)) {
        CU_ASSERT_EQUAL(check_picks(path, &options), picks);
        options.start = 1.52;
        options.duration = 6;
        CU_ASSERT_EQUAL(check_picks(path, &options), picks);
    }
    temporary_remove(folder, (const char *const[]){"film", NULL});
}

/* ---------------------------------------------------------------- cases */

static void test_films(void) {
    static const struct film films[] = {
        {.codec = "prores_ks", .container = "mov", .options = "profile=standard"},
        {.codec = "libx264", .container = "mp4", .gop = 8, .options = "x264-params=bframes=3:b-pyramid=normal"},
        {.codec = "libx264", .container = "matroska", .gop = 8, .options = "x264-params=repeat-headers=1"},
        {.codec = "libx265",
         .container = "mp4",
         .gop = 8,
         .options = "x265-params=log-level=none:pools=none:bframes=3"},
        {.codec = "libvpx-vp9", .container = "webm", .gop = 8, .options = "deadline=realtime;cpu-used=8"},
        {.codec = "libaom-av1", .container = "mp4", .gop = 8, .options = "usage=realtime;cpu-used=8;lag-in-frames=0"},
    };
    for (size_t i = 0; i < CHECK_COUNT(films); i++) check_film(&films[i], true);
}

/** Little would be passed over, key frames leave something of what came before, or the clock may jump. */
static void test_whole(void) {
    static const struct film films[] = {
        {.codec = "libx264", .container = "matroska", .gop = 300, .options = "x264-params=scenecut=0"},
        {.codec = "libx264",
         .container = "matroska",
         .gop = 8,
         .options = "x264-params=open-gop=1:bframes=4:scenecut=0"},
        {.codec = "libx264",
         .container = "matroska",
         .gop = 20,
         .options = "x264-params=intra-refresh=1:bframes=0:scenecut=0"},
        {.codec = "libx264", .container = "mpegts", .gop = 8},
        {.codec = "mpeg4", .container = "mp4", .gop = 8, .b_frames = 2},
        {.codec = "mjpeg", .container = "matroska"},
    };
    for (size_t i = 0; i < CHECK_COUNT(films); i++) check_film(&films[i], false);
}

/** Reads to the end what is left of `cut` bytes after the frames were counted: whether the reader was told. */
static bool is_told(const char *path, off_t cut) {
    const int64_t wanted[] = {0, 100, FRAMES - 1};
    const struct media_options options = options_default();
    struct media *media;
    int64_t counted;
    CHECK_OK(media_open(&media, path, &options, err));
    CHECK_OK(media_count_frames(media, &counted, err));
    CHECK_OK(media_want_frames(media, wanted, 3, err));
    CU_ASSERT_EQUAL(media_want_frames(media, wanted, 3, NULL), PTM_EINVAL); /* once */
    CU_ASSERT_EQUAL(media_count_frames(media, &counted, NULL), PTM_EINVAL);
    CU_ASSERT_EQUAL_FATAL(truncate(path, cut), 0);
    for (struct media_item item = {.kind = MEDIA_FRAME}; item.kind != MEDIA_END;)
        CHECK_OK(media_next(media, &item, err));
    const bool told = media_get_stats(media)->misled;
    media_close(&media);
    return told;
}

/** Cut off anywhere, also where the decoder still holds what is wanted of the part that is there. */
static void test_changed(void) {
    static const struct film films[] = {{.codec = "prores_ks", .container = "matroska", .options = "profile=standard"},
                                        {.codec = "libx264",
                                         .container = "matroska",
                                         .gop = 8,
                                         .options = "x264-params=bframes=3:b-pyramid=normal:qp=1"}};
    static const int cuts[] = {10,  50,  99,  100, 101, 102,
                               103, 104, 105, 106, 200}; /* about frame 100, which is wanted */
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    struct stat whole;
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "film");
    for (size_t i = 0; i < CHECK_COUNT(films); i++)
        for (size_t k = 0; k < CHECK_COUNT(cuts) && make_film(&films[i], path) && stat(path, &whole) == 0; k++)
            CU_ASSERT(is_told(path, whole.st_size * cuts[k] / FRAMES));
    temporary_remove(folder, (const char *const[]){"film", NULL});
}

static void test_limit(void) {
    const struct film film = {.codec = "prores_ks", .container = "matroska", .options = "profile=standard"};
    const int64_t wanted[] = {0, FRAMES - 1};
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    struct media_options options = options_default();
    options.max_frames = FRAMES - 1;
    struct media *media;
    int64_t counted;
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "film");
    CU_ASSERT_FATAL(make_film(&film, path));
    CHECK_OK(media_open(&media, path, &options, err));
    CHECK_OK(media_count_frames(media, &counted, err));
    CU_ASSERT_EQUAL(counted, FRAMES);
    CHECK_OK(media_want_frames(media, wanted, 2, err));
    ptm_status status = PTM_OK;
    for (struct media_item item = {.kind = MEDIA_FRAME}; status == PTM_OK && item.kind != MEDIA_END;)
        status = media_next(media, &item, NULL);
    CU_ASSERT_EQUAL(status, PTM_ELIMIT);
    media_close(&media);
    temporary_remove(folder, (const char *const[]){"film", NULL});
}

struct given {
    int64_t pts;
    int flags;
    const char *data; /* NULL: any one byte */
    int bytes;
};

/** Adds the packets; *keys: how many of them are key frames. */
static bool is_indexed(struct frame_index index, const struct given *packets, int count, int *keys) {
    AVPacket *packet = av_packet_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(packet);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_EQUAL_FATAL(av_new_packet(packet, packets[i].data ? packets[i].bytes : 1), 0);
        memcpy(packet->data, packets[i].data ? packets[i].data : "", (size_t)packet->size);
        packet->pts = packets[i].pts;
        packet->flags = packets[i].flags;
        CHECK_OK(frame_index_add(&index, packet, packets[i].pts >= 10, err));
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    CHECK_OK(frame_index_end(&index, err));
    const bool indexed = index.shown;
    *keys = 0;
    if (indexed) {
        CU_ASSERT_EQUAL(index.count, count);
        for (int i = 1; i < count; i++) CU_ASSERT(index.shown[i - 1].pts < index.shown[i].pts);
        for (int i = 0; i < count; i++) {
            CU_ASSERT_EQUAL(index.shown[frame_index_find(&index, packets[i].pts)].place, i);
            CU_ASSERT_EQUAL(frame_index_find(&index, INT64_C(1000) + packets[i].pts), -1);
            *keys += index.coded[i].key;
        }
        CU_ASSERT(index.first == index.count || index.shown[index.first].pts >= 10);
        CU_ASSERT(index.first == 0 || index.shown[index.first - 1].pts < 10);
    }
    frame_index_free(&index);
    return indexed;
}

enum { KEY = AV_PKT_FLAG_KEY };

static void test_index(void) {
    const struct given good[] = {{0, KEY, 0, 0}, {8, 0, 0, 0},  {4, 0, 0, 0}, {20, KEY, 0, 0},
                                 {12, 0, 0, 0},  {16, 0, 0, 0}, {24, 0, 0, 0}};
    const struct frame_index index = {.codec = AV_CODEC_ID_VP9};
    const int count = CHECK_COUNT(good);
    int keys;
    CU_ASSERT(is_indexed(index, good, count, &keys) && keys == 2);
    CU_ASSERT_FALSE(is_indexed(index, good, 0, &keys));
    static const struct {
        int place;
        struct given packet;
    } bad[] = {{0, {0, 0, 0, 0}},                    /* does not begin with a key frame */
               {1, {-4, 0, 0, 0}},                   /* shown before the first one */
               {2, {8, 0, 0, 0}},                    /* two at one time */
               {3, {-2, KEY, 0, 0}},                 /* key frames out of order */
               {4, {AV_NOPTS_VALUE, 0, 0, 0}},       /* no time */
               {4, {INT64_MAX / 2, 0, 0, 0}},        /* a time beyond all clocks */
               {5, {16, AV_PKT_FLAG_DISCARD, 0, 0}}, /* cut off */
               {5, {16, 0, "", 0}},                  /* nothing in it */
               {6, {24, KEY | AV_PKT_FLAG_CORRUPT, 0, 0}}};
    for (size_t i = 0; i < CHECK_COUNT(bad); i++) {
        struct given packets[CHECK_COUNT(good)];
        memcpy(packets, good, sizeof good);
        packets[bad[i].place] = bad[i].packet;
        CU_ASSERT_FALSE(is_indexed(index, packets, count, &keys));
    }
}

#define UNIT(bytes) "\0\0\1" bytes    /* by start code */
#define SIZED(bytes) "\0\0\0\2" bytes /* by length, two bytes */
#define PACKET(pts, flags, data) \
    { pts, flags, data, sizeof(data) - 1 }

/** Parameter sets that change, key frames that only the container calls so, and lengths that do not fit. */
static void test_units(void) {
    static const struct {
        const char *name;
        enum AVCodecID codec;
        int length_bytes;
        struct given packets[3];
        int keys; /* -1: refused */
    } cases[] = {
        {"the same set again",
         AV_CODEC_ID_H264,
         0,
         {PACKET(0, KEY, UNIT("\x67z") UNIT("\x68y") UNIT("\x65x")), PACKET(1, 0, UNIT("\x41x")),
          PACKET(2, KEY, UNIT("\x68y\0") UNIT("\x65x"))},
         2},
        {"another set",
         AV_CODEC_ID_H264,
         0,
         {PACKET(0, KEY, UNIT("\x67z") UNIT("\x65x")), PACKET(1, 0, UNIT("\x67y") UNIT("\x41x")),
          PACKET(2, KEY, UNIT("\x65x"))},
         -1},
        {"a set that was not there",
         AV_CODEC_ID_H264,
         0,
         {PACKET(0, KEY, UNIT("\x65x")), PACKET(1, 0, UNIT("\x68y") UNIT("\x41x")), PACKET(2, KEY, UNIT("\x65x"))},
         -1},
        {"a recovery point",
         AV_CODEC_ID_H264,
         0,
         {PACKET(0, KEY, UNIT("\x65x")), PACKET(1, 0, UNIT("\x41x")), PACKET(2, KEY, UNIT("\x41x"))},
         1},
        {"by length",
         AV_CODEC_ID_H264,
         4,
         {PACKET(0, KEY, SIZED("\x67z") SIZED("\x65x")), PACKET(1, 0, SIZED("\x41x")), PACKET(2, KEY, SIZED("\x65x"))},
         2},
        {"a unit without its end",
         AV_CODEC_ID_H264,
         4,
         {PACKET(0, KEY, SIZED("\x65x")), PACKET(1, 0, SIZED("\x41")), PACKET(2, KEY, SIZED("\x65x"))},
         -1},
        {"a length without its end",
         AV_CODEC_ID_H264,
         4,
         {PACKET(0, KEY, SIZED("\x65x")), PACKET(1, 0, "\0\0\0"), PACKET(2, KEY, SIZED("\x65x"))},
         -1},
        {"HEVC",
         AV_CODEC_ID_HEVC,
         0,
         {PACKET(0, KEY, UNIT("\x40\1z") UNIT("\x26\1\x80")), PACKET(1, 0, UNIT("\2\1x")),
          PACKET(2, KEY, UNIT("\x2a\1\x80"))},
         2},
        {"HEVC by length",
         AV_CODEC_ID_HEVC,
         4,
         {PACKET(0, KEY, "\0\0\0\3\x26\1\x80"), PACKET(1, 0, "\0\0\0\3\2\1x"), PACKET(2, KEY, "\0\0\0\3\x2a\1\x80")},
         2},
        {"HEVC: a splice",
         AV_CODEC_ID_HEVC,
         0,
         {PACKET(0, KEY, UNIT("\x26\1\x80")), PACKET(1, 0, UNIT("\2\1x")), PACKET(2, KEY, UNIT("\x20\1\x80"))},
         -1},
        {"a start code within a unit",
         AV_CODEC_ID_H264,
         4,
         {PACKET(0, KEY, SIZED("\x65x")), PACKET(1, 0, "\0\0\0\6\x41x\0\0\1\x68"), PACKET(2, KEY, SIZED("\x65x"))},
         -1},
        {"HEVC: the frames before it are dropped",
         AV_CODEC_ID_HEVC,
         0,
         {PACKET(0, KEY, UNIT("\x26\1\x80")), PACKET(1, 0, UNIT("\2\1x")), PACKET(2, KEY, UNIT("\x26\1\xc0"))},
         -1},
        {"HEVC: the sequence ends",
         AV_CODEC_ID_HEVC,
         0,
         {PACKET(0, KEY, UNIT("\x26\1\x80")), PACKET(1, 0, UNIT("\2\1x") UNIT("\x48\1")),
          PACKET(2, KEY, UNIT("\x2a\1\x80"))},
         -1},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        const struct frame_index index = {.codec = cases[i].codec, .length_bytes = cases[i].length_bytes};
        int keys;
        const bool indexed = is_indexed(index, cases[i].packets, 3, &keys);
        const int found = indexed ? keys : -1;
        if (found != cases[i].keys) printf("\n    %s: %d\n", cases[i].name, found);
        CU_ASSERT_EQUAL(found, cases[i].keys);
    }
}

int main(void) {
    static const struct check_case cases[] = {
        {"index: order, and what is refused", test_index},
        {"units: parameter sets and true key frames", test_units},
        {"films of many codecs: the same frames", test_films},
        {"films that are decoded whole", test_whole},
        {"a film that changes", test_changed},
        {"more frames than are allowed", test_limit},
    };
    return check_main("frame_picks", cases, CHECK_COUNT(cases));
}
