/* SPDX-License-Identifier: MIT */
/* live_input: one source of a live run as it is decoded, connection after connection, on the run's clock. */
#ifndef POLYTOME_MEDIA_LIVE_INPUT_H
#define POLYTOME_MEDIA_LIVE_INPUT_H

#include "media/demux.h"
#include "media/live_queue.h"
#include "media/tracks.h"

struct live_input {
    struct media_options options; /* what is wanted of it */
    struct tracks tracks;
    struct demux description; /* of the connection that is being decoded; format NULL: there is none */
    int connections;
    bool connected;                       /* the last connection stands, as far as messages tell */
    double base;                          /* of the connection's clock, in the run's */
    bool repaired;                        /* it is on the world's time */
    bool recorded;                        /* it waits for its reader */
    double video_end, audio_end, reached; /* of what was delivered */
    double arrived;                       /* UNIX time of the last packet, */
    double held; /* and of that which brought the frame that is held back until the next is known; 0: none */
    int64_t frames, samples;
    double origin;                  /* of the connection's time stamps */
    double stamped;                 /* of the last packet, on the run's clock */
    double waited;                  /* seconds in vain for a message */
    bool draining;                  /* no more packets of this connection */
    bool frames_lost, samples_lost; /* and who takes its items is to be told so behind the last of them */
    bool ended;                     /* no more connections */
    bool complete;                  /* all that is wanted was delivered */
    char told[512]; /* why it is away, as who listens was told; "": it is there, for all that he knows */
};

/** Decoders for a connection that stands, whose zero is `base` on the run's clock and of which what lies before `end`
 * is wanted. The description of the news is taken over. */
ptm_status live_input_open(struct live_input *input, struct live_news *news, double base, double end, ptm_error *err);

/** Whether the connection, whose decoders are open, goes on with that of the news as if it had not been lost. */
bool live_input_goes_on(const struct live_input *input, const struct live_news *news);

/** No more of this connection, if there is one; again and again. */
void live_input_close(struct live_input *input);

/** A packet for its decoders; without a connection it is dropped. */
ptm_status live_input_send(struct live_input *input, const struct live_message *packet, ptm_error *err);

/** There are no more packets of this connection: what decoders hold is to be received, then it is closed. */
ptm_status live_input_drain(struct live_input *input, ptm_error *err);

/** What the packets so far give, on the run's clock and numbered through all connections; *ready tells whether they
 * give anything. A connection that has given everything is closed. */
ptm_status live_input_receive(struct live_input *input, struct media_item *item, bool *ready, ptm_error *err);

/** The connection is lost: tells, once what it gave is delivered, of what there is no more for now. */
bool live_input_take_loss(struct live_input *input, struct media_item *item);

/** Whether one of its tracks has everything that is wanted. */
bool live_input_partly_complete(const struct live_input *input);

void live_input_add_stats(struct media_stats *sum, const struct live_input *input);

#endif
