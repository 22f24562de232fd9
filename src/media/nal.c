/* SPDX-License-Identifier: MIT */
#include "media/nal.h"

#include <string.h>

int nal_length_bytes(const AVCodecParameters *codec) {
    const bool hevc = codec->codec_id == AV_CODEC_ID_HEVC;
    const int place = hevc ? 21 : 4; /* of lengthSizeMinusOne in hvcC and avcC, which begin with a version of 1 */
    if (codec->extradata_size <= place || codec->extradata[0] != 1) return 0;
    return (codec->extradata[place] & 3) + 1;
}

/** Where the next start code, 0 0 1, is; `end`: nowhere. All bytes of a film come by here: memchr() is quick. */
static const uint8_t *find_start(const uint8_t *from, const uint8_t *end) {
    while (end - from >= 3) {
        const uint8_t *one = memchr(from + 2, 1, (size_t)(end - from) - 2);
        if (!one) return end;
        if (one[-1] == 0 && one[-2] == 0) return one - 2;
        from = one - 1;
    }
    return end;
}

static bool next_by_start(struct nal_reader *reader, struct nal_unit *unit) {
    const uint8_t *start = find_start(reader->data, reader->end);
    if (start == reader->end) {
        reader->data = reader->end;
        return false;
    }
    unit->data = start + 3;
    reader->data = find_start(unit->data, reader->end);
    unit->bytes = (size_t)(reader->data - unit->data);
    return true;
}

static bool next_by_length(struct nal_reader *reader, struct nal_unit *unit) {
    if (reader->end - reader->data < reader->length_bytes) return false;
    size_t bytes = 0;
    for (int i = 0; i < reader->length_bytes; i++) bytes = bytes << 8 | reader->data[i];
    const uint8_t *first = reader->data + reader->length_bytes;
    if (bytes > (size_t)(reader->end - first)) return false;
    if (find_start(first, first + bytes) != first + bytes) return false; /* a decoder would begin another unit there */
    *unit = (struct nal_unit){first, bytes};
    reader->data = first + bytes;
    return true;
}

bool nal_next(struct nal_reader *reader, struct nal_unit *unit) {
    while (reader->data < reader->end) {
        if (!(reader->length_bytes ? next_by_length : next_by_start)(reader, unit)) return false;
        while (unit->bytes > 0 && unit->data[unit->bytes - 1] == 0) unit->bytes--;
        if (unit->bytes > 0) return true;
    }
    return false;
}
