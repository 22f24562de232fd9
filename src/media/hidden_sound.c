/* SPDX-License-Identifier: MIT */
#include "media/hidden_sound.h"

#include "base/memory.h"

/* FFmpeg looks at 32 packets of 4 KiB, and believes in AC-3 from seven frames on. */
enum { LOOKED_AT = 32 * 4096, AC3_FRAMES = 7 };

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

ptm_status hidden_sound_look(AVIOContext *io, bool *possible, ptm_error *err) {
    uint8_t *data = mem_alloc(LOOKED_AT, 1);
    if (!data) return error_no_memory(err);
    const int64_t start = avio_tell(io);
    const int count = avio_read(io, data, LOOKED_AT); /* where it fails, so do FFmpeg's own reads, which are reported */
    *possible = count > 0 && hidden_sound_in(data, (size_t)count);
    avio_seek(io, start, SEEK_SET);
    mem_free(data);
    return PTM_OK;
}
