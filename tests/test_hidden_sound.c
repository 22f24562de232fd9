/* SPDX-License-Identifier: MIT */
/* Coded sound in a WAV file that calls it 16-bit samples is found, though FFmpeg looks for it only where there is a
 * sign of it. The sound is encoded here: two channels at 48 kHz, and the header says one at 16 kHz. */
#include "media/byte_source.h"
#include "media/hidden_sound.h"
#include "media_reading.h"
#include "random.h"

#include <libavcodec/avcodec.h>
#include <limits.h>

enum { RATE = 48000, FRAMES = 40 };

static AVCodecContext *open_encoder(const char *name, int64_t bit_rate) {
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    if (!codec) return NULL;
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    CU_ASSERT_PTR_NOT_NULL_FATAL(encoder);
    encoder->sample_fmt = codec->sample_fmts[0];
    encoder->sample_rate = RATE;
    encoder->bit_rate = bit_rate;
    av_channel_layout_default(&encoder->ch_layout, 2);
    encoder->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
    CU_ASSERT_EQUAL_FATAL(avcodec_open2(encoder, codec, NULL), 0);
    return encoder;
}

/** One frame of noise as the encoder wants it, float or 32 bits. */
static void send_noise(AVCodecContext *encoder, uint32_t *state) {
    AVFrame *frame = av_frame_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
    frame->format = encoder->sample_fmt;
    frame->nb_samples = encoder->frame_size;
    frame->sample_rate = RATE;
    CU_ASSERT_EQUAL_FATAL(av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout), 0);
    CU_ASSERT_EQUAL_FATAL(av_frame_get_buffer(frame, 0), 0);
    const bool planar = av_sample_fmt_is_planar(encoder->sample_fmt);
    const bool whole = av_get_packed_sample_fmt(encoder->sample_fmt) == AV_SAMPLE_FMT_S32;
    for (int plane = 0; plane < (planar ? 2 : 1); plane++)
        for (int i = 0; i < frame->nb_samples * (planar ? 1 : 2); i++) {
            const float value = random_uniform(state) / 4;
            if (whole)
                ((int32_t *)(void *)frame->data[plane])[i] = (int32_t)(value * 0x1p31f);
            else
                ((float *)(void *)frame->data[plane])[i] = value;
        }
    CU_ASSERT_EQUAL(avcodec_send_frame(encoder, frame), 0);
    av_frame_free(&frame);
}

/** A WAV file of `silence` zeros and then the coded sound; no bytes where FFmpeg lacks the encoder. */
static struct bytes make_hidden(const char *name, int64_t bit_rate, size_t silence) {
    struct bytes coded = {0}, wav = {0};
    AVCodecContext *encoder = open_encoder(name, bit_rate);
    if (!encoder) return wav;
    for (size_t i = 0; i < silence; i++) append(&coded, "", 1);
    AVPacket *packet = av_packet_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(packet);
    uint32_t state = 1;
    for (int i = 0; i < FRAMES; i++) {
        send_noise(encoder, &state);
        while (avcodec_receive_packet(encoder, packet) == 0) {
            append(&coded, packet->data, (size_t)packet->size);
            av_packet_unref(packet);
        }
    }
    av_packet_free(&packet);
    avcodec_free_context(&encoder);
    wav = make_wav((const int16_t *)(const void *)coded.data, (int)(coded.count / 2), 1, 16000,
                   (uint32_t)(coded.count / 2 * 2));
    free(coded.data);
    return wav;
}

static void test_is_found(void) {
    static const struct {
        const char *encoder;
        int64_t bit_rate;
        size_t silence;
    } cases[] = {{"dca", 768000, 0},  {"dca", 768000, 50000},    {"ac3", 640000, 0},
                 {"eac3", 640000, 0}, {"libmp3lame", 320000, 0}, {"libmp3lame", 320000, 3000}};
    const struct media_options options = options_default();
    int tried = 0;
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct bytes wav = make_hidden(cases[i].encoder, cases[i].bit_rate, cases[i].silence);
        if (!wav.count) continue; /* there is no such encoder */
        tried++;
        struct outcome got = read_memory(wav.data, wav.count, &options);
        const bool right = got.status == PTM_OK && got.info.source_channels == 2 && got.info.source_sample_rate == RATE;
        if (!right) printf("\n    %s: %s\n", cases[i].encoder, got.error.message);
        CU_ASSERT(right);
        forget(&got);
        free(wav.data);
    }
    CU_ASSERT(tried > 0);
}

