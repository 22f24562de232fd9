/* SPDX-License-Identifier: MIT */
/* nal: the units of which an H.264 or HEVC packet is made (Rec. H.264 annex B and ISO/IEC 14496-15). */
#ifndef POLYTOME_MEDIA_NAL_H
#define POLYTOME_MEDIA_NAL_H

#include <libavcodec/avcodec.h>
#include <stdbool.h>

/** How units are told apart: by lengths of so many bytes before them; 0: by start codes. */
int nal_length_bytes(const AVCodecParameters *codec);

struct nal_reader {
    const uint8_t *data, *end; /* what is left of the packet */
    int length_bytes;
};

struct nal_unit {
    const uint8_t *data; /* (bytes) its header first, no zeros behind it */
    size_t bytes;        /* not 0 */
};

/** The next unit; false at the end, and where a length does not fit: then reader->data is not reader->end. */
bool nal_next(struct nal_reader *reader, struct nal_unit *unit);

#endif
