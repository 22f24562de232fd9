/* SPDX-License-Identifier: MIT */
/* hidden_sound: coded sound (DTS, AC-3 ...) in a WAV file whose header calls it 16-bit samples, as on DTS discs. */
#ifndef POLYTOME_MEDIA_HIDDEN_SOUND_H
#define POLYTOME_MEDIA_HIDDEN_SOUND_H

#include "base/error.h"

#include <libavformat/avio.h>

/** Whether these bytes of a file hold the sync words that FFmpeg would need to tell such sound by. */
bool hidden_sound_in(const uint8_t *data, size_t bytes);

/** *possible <- the same of what follows in `io`, as far as FFmpeg looks; `io`, which can seek, stays where it is. */
ptm_status hidden_sound_look(AVIOContext *io, bool *possible, ptm_error *err);

#endif
