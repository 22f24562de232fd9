/* SPDX-License-Identifier: MIT */
/* png: pictures as PNG. FFmpeg stays behind this header. */
#ifndef POLYTOME_MEDIA_PNG_H
#define POLYTOME_MEDIA_PNG_H

#include "media/media.h"

/** A picture as PNG into *out (*bytes), to be freed with mem_free(). */
ptm_status png_encode(void **out, size_t *bytes, const struct media_picture *picture, ptm_error *err);

/** The same as text in base 64. */
ptm_status png_encode_base64(char **out, const struct media_picture *picture, ptm_error *err);

#endif
