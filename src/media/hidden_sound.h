/* SPDX-License-Identifier: MIT */
/* hidden_sound: coded sound (DTS, AC-3, MP3 ...) in a WAV file whose header calls it 16-bit samples, as on DTS discs.
 */
#ifndef POLYTOME_MEDIA_HIDDEN_SOUND_H
#define POLYTOME_MEDIA_HIDDEN_SOUND_H

#include "base/error.h"

#include <libavformat/avio.h>

/** Whether these bytes of a file hold the sync words that FFmpeg would need to tell DTS, AC-3 or TrueHD by. */
bool hidden_sound_in(const uint8_t *data, size_t bytes);

/** Whether samples that begin with these bytes begin as MP3 or AAC (ADTS, LOAS) does, silence before it or not. */
bool hidden_sound_begins(const uint8_t *data, size_t bytes);

/** *packets <- how many of its packets FFmpeg is to search the WAV file that follows in `io` for such sound, by the
 * signs of it; `io`, which can seek, stays where it is. */
ptm_status hidden_sound_look(AVIOContext *io, int *packets, ptm_error *err);

#endif
