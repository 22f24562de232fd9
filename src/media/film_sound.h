/* SPDX-License-Identifier: MIT */
/* film_sound: the sound of a file on its way into a film of its pictures: as it is where MP4 takes it, else as AAC. */
#ifndef POLYTOME_MEDIA_FILM_SOUND_H
#define POLYTOME_MEDIA_FILM_SOUND_H

#include "base/error.h"

struct film_sound;

/**
 * Opens the sound of a named file, its `begin` being the film's first moment; `end` on the file's clock, INFINITY for
 * all. *out NULL where there is none, or none that can be decoded. `path` must outlive it.
 */
ptm_status film_sound_open(struct film_sound **out, const char *path, double begin, double end, ptm_error *err);

/** Is it copied as it is? */
bool film_sound_is_copied(const struct film_sound *sound);

void film_sound_close(struct film_sound **sound);

#endif
