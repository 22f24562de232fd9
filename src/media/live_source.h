/* SPDX-License-Identifier: MIT */
/*
 * live_source: what a user names as a source, and what it may reach. The name itself may lead into the network; what
 * comes from there may open the protocols that its kind needs, and never a local file.
 */
#ifndef POLYTOME_MEDIA_LIVE_SOURCE_H
#define POLYTOME_MEDIA_LIVE_SOURCE_H

#include "base/error.h"

enum live_kind {
    LIVE_BYTES,  /* a file, a FIFO or standard input, read by us */
    LIVE_URL,    /* FFmpeg's protocols */
    LIVE_DEVICE, /* a camera or a microphone */
    LIVE_GRAPH   /* FFmpeg's generators */
};

struct live_source {
    enum live_kind kind;
    const char *name;      /* in sentences */
    const char *target;    /* what FFmpeg is to open: what was given, or what follows its prefix */
    const char *device;    /* FFmpeg's input device, for LIVE_DEVICE and LIVE_GRAPH */
    const char *lister;    /* the command that lists such devices, for LIVE_DEVICE */
    const char *protocols; /* that may be opened, for the others: comma-separated */
    const char *formats;   /* that it may hold; NULL: any */
    const char *defaults;  /* settings that the user's go before; NULL: none */
    bool comes_back;       /* when lost, it is opened again */
    bool waits;            /* it is opened before anybody sends: the first connection may take for ever */
    bool recordings;       /* what has an end there is a file, which waits for its reader */
    bool stalls;           /* without data for a while it is lost, though nothing says so */
};

/** What `given` is called in sentences, which end up in logs: a URL without the password that it may hold. To be freed
 * with mem_free(); NULL: out of memory. */
char *live_source_name(const char *given);

/** Tells what `given` is, which is called `name`; both must outlive *source. PTM_EINVAL for a URL of a kind that is not
 * read here. */
ptm_status live_source_parse(struct live_source *source, const char *given, const char *name, ptm_error *err);

#endif
