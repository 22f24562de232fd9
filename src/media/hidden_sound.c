/* SPDX-License-Identifier: MIT */
#include "media/hidden_sound.h"

#include "base/memory.h"

#include <libavutil/intreadwrite.h>
#include <limits.h>
#include <string.h>

/* FFmpeg looks at 32 packets of 4 KiB, and believes in AC-3 from seven frames on. */
enum { LOOKED_AT = 32 * 4096, AC3_FRAMES = 7 };

/* Packets that show MP3 and AAC where the samples begin as one: seven frames of the one, three of the other. */
enum { FIRST_PACKETS = 4 };

bool hidden_sound_in(const uint8_t *data, size_t bytes) {
    uint32_t word = 0;
    int ac3_frames = 0;
    for (size_t i = 0; i < bytes; i++) {
        word = word << 8 | data[i];
        switch (word) {
        case 0x7ffe8001: /* DTS in 16 bits and in 14, in both orders of bytes, and its extensions */
        case 0xfe7f0180:
        case 0x1fffe800:
        case 0xff1f00e8:
        case 0x64582025:
        case 0xf8726fba: return true; /* TrueHD */
        default: break;
        }
        const uint32_t half = word & 0xffff; /* AC-3 and E-AC-3: any noise has a few of these */
        ac3_frames += half == 0x0b77 || half == 0x770b;
    }
    return ac3_frames >= AC3_FRAMES;
}

bool hidden_sound_begins(const uint8_t *data, size_t bytes) {
    for (; bytes > 0 && *data == 0; bytes--) data++; /* silence, as FFmpeg passes over it */
    if (bytes < 3) return false;
    if (memcmp(data, "ID3", 3) == 0) return true;
    return (data[0] == 0xff || data[0] == 0x56) && data[1] >= 0xe0;
}

/** Where in a WAV file's first bytes its samples begin; `bytes` where they do not. */
static size_t find_samples(const uint8_t *data, size_t bytes) {
    const size_t head = 8; /* of a chunk: its name and its size, which is made even */
    const bool big = bytes >= 4 && memcmp(data, "RIFX", 4) == 0;
    for (size_t at = 12; at + head < bytes;) {
        if (memcmp(data + at, "data", 4) == 0) return at + head;
        const uint32_t size = big ? AV_RB32(data + at + 4) : AV_RL32(data + at + 4);
        if (size >= bytes - at) break;
        at += head + size + (size & 1);
    }
    return bytes;
}

ptm_status hidden_sound_look(AVIOContext *io, int *packets, ptm_error *err) {
    uint8_t *data = mem_alloc(LOOKED_AT, 1);
    if (!data) return error_no_memory(err);
    const int64_t start = avio_tell(io);
    const int count = avio_read(io, data, LOOKED_AT); /* where it fails, so do FFmpeg's own reads, which are reported */
    const size_t bytes = count > 0 ? (size_t)count : 0, samples = find_samples(data, bytes);
    const bool begins = samples == bytes || hidden_sound_begins(data + samples, bytes - samples);
    *packets = hidden_sound_in(data, bytes) ? INT_MAX : begins ? FIRST_PACKETS : 1;
    avio_seek(io, start, SEEK_SET);
    mem_free(data);
    return PTM_OK;
}
