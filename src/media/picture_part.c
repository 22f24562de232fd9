/* SPDX-License-Identifier: MIT */
#include "media/picture_part.h"

#include <libavutil/pixdesc.h>
#include <string.h>

/* The bicubic filter of chroma looks at 4 pixels beyond, and at the edge of what swscale is given finds others there.
 */
enum { MARGIN = PICTURE_PART_ROWS };

/** Along an axis of `size` pixels, to whole samples of chroma. Where its last one is cut off, its steps depend on the
 * size, and the part is the whole. */
static void widen(int *first, int *count, int size, bool halved_chroma) {
    int begin = *first > MARGIN ? (*first - MARGIN) / 2 * 2 : 0;
    int end = size - *first - *count > MARGIN ? (*first + *count + MARGIN) / 2 * 2 : size;
    if (halved_chroma && size % 2) {
        begin = 0;
        end = size;
    }
    *first = begin;
    *count = end - begin;
}

struct area picture_part(const AVFrame *frame, struct area area) {
    const AVPixFmtDescriptor *kind = av_pix_fmt_desc_get(frame->format);
    /* swscale reads rows of XYZ to the end of their stride, which from a part's first column on is beyond the plane */
    if (frame->format == AV_PIX_FMT_XYZ12LE || frame->format == AV_PIX_FMT_XYZ12BE)
        return area_whole(frame->width, frame->height);
    widen(&area.left, &area.width, frame->width, kind->log2_chroma_w > 0);
    widen(&area.top, &area.height, frame->height, kind->log2_chroma_h > 0);
    return area;
}

void picture_part_planes(const uint8_t *planes[4], const AVFrame *frame, struct area part) {
    const AVPixFmtDescriptor *kind = av_pix_fmt_desc_get(frame->format);
    memcpy(planes, frame->data, 4 * sizeof *planes);
    for (int c = kind->nb_components - 1; c >= 0; c--) { /* the first of those that share a plane comes last */
        const AVComponentDescriptor *component = &kind->comp[c];
        const bool chroma = c == 1 || c == 2;
        const int column = part.left >> (chroma ? kind->log2_chroma_w : 0);
        const int row = part.top >> (chroma ? kind->log2_chroma_h : 0);
        planes[component->plane] = frame->data[component->plane] + row * (ptrdiff_t)frame->linesize[component->plane] +
                                   column * (ptrdiff_t)component->step;
    }
}
