/* SPDX-License-Identifier: MIT */
/* frame_canvas: decoded pictures of any size on a canvas of another, and how large is what is drawn over them. */
#ifndef POLYTOME_PIPELINES_FRAME_CANVAS_H
#define POLYTOME_PIPELINES_FRAME_CANVAS_H

#include "features/canvas.h"
#include "media/media.h"

/** Fills the whole canvas with the picture. */
ptm_status frame_canvas_put(struct canvas *canvas, const struct media_picture *picture, ptm_error *err);

/** Pixels a dot of words and lines that are drawn over it. */
int frame_canvas_scale(const struct canvas *canvas);

/** Whether it is large enough for words. */
bool frame_canvas_takes_words(const struct canvas *canvas);

/** The canvas as a picture. */
struct media_picture frame_canvas_picture(const struct canvas *canvas);

#endif