static void test_signs(void) {
    enum { COUNT = 1 << 17 };
    static uint8_t noise[COUNT];
    uint32_t state = 1;
    int suspected = 0;
    for (int turn = 0; turn < 20; turn++) {
        for (int i = 0; i < COUNT; i++) noise[i] = (uint8_t)(random_bits(&state) >> 24);
        suspected += hidden_sound_in(noise, COUNT);
    }
    CU_ASSERT(suspected < 10); /* even full noise is seldom taken for more */
    memset(noise, 0, COUNT);
    CU_ASSERT(!hidden_sound_in(noise, COUNT));
    for (int frame = 0; frame < 7; frame++) {
        CU_ASSERT(!hidden_sound_in(noise, COUNT));
        memcpy(noise + 1000 * frame, "\x0b\x77", 2);
    }
    CU_ASSERT(hidden_sound_in(noise, COUNT));
    CU_ASSERT(hidden_sound_in((const uint8_t *)"\0\x7f\xfe\x80\x01", 5));
    CU_ASSERT(!hidden_sound_in((const uint8_t *)"\0\x7f\xfe\x80\x01", 4));
    CU_ASSERT(!hidden_sound_in(NULL, 0));
}

static void test_beginnings(void) {
    static const struct {
        const char *bytes;
        size_t count;
        bool coded;
    } cases[] = {{"\xff\xfb\xe0", 3, true},       {"\xff\xf1\x50", 3, true},
                 {"\x56\xe0\x10", 3, true},       {"ID3\4", 4, true},
                 {"\0\0\0\xff\xfb\xe0", 6, true}, {"\xff\xdf\xe0", 3, false},
                 {"\0\0\xff\xfb", 4, false},      {"\x01\xff\xfb\xe0", 4, false},
                 {"\0\0\0\0", 4, false},          {"", 0, false}};
    for (size_t i = 0; i < CHECK_COUNT(cases); i++)
        CU_ASSERT_EQUAL(hidden_sound_begins((const uint8_t *)cases[i].bytes, cases[i].count), cases[i].coded);
}

/** How many packets are searched of a WAV file whose samples begin with these bytes, and are silence then, with a
 * chunk before them that says to be `size` bytes long. */
static int packets_of(const char *samples, size_t count, uint32_t size) {
    struct bytes wav = {0};
    append(&wav, "RIFF\0\0\0\0WAVELIST", 16);
    append_number(&wav, size, 4);
    append(&wav, "data\xff\0\0\0\x01", 10); /* nine bytes that look like samples, and one to be even */
    append(&wav, "data\0\0\0\0", 8);
    append(&wav, samples, count);
    append(&wav, (const char[16]){0}, 16);
    const struct media_options options = options_default();
    struct byte_source source;
    struct byte_reader reader;
    int packets = 0;
    CHECK_OK(byte_source_open_memory(&source, wav.data, wav.count, "memory", &options, err));
    CHECK_OK(byte_reader_open(&reader, &source, err));
    CHECK_OK(hidden_sound_look(reader.io, &packets, err));
    CU_ASSERT_EQUAL(avio_tell(reader.io), 0);
    byte_reader_close(&reader);
    byte_source_close(&source);
    free(wav.data);
    return packets;
}

static void test_packets(void) {
    CU_ASSERT_EQUAL(packets_of("\x01\0\xff\xff", 4, 9), 1);
    CU_ASSERT_EQUAL(packets_of("\xff\xfb\xe0\x64", 4, 9), 4);
    CU_ASSERT_EQUAL(packets_of("\x7f\xfe\x80\x01", 4, 9), INT_MAX);
    CU_ASSERT_EQUAL(packets_of("\x01\0\xff\xff", 4, 1000), 4); /* where the samples begin is not known */
    CU_ASSERT_EQUAL(packets_of("\x01\0\xff\xff", 4, UINT32_MAX), 4);
}

int main(void) {
    const struct check_case cases[] = {{"it is found", test_is_found},
                                       {"signs of it", test_signs},
                                       {"beginnings of it", test_beginnings},
                                       {"packets that are searched", test_packets}};
    return check_main("hidden sound", cases, CHECK_COUNT(cases));
}
