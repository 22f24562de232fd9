/* SPDX-License-Identifier: MIT */
/* film_track: the side of film_sound that the writer of the film sees. */
#ifndef POLYTOME_MEDIA_FILM_TRACK_H
#define POLYTOME_MEDIA_FILM_TRACK_H

#include "media/film_sound.h"

#include <libavformat/avformat.h>

/** Adds its stream to the film, before the header. An AVERROR, or 0. */
int film_sound_add_stream(struct film_sound *sound, AVFormatContext *film);

/** Hands the film's muxer the sound up to `until` seconds of the film; INFINITY: all that is left. `name` is the film.
 */
ptm_status film_sound_write(struct film_sound *sound, double until, const char *name, ptm_error *err);

#endif
