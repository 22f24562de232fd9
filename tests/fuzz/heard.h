/* SPDX-License-Identifier: MIT */
/*
 * heard: a session over small models, and the windows that it tells of: each is held against what must be true of any,
 * where windows lie is worked out anew, and two ways through the same bytes must tell of the same windows.
 */
#ifndef POLYTOME_TESTS_FUZZ_HEARD_H
#define POLYTOME_TESTS_FUZZ_HEARD_H

#include "fuzz.h"

enum {
    HEARD_LANES = 3, /* video, sound, image */
    HEARD_MOST = 16, /* windows: with the last one the callback ends the run, so that an input takes milliseconds */
    HEARD_LABELS = 5
};

/** A session over a video, a sound and an image model of a few thousand weights each, for as long as the program runs.
 */
ptm_session *heard_session(int threads);

/** Seconds of a window or a hop, as a byte of the input says. */
double heard_length(unsigned byte);

/** Where the windows of one modality lie: on a grid from each fresh start on. */
struct heard_lane {
    double rate, hop, length; /* items a second; items from window to window, and of one */
    double align;
    bool restarts;  /* a gap may begin windows anew */
    int64_t count;  /* windows so far, those that an error has taken included */
    int64_t first;  /* number of the first since the fresh start, */
    double origin;  /* and when it begins */
    bool closed;    /* the last one reached back: a fresh start follows, or none */
    bool uncertain; /* an error may have taken windows since the last one */
    ptm_window last;
};

struct heard {
    struct heard_lane lanes[HEARD_LANES];
    ptm_events *events;
    int begun, ended; /* events */
    int count;
    struct heard_window {
        ptm_window window; /* what it points to lived during the call, but for: */
        ptm_label labels[HEARD_LABELS];
    } windows[HEARD_MOST];
};

/** Begins to listen: `options` get the callback; their window and hop say where windows will lie. `restarts`: a gap in
 * the pictures begins windows anew, as one in the sound does always. */
void heard_open(struct heard *heard, ptm_timeline_options *options, bool restarts);

/** Windows of one modality so far. */
int heard_count(const struct heard *heard, ptm_modality modality);

/** A call has failed and the run goes on: what it was about to answer may be left out. */
void heard_interrupt(struct heard *heard);

/** Whether both were told of the same. */
bool heard_same(const struct heard *a, const struct heard *b);

/** The end of the windows, and with them of all events. */
void heard_close(struct heard *heard);

#endif
