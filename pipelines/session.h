/* SPDX-License-Identifier: MIT */
/* session: models made ready to run: threads, kernels, and all memory of their forward passes. */
#ifndef POLYTOME_PIPELINES_SESSION_H
#define POLYTOME_PIPELINES_SESSION_H

#include "pipelines/lane.h"

struct ptm_session {
    struct threads *threads;
    struct compute compute;
    void *memory;                          /* everything the lanes point to */
    int most_windows;                      /* that may share a pass; 0: as many as make it faster */
    bool reserved;                         /* gemm_reserve() knows of its threads */
    struct lane lanes[NETWORK_MODALITIES]; /* as network_modalities[] */
    struct fbank *fbank;                   /* NULL without an audio lane */
    struct batch *batch;                   /* windows that wait to share a pass */
    int *bench_tokens;                     /* owned: of the last benchmark's profiles, or NULL */
    bool streaming;                        /* a stream is open, whose last frames and samples the lanes hold */
    bool busy;                             /* a call is at work that calls its caller back */
    bool telling;                          /* of a window, whoever watches for them */
};

/** The lane of a modality, or NULL where no model brings it. */
struct lane *session_lane(struct ptm_session *session, ptm_modality modality);

/** Bits of the modalities that have one. */
unsigned session_modalities(const struct ptm_session *session);

/** PTM_EINVAL, and the sentence that no model labels any of the modalities `asked` for, as bits. */
ptm_status session_refuse(const struct ptm_session *session, unsigned asked, ptm_error *err);

/** A lane, or session_refuse(). */
ptm_status session_need_lane(struct ptm_session *session, ptm_modality modality, struct lane **lane, ptm_error *err);

#endif
