/* SPDX-License-Identifier: MIT */
/*
 * polytome: labels for video clips, sound files and live cameras, from one shared Vision Transformer with token
 * merging.
 *
 * Three calls from a file to a label:
 *
 *     ptm_model_open(&model, NULL, NULL, &err);                      // NULL: the model that ships with the library
 *     ptm_session_open(&session, models, 1, NULL, &err);             // const ptm_model *models[] = {model}
 *     ptm_classify_file(session, "clip.mp4", NULL, &result, &err);
 *
 * Conventions. Out-pointers come first and the error, which may be NULL, comes last. Every call that can fail returns a
 * ptm_status; on failure *out is NULL (or untouched, for plain values) and `err` holds one sentence. A model is
 * immutable and may be shared by threads; a session is used by one thread at a time. Nothing here prints, exits or
 * keeps state outside of the handles. Strings and arrays inside a result or an info live as long as the object they
 * came from. Handles, paths and out-pointers are not NULL unless it is said that they may be.
 *
 * A callback may not use the session that it is called for (PTM_EINVAL), and not close what it is called from. One that
 * fails may write why into err->message. In a child of fork() a session may be closed, and used on one thread, if no
 * thread was at work in the library at the fork. FFmpeg logs nothing in a process that has left its log level as it
 * was; av_log_set_level() afterwards holds. Structs may grow from 0.1 to 0.2, and the shared library's name changes
 * then.
 */
#ifndef POLYTOME_H
#define POLYTOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PTM_API __attribute__((visibility("default")))
#define PTM_NODISCARD __attribute__((warn_unused_result))
#else
#define PTM_API
#define PTM_NODISCARD
#endif

typedef enum ptm_status {
    PTM_OK = 0,
    PTM_EINVAL,       /* the caller's mistake: an option or argument out of range */
    PTM_ENOMEM,       /* out of memory; every handle stays usable */
    PTM_EIO,          /* a file cannot be opened, read or written */
    PTM_EFORMAT,      /* a file is damaged or not what its header says */
    PTM_EMODEL,       /* a model is well-formed but not one that we can run */
    PTM_ELIMIT,       /* a limit was reached; the sentence names the field of the options that raises it */
    PTM_ENODATA,      /* nothing to label: no picture and no sound, or an empty file */
    PTM_EINTERRUPTED, /* the caller's `cancelled` said stop */
    PTM_EMISMATCH,    /* a check ran and its answer differs from the expected one */
    PTM_EINTERNAL     /* a bug in this library: please report it */
} ptm_status;

typedef struct ptm_error {
    ptm_status status;
    char message[512]; /* one sentence: what, where, what to do */
} ptm_error;

/** Kinds of input; also bits of ptm_classify_options.modalities. A still picture is an image; of a video an image model
 *  labels the middle frame of each second, where it is asked to or where the session has no video model. */
typedef enum ptm_modality { PTM_VIDEO = 1, PTM_AUDIO = 2, PTM_IMAGE = 4 } ptm_modality;

/** Arithmetic of the linear layers of the blocks. Norms, embedding and head are float32 always; so is attention, unless
 *  it stands beside bf16 or int8 where 16 bits are faster: in bf16 at level amx, and at avx512 on AMD's processors with
 *  BF16, in fp16 at avx512 on others with FP16, in int16 at avx512 and avx2 on others with VNNI, and at avx2 on
 *  Intel's from Skylake and AMD's from Zen 3. */
typedef enum ptm_precision {
    PTM_AUTO = -1, /* as the model stores them: float32, unless it was packed in another precision. Float32 where models
                      differ, or where the processor has no instruction */
    PTM_F32 = 0,   /* the reference's own logits */
    PTM_BF16,      /* needs AVX512-BF16; faster only on processors that run it at full rate (docs/performance.md) */
    PTM_INT8,      /* weights by output channel, activations by token; needs AVX2 or NEON with dot products. Base-size
                      models are 1.9 to 3.3 times as fast with VNNI, 1.4 to 2.0 times without */
    PTM_FP16,      /* of attention only */
    PTM_INT16      /* of attention only */
} ptm_precision;

typedef struct ptm_model ptm_model;     /* immutable weights and labels of one or more modalities */
typedef struct ptm_session ptm_session; /* buffers and threads that run models */

/** Processors that this process may run on, at least 1: the threads of a session that is asked for 0. */
PTM_API int ptm_processors(void);

/** Library version, "MAJOR.MINOR.PATCH". */
PTM_API const char *ptm_version(void);

/** Short English name of a status, never NULL. */
PTM_API const char *ptm_status_string(ptm_status status);

/* ---------------------------------------------------------------- models */

typedef struct ptm_model_options {
    size_t max_header_bytes; /* JSON header of a weights file; default 100,000,000, the format's own limit */
    int max_tokens;          /* input tokens of one window; default 65,536 */
} ptm_model_options;

PTM_API void ptm_model_options_default(ptm_model_options *options);

/**
 * Opens a model: a checkpoint directory as its authors publish it (config.json, what its processor is configured
 * by, model.safetensors or a sharded index), a single-file polytome model, or NULL for the one that ships with the
 * library (looked for in $POLYTOME_MODEL, then beside the library, or the program that it is a part of, as an
 * installation and a build folder have it, then where it was to be installed).
 * Weights are mapped and stay mapped until the close. Close with ptm_model_close().
 */
PTM_API PTM_NODISCARD ptm_status ptm_model_open(ptm_model **out, const char *path, const ptm_model_options *options,
                                                ptm_error *err);

/** Closes the model and sets *model to NULL; NULL and *model == NULL are allowed. Sessions and results that use it may
 * go on: it goes with the last of them. */
PTM_API void ptm_model_close(ptm_model **model);

typedef struct ptm_model_info {
    const char *name;    /* of the checkpoint */
    const char *family;  /* "videomae", "audio-spectrogram-transformer", "polytome" ... */
    const char *licence; /* "" where the model does not say */
    const char *source;
    ptm_modality modality;
    int embed_dim, depth, num_heads, mlp_dim;
    int64_t parameters;      /* weights of this modality, the shared ones included */
    ptm_precision precision; /* in which the linear layers of its blocks are stored; PTM_F32 of float16 as well */
    int tokens;              /* N0: class and distillation tokens included */
    int protected_tokens;
    int input_rank; /* shape of the prepared tensor that ptm_forward() takes, batch axis included */
    int input_shape[5];
    int num_labels;
    const char *const *labels;  /* (num_labels) */
    const char *activation;     /* "softmax" or "sigmoid" */
    const char *r;              /* recommended merging, "off" where there is none */
    bool prop_attn;             /* proportional attention, the model's or the family's default */
    double gflop;               /* one window without merging, 2 per multiply-add */
    double window_seconds;      /* media time that one window covers; 0 where frames are spread over the file */
    int num_frames, image_size; /* video: T and H = W */
    double frame_rate;          /* video: frames per second of a window; 0 where frames are spread over the file */
    int sample_rate, num_mel_bins, target_length; /* audio */
    const char *path;                             /* that was opened */
} ptm_model_info;

/** Fills *info for one modality; PTM_EINVAL where the model does not bring it. Pointers live as long as the model. */
PTM_API PTM_NODISCARD ptm_status ptm_model_get_info(const ptm_model *model, ptm_modality modality, ptm_model_info *info,
                                                    ptm_error *err);

/* ---------------------------------------------------------------- sessions */

typedef struct ptm_session_options {
    int threads;     /* the most, up to 1024; 0 (default): one for each processor that this process may use */
    const char *cpu; /* kernels: NULL or "auto" (default), "scalar", "avx2", "avx512", "amx", "neon" */
    const char *r; /* merging: "off", "R", "R:INFLECT", "R0,R1,...", a budget ("2x", "6GFLOP", "40ms": docs/merging.md);
                      NULL (default) or "auto": each model's own recommendation */
    int prop_attn; /* proportional attention: -1 (default) each model's own, 0 off, 1 on */
    ptm_precision precision; /* of the linear layers, default PTM_AUTO; PTM_EINVAL where the processor has no
                                instruction for it. Layers that are stored in another one are converted at the open */
    int protect;             /* tokens at the front that never merge; 0 (default): the model's own special tokens */
    double static_threshold; /* of a video, patches are left out whose mean |difference| to the tube before is at most
                                this, in ImageNet-normalised pixels; 0 (default): none (docs/merging.md) */
    int batch; /* windows that may share a pass over the weights, 1 to 64; 0 (default): as many as make it faster. No
                  bit of an answer depends on it; where one would, as with products of OpenBLAS, each has its own pass
                */
} ptm_session_options;

/** The instruction that sessions use for a precision on this processor ("avx512-vnni"): "" for PTM_F32, NULL where it
 * has none. */
PTM_API const char *ptm_precision_instruction(ptm_precision precision);

/** The kernels that sessions use on this processor where no `cpu` is named, in words, into `text` of `bytes` bytes:
 * where the words are the same the answers are the same bits. 200 bytes hold them. */
PTM_API void ptm_kernels(char *text, size_t bytes);

/** The precision of attention beside linear layers in another one, on this processor: PTM_F32, PTM_BF16, PTM_FP16
 * or PTM_INT16. */
PTM_API ptm_precision ptm_precision_attention(ptm_precision layers);

PTM_API void ptm_session_options_default(ptm_session_options *options);

/**
 * Opens a session over `count` models (1 to 3), of which each modality is brought by exactly one.
 * All memory that running the networks needs is allocated here. `options` may be NULL. Close with ptm_session_close().
 */
PTM_API PTM_NODISCARD ptm_status ptm_session_open(ptm_session **out, const ptm_model *const *models, int count,
                                                  const ptm_session_options *options, ptm_error *err);

/** Closes the session, after the streams over it, and sets *session to NULL; NULL and *session == NULL are allowed. */
PTM_API void ptm_session_close(ptm_session **session);

/**
 * How many threads run a pass from now on, from 1 to ptm_session_options.threads, which it is at first; what is beyond
 * is cut off. For whoever runs several sessions and shares processors out among those at work. No bit of an answer
 * depends on it. May be called from any thread while the session is open. A thread is started when it is first needed;
 * where the system has none left, fewer do the work.
 */
PTM_API void ptm_session_set_threads(ptm_session *session, int threads);

/** How many windows of a modality share a pass over the weights where there are so many; 0 without a model for it. */
PTM_API int ptm_session_get_batch(const ptm_session *session, ptm_modality modality);

/** Changes the merging of every later call: `r` and `prop_attn` as in ptm_session_options. It may be called from an
 * on_window, too, but not with a time to keep ("40ms"), which is measured. */
PTM_API PTM_NODISCARD ptm_status ptm_session_set_merge(ptm_session *session, const char *r, int prop_attn,
                                                       ptm_error *err);

/* ---------------------------------------------------------------- classify */

typedef enum ptm_sampling {
    PTM_SAMPLING_MODEL = 0, /* as the model was trained: the default */
    PTM_SAMPLING_UNIFORM,   /* one window of T frames spread evenly over the file: int(linspace(0, n - 1, T)) */
    PTM_SAMPLING_WINDOWS,   /* windows side by side over the whole file, their scores averaged */
    PTM_SAMPLING_FIRST      /* the first window only */
} ptm_sampling;

typedef struct ptm_classify_options {
    unsigned modalities;    /* PTM_VIDEO | PTM_AUDIO | PTM_IMAGE (default): what to label, where there is a model */
    ptm_sampling sampling;  /* of video and of sound */
    double start, duration; /* seconds of the file to look at; duration 0 (default): to the end */
    int64_t max_pixels;     /* of one decoded frame; default 2^26 */
    int64_t max_frames;     /* decoded frames of one file; default 10,000,000 */
    double max_seconds;     /* media time of one file; default 86,400 */
    /* Both may be NULL, and may be called from a thread of the library's own, one at a time. */
    void (*progress)(void *user, double done_seconds, double total_seconds); /* of a file; total 0: not known */
    bool (*cancelled)(void *user); /* asked at least once for each decoded packet and window */
    void *user;
} ptm_classify_options;

PTM_API void ptm_classify_options_default(ptm_classify_options *options);

typedef struct ptm_label {
    const char *name;
    int index;   /* in the model's label list */
    float score; /* probability: mean over windows of softmax or sigmoid */
    float logit; /* mean over windows */
} ptm_label;

/** What of the file was looked at. Times in seconds of the file's own clock, its first time stamp being 0. */
typedef struct ptm_coverage {
    double from, to;
    double padded;                       /* seconds added to fill a window: silence, or the last frame repeated */
    int64_t frames_decoded, frames_used; /* video; those gone through, even where no used frame needs them */
    int64_t samples_used;                /* audio, at the model's sample rate */
    int rotation;                        /* video: degrees clockwise by which the picture was turned upright */
    int decode_errors;                   /* damaged packets passed over */
    bool frame_rate_clock;               /* no usable time stamps: the frame rate was the clock */
    const char *sampling;                /* "uniform", "windows" or "first"; NULL where the answer is `missing` */
} ptm_coverage;

/** One modality's answer on one file. */
typedef struct ptm_answer {
    const char *model;
    const char *missing;     /* why there is no answer ("no audio stream"), or NULL */
    int num_labels;          /* 0 where `missing` */
    const ptm_label *labels; /* (num_labels) all of them, highest score first, then lower index */
    int windows;
    ptm_coverage coverage;
    double static_share;       /* of the patches of all windows: left out as static */
    int tokens_in, tokens_out; /* of the last window */
    const char *r;
    int depth;
    const int *tokens; /* (depth + 1) entering each block, then leaving the last; NULL where `missing` */
} ptm_answer;

typedef struct ptm_result {
    double duration; /* seconds, as the file's header says; the real end where it says nothing; 0 of a still */
    const ptm_answer *video, *audio,
        *image;             /* NULL where there is no model for it, or it was not asked for or not due */
    int num_fused;          /* labels that both answers share; 0 where none */
    const ptm_label *fused; /* (num_fused) score: mean of the two, highest first; index and logit: the video model's */
    struct {
        double decode, features, network; /* milliseconds; of a pass that windows share each has an equal part */
    } ms;
} ptm_result;

/**
 * Labels one file: picture and sound in one pass, any length in constant memory. `path` "-" reads standard input.
 * A damaged packet is counted and passed over; a byte that cannot be read is PTM_EIO. A missing stream is no error (see
 * ptm_answer.missing); a file without any stream that the session has a model for is PTM_ENODATA. Free the result with
 * ptm_result_free(). `options` may be NULL.
 */
PTM_API PTM_NODISCARD ptm_status ptm_classify_file(ptm_session *session, const char *path,
                                                   const ptm_classify_options *options, ptm_result **out,
                                                   ptm_error *err);

/** The same of a whole file that the caller holds: `bytes` at `data`, called `name` in sentences (NULL: "memory"). */
PTM_API PTM_NODISCARD ptm_status ptm_classify_memory(ptm_session *session, const void *data, size_t bytes,
                                                     const char *name, const ptm_classify_options *options,
                                                     ptm_result **out, ptm_error *err);

/** One of many files to label. */
typedef struct ptm_file {
    const char *path;                    /* as ptm_classify_file() has it */
    const ptm_classify_options *options; /* NULL: the defaults */
    ptm_result *result;                  /* set; free it with ptm_result_free(). NULL where it failed */
    ptm_error err;                       /* set: PTM_OK, or why it failed */
} ptm_file;

/** The next file, which stays where it is until it is done; NULL: there is none, or none that can be read at once. */
typedef ptm_file *ptm_next_file_fn(void *user);

/** Told of a file that is done. */
typedef void ptm_file_fn(void *user, ptm_file *file);

/**
 * Labels files, each as ptm_classify_file() does and with the same bits, until `next` has no more. While windows of one
 * wait for others, the next one is read; they share passes over the weights, which is faster for pictures and short
 * sounds. `done` gets each file as soon as it is done, which need not be in their order. Neither may use the session.
 */
PTM_API void ptm_classify_files(ptm_session *session, ptm_next_file_fn *next, ptm_file_fn *done, void *user);

/** A picture in memory: 8-bit RGB rows, `stride` bytes apart, at least 3 * width; below 0 where the first row comes
 * last. PTM_EINVAL from those who get another one. */
typedef struct ptm_frame {
    const uint8_t *rgb; /* (height, width, 3) */
    int width, height;
    ptrdiff_t stride;
} ptm_frame;

/**
 * Decodes a still picture (JPEG, PNG, WebP ...) that the caller holds and turns it upright. `name` as above; max_pixels
 * 0: 2^26. PTM_EFORMAT where it is none, or moves. Free with ptm_frame_free().
 */
PTM_API PTM_NODISCARD ptm_status ptm_decode_picture(ptm_frame **out, const void *data, size_t bytes, const char *name,
                                                    int64_t max_pixels, ptm_error *err);

/** Frees a frame of ptm_decode_picture() and sets *frame to NULL; NULL and *frame == NULL are allowed. */
PTM_API void ptm_frame_free(ptm_frame **frame);

/**
 * Labels `count` frames that the caller holds, taken as one clip: windows of T successive frames where the model has a
 * frame rate of its own (the caller has sampled at it), else T frames spread over all. Of `options` modalities,
 * sampling and `cancelled` are used. PTM_ENODATA without frames; PTM_EINVAL where video is not asked for.
 */
PTM_API PTM_NODISCARD ptm_status ptm_classify_frames(ptm_session *session, const ptm_frame *frames, int count,
                                                     const ptm_classify_options *options, ptm_result **out,
                                                     ptm_error *err);

/** The same for mono samples in [-1,1] at `sample_rate`; they are resampled to the model's rate where it differs.
 * PTM_ENODATA where so few fill no frame. */
PTM_API PTM_NODISCARD ptm_status ptm_classify_samples(ptm_session *session, const float *samples, size_t count,
                                                      int sample_rate, const ptm_classify_options *options,
                                                      ptm_result **out, ptm_error *err);

PTM_API void ptm_result_free(ptm_result **result);

/* ---------------------------------------------------------------- windows over time */

/** One window's answer. Times in seconds on the clock of the file or source. */
typedef struct ptm_window {
    ptm_modality modality;
    const char *model;
    int64_t index;     /* number of the window, for each modality from 0; dropped ones count */
    double start, end; /* what the network looked at */
    double from, to;   /* what the answer stands for: one hop about the window's middle, the first from its start,
                          so that neighbours touch, and no further than a file that tells its length goes; of
                          windows side by side the same as start and end */
    double padded;     /* seconds added to fill it: silence, or a last frame standing still */
    int num_labels;
    const ptm_label *labels; /* (num_labels) all of them, highest score first, then lower index */
    double static_share;     /* of the patches: left out as static */
    int tokens_in, tokens_out;
    const char *r;     /* merging in force */
    double network_ms; /* of a pass that windows share its equal part */
    /* of a live source; 0 of a file */
    double arrived;    /* UNIX time at which its last frame or sample, or the end, came in */
    double latency_ms; /* from then to the answer */
    int64_t dropped;   /* windows of this modality dropped so far */
    bool lost;         /* the source is, behind this one: none follows on it, and events end with it. No window says so
                        * where the last one was full to the end, and none of pictures */
} ptm_window;

/** Gets a window's answer as it comes; what it points to lives until the return. Not PTM_OK: the call that answers
 * windows ends with that status. The session is not to be used for other input meanwhile. */
typedef ptm_status ptm_window_fn(void *user, const ptm_window *window, ptm_error *err);

typedef struct ptm_timeline_options {
    ptm_classify_options classify; /* modalities, start, duration, limits and callbacks; its sampling is not used */
    /* Both 0 (default), or from 0.001 to 86,400 seconds. */
    double window;            /* that a window spans; 0: as the model was trained. A sound model hears no more than its
                                 own length; a still picture has none */
    double hop;               /* from one window to the next; 0: side by side, of an image model one second. Rounded so
                                 that neighbours share patches, without drift */
    ptm_window_fn *on_window; /* may be NULL */
    void *user;               /* of on_window */
} ptm_timeline_options;

PTM_API void ptm_timeline_options_default(ptm_timeline_options *options);

/**
 * Labels a file window by window: picture and sound in one pass, any length in constant memory. *out, where `out` is
 * not NULL, gets what ptm_classify_file() says with PTM_SAMPLING_WINDOWS: means over the windows, coverage, times. A
 * damaged end of the file is reported after the windows before it; an interruption at once, and windows that wait
 * for their answer then get none. `options` may be NULL.
 */
PTM_API PTM_NODISCARD ptm_status ptm_timeline_file(ptm_session *session, const char *path,
                                                   const ptm_timeline_options *options, ptm_result **out,
                                                   ptm_error *err);

/** Windows over frames and samples that the caller brings, as they come. Until it is closed, finished or
 * not, the session takes no file, no clip and no other stream (PTM_EINVAL). */
typedef struct ptm_stream ptm_stream;

/** `options` as for a file; start and duration are not used, and max_seconds bounds how long a picture is shown. They
 * are copied. Close with ptm_stream_close(). */
PTM_API PTM_NODISCARD ptm_status ptm_stream_open(ptm_stream **out, ptm_session *session,
                                                 const ptm_timeline_options *options, ptm_error *err);

/**
 * Takes a picture shown from `time` to `end` seconds, in the order of time; it is not kept. The windows that it fills
 * are answered, through on_window, before the return. A place of the model's frame rate that no picture covers takes
 * the next one; after a gap longer than a window, windows begin anew. Times lie between -1e10 and 1e10.
 */
PTM_API PTM_NODISCARD ptm_status ptm_stream_push_frame(ptm_stream *stream, const ptm_frame *frame, double time,
                                                       double end, ptm_error *err);

/**
 * The same for mono samples in [-1,1], the first of them at `time`. The sample rate stays that of the first call; it is
 * turned into the model's where it differs. A gap shorter than a window is filled with silence; where more samples have
 * come than their times have room for, by 0.1 s, as many are passed over. PTM_EFORMAT where a sample is no finite
 * number, PTM_EINVAL where they begin more than 0.1 s before the end of those so far; nothing has changed then. After
 * another failure those that were taken stay.
 */
PTM_API PTM_NODISCARD ptm_status ptm_stream_push_samples(ptm_stream *stream, const float *samples, size_t count,
                                                         int sample_rate, double time, ptm_error *err);

/** Answers what is left: the last windows reach back. Nothing can be pushed after it. */
PTM_API PTM_NODISCARD ptm_status ptm_stream_finish(ptm_stream *stream, ptm_error *err);

/** Ends it and sets *stream to NULL; not within its own on_window. */
PTM_API void ptm_stream_close(ptm_stream **stream);

/* ---------------------------------------------------------------- events */

/** A stretch of time in which a label holds. */
typedef struct ptm_event {
    ptm_modality modality;
    const char *label;
    int index;         /* in the model's label list */
    double start, end; /* seconds: `from` of its first window to `to` of its last */
    float peak, mean;  /* of its windows' scores */
    int windows;
} ptm_event;

/** An event ends where its label falls, where windows are missing, with a window that is `lost`, and at the end. */
typedef enum ptm_event_phase {
    PTM_EVENT_BEGIN, /* as soon as min_seconds are reached; the rest of the event so far */
    PTM_EVENT_END    /* the whole event; each that began ends */
} ptm_event_phase;

typedef struct ptm_event_options {
    double on;          /* an event begins with a window whose score reaches this; default 0.5 */
    double off;         /* and goes on while scores reach this; default 0.35, at most `on` */
    double min_seconds; /* shorter ones are left out; default 0 */
    bool best_only;     /* only the best label of a window holds: one event at a time in each modality; default false */
} ptm_event_options;

PTM_API void ptm_event_options_default(ptm_event_options *options);

/** Not PTM_OK: the call that it came from ends with that status. Pointers live during the call. */
typedef ptm_status ptm_event_fn(void *user, const ptm_event *event, ptm_event_phase phase, ptm_error *err);

typedef struct ptm_events ptm_events; /* windows on their way to events */

/**
 * Begins to gather windows into events, in memory that only the number of labels bounds. `options` may be NULL.
 * PTM_EINVAL where they make no sense. Close with ptm_events_close().
 */
PTM_API PTM_NODISCARD ptm_status ptm_events_open(ptm_events **out, const ptm_event_options *options,
                                                 ptm_event_fn *on_event, void *user, ptm_error *err);

/** Takes the next window of its modality, with all of the model's labels; windows of one modality in time order.
 * PTM_EINVAL of one that no model gives (a score that is no number) or that another one than before gave: as if it had
 * not come. */
PTM_API PTM_NODISCARD ptm_status ptm_events_add(ptm_events *events, const ptm_window *window, ptm_error *err);

/** Ends what is still going on. */
PTM_API PTM_NODISCARD ptm_status ptm_events_finish(ptm_events *events, ptm_error *err);

/** Frees it and sets *events to NULL, not within its own on_event; NULL and *events == NULL are allowed. */
PTM_API void ptm_events_close(ptm_events **events);

/* ---------------------------------------------------------------- cameras, microphones and the network */

/** `source` (as it was named, but for a password in its URL) is lost, cannot be connected again or sends what cannot be
 * read, as the sentence `reason` says, and another one where that changes; NULL: it is there again. Both live during
 * the call, which may come from a thread of the library's own, one at a time, while another one is in on_window. */
typedef void ptm_source_fn(void *user, const char *source, const char *reason);

typedef struct ptm_live_options {
    ptm_timeline_options timeline; /* window, hop, on_window; of its classify options modalities, duration (of the
                                      source's clock, from its first picture or sample), max_pixels, max_seconds (that
                                      one picture is shown) and cancelled */
    const char *audio;             /* a second source, for the sound; NULL (default): it is in the first */
    const char *format;            /* what the first source holds, as FFmpeg names it; NULL (default): by its content */
    const char *settings;          /* of that format, protocol or device: "video_size=640x480:framerate=30"; or NULL */
    double stall;                  /* seconds without data after which a source is taken for lost; default 10. One that
                                      has not begun after `duration` and so long is PTM_EIO */
    ptm_source_fn *on_source;      /* NULL (default): nobody is told; `user` is that of on_window */
    bool pace;  /* deliver a file or a generator at the speed of its time stamps, as if it were live */
    bool adapt; /* raise merging where the machine does not keep up; default true */
} ptm_live_options;

PTM_API void ptm_live_options_default(ptm_live_options *options);

typedef struct ptm_live_report {
    int64_t windows, dropped; /* answered, and left out because newer ones had come */
    double seconds;           /* of the source's clock */
    int64_t frames_decoded, samples_decoded, bytes;
    int losses, reconnects;       /* connections that broke off or went silent, and those that took their place */
    int time_jumps, time_repeats; /* of time stamps: mended */
    int decode_errors;            /* damaged packets passed over */
    int decoders_opened;
    int raised, lowered; /* steps of merging */
    char last_loss[512]; /* why it was lost, or could not be connected again, the last time; or "" */
} ptm_live_report;

/**
 * Labels a live source window by window until it ends, `duration` is over, or `cancelled` says stop: /dev/videoN,
 * /dev/v4l/..., alsa:NAME, pulse:NAME, rtsp(s)://, rtmp(s)://, udp://, rtp://, tcp://, http(s)://, lavfi:GRAPH, "-", or
 * the path of a FIFO or a file. A decoding thread keeps the newest window of each modality for the caller's thread,
 * which answers it through on_window; when the machine does not keep up, merging is raised step by step, then windows
 * are dropped and counted. Files, pipes and generators wait instead, unless `pace`. A source that is lost is connected
 * again; one that is over without a picture or a sample is an error. *report, which may be NULL, is filled in any case.
 */
PTM_API PTM_NODISCARD ptm_status ptm_live_run(ptm_session *session, const char *source, const ptm_live_options *options,
                                              ptm_live_report *report, ptm_error *err);

/* ---------------------------------------------------------------- clips */

/** What a clip holds, in seconds on the clock of the file that it was cut from. */
typedef struct ptm_cut_report {
    char ending[24];   /* what was added to the clip's name: ".mp4" */
    double start, end; /* of what is in it */
} ptm_cut_report;

/**
 * Writes the stretch of a named file from `start` to `end` seconds as a file of its own, its packets copied as they
 * are: a video begins with the last key frame at or before `start`, or with the sound where the picture itself begins
 * later (behind `end`: without it). The clip's name is `output` with the end of the container behind it: the file's
 * own, or Matroska where that does not take its streams. Written aside, then renamed. *report may be NULL.
 */
PTM_API PTM_NODISCARD ptm_status ptm_cut_file(const char *path, double start, double end, const char *output,
                                              ptm_cut_report *report, ptm_error *err);

/* ---------------------------------------------------------------- labels drawn into a film */

typedef struct ptm_overlay ptm_overlay; /* windows on their way into a film */

/** Begins to gather windows. Close with ptm_overlay_close(). */
PTM_API PTM_NODISCARD ptm_status ptm_overlay_open(ptm_overlay **out, ptm_error *err);

/** Keeps the three best labels of a window, 48 bytes; windows of one modality in time order, else PTM_EINVAL, as of one
 * that ptm_events_add() would refuse. */
PTM_API PTM_NODISCARD ptm_status ptm_overlay_add(ptm_overlay *overlay, const ptm_window *window, ptm_error *err);

typedef struct ptm_overlay_report {
    int width, height;
    int64_t frames;
    const char *sound; /* "copied" as it is, or "aac"; NULL: none */
} ptm_overlay_report;

/**
 * Writes the film `path` to `output`, an MP4 file, with the labels of each moment and a strip of the scores of all of
 * it drawn into the picture, at its own size and time stamps, the sound kept. Of `options` (may be NULL) start,
 * duration, limits and callbacks are used: those that the windows came with. Written aside, then renamed. *report may
 * be NULL.
 */
PTM_API PTM_NODISCARD ptm_status ptm_overlay_write(const ptm_overlay *overlay, const char *path, const char *output,
                                                   const ptm_classify_options *options, ptm_overlay_report *report,
                                                   ptm_error *err);

/** Frees it and sets *overlay to NULL; NULL and *overlay == NULL are allowed. */
PTM_API void ptm_overlay_close(ptm_overlay **overlay);

/* ---------------------------------------------------------------- prepared tensors, checks, timing */

/**
 * Runs the network once on a prepared input: float32 in the layout and shape of ptm_model_info.input_shape, of which
 * the first axis may be anything up to ptm_session_get_batch().
 * Writes `logits` (batch, num_labels) and, where `source` (batch, N0) is not NULL, for each of the N0 input tokens the
 * index of the output token that it ended in.
 */
PTM_API PTM_NODISCARD ptm_status ptm_forward(ptm_session *session, ptm_modality modality, const float *input,
                                             const int *shape, int rank, float *logits, int32_t *source,
                                             ptm_error *err);

/**
 * The last forward pass of a modality: its last window, and where the time went, of which windows that share a pass
 * have equal parts. Arrays live until the next call on the session.
 */
typedef struct ptm_profile {
    int depth;
    const int *tokens; /* (depth + 1): entering each block, then leaving the last */
    double gflop;      /* multiply-adds of this window times 2e-9 */
    double ms_total, ms_embed, ms_attention, ms_merge, ms_mlp, ms_head;
} ptm_profile;

PTM_API PTM_NODISCARD ptm_status ptm_session_get_profile(const ptm_session *session, ptm_modality modality,
                                                         ptm_profile *profile, ptm_error *err);

typedef struct ptm_check_options {
    const char *input;         /* .npy, float32, batch 1; NULL: the self-test stored in the model */
    const char *expect;        /* .npy of logits to compare with; NULL: only run */
    const char *expect_source; /* .npy of the source map to compare with, or NULL */
    const char *output;        /* .npy to write the logits to, or NULL */
    const char *source;        /* .npy to write the source map to (int32, N0), or NULL */
    float tolerance; /* |difference| <= tolerance * (1 + |expected|); below 0 (default): 2e-4, of a self-test 2e-3
                        and with merging 0.03, or of a session or a model in PTM_BF16 0.02 and in PTM_INT8 0.1, in
                        both 0.3 with merging */
} ptm_check_options;

PTM_API void ptm_check_options_default(ptm_check_options *options);

typedef struct ptm_check_report {
    int compared;         /* logits compared; 0 where there was nothing to compare with */
    float max_difference; /* largest |difference| */
    float max_relative;   /* largest |difference| / (1 + |expected|) */
    float tolerance;      /* that was asked for, or that of the session's precision or of the self-test's last answer */
    int source_differences; /* input tokens whose output token differs; an error in PTM_F32 only, as the others may
                               settle a near-tie differently */
    int tokens_in, tokens_out;
} ptm_check_report;

/** Proves a model against reference answers; `options` may be NULL. PTM_EMISMATCH where they differ; *report is filled
 * then too, but means nothing where it failed otherwise. */
PTM_API PTM_NODISCARD ptm_status ptm_check(ptm_session *session, ptm_modality modality,
                                           const ptm_check_options *options, ptm_check_report *report, ptm_error *err);

typedef struct ptm_bench_options {
    double seconds;               /* time slice of a schedule on average, after one warm-up; default 2 */
    int min_runs;                 /* of each; default 5 */
    const char *const *schedules; /* of merging, as in ptm_session_options.r; NULL (default): the session's */
    int num_schedules;
    const int *batches; /* windows in a pass, at most ptm_session_get_batch(); NULL (default): one */
    int num_batches;
} ptm_bench_options;

PTM_API void ptm_bench_options_default(ptm_bench_options *options);

typedef struct ptm_bench_report {
    int batch; /* windows in a pass */
    int runs;
    double min_ms, median_ms; /* of a window: a whole forward pass, divided by its windows */
    double speed_up;          /* over the first row: the median of the ratios of runs in the same turn */
    ptm_profile profile;      /* of the fastest run; tokens live until the session's next benchmark */
    ptm_precision precision;  /* of the linear layers */
    double gemm_gflops; /* matrix product rate in float32 measured before and after, same threads: the better one */
    const char *instruction; /* of the products in reduced precision, "" in PTM_F32 */
    ptm_precision attention; /* PTM_F32, PTM_BF16, PTM_FP16 or PTM_INT16 */
} ptm_bench_report;

/**
 * Times the network of one modality on a synthetic input: one run with each schedule and batch, in turn, and again, so
 * that whatever else the machine does meets all of them. `options` may be NULL; `reports` holds a row for each
 * schedule, in their order, and of a schedule for each batch. The session's merging stays as it was. PTM_EINVAL: a
 * modality without a model, a schedule that is none or cannot be met, 0 or more than 1000 of both, runs outside of 1 to
 * 10000, a batch beyond the session's.
 */
PTM_API PTM_NODISCARD ptm_status ptm_bench(ptm_session *session, ptm_modality modality,
                                           const ptm_bench_options *options, ptm_bench_report *reports, ptm_error *err);

/* ---------------------------------------------------------------- pictures of what merged, and packing */

typedef struct ptm_explain_options {
    ptm_modality modality;  /* 0 (default): image or video where the file has a picture, else audio */
    double start, duration; /* seconds of the file; duration 0 (default): the first window, of an mp4 the whole file */
    ptm_classify_options limits; /* its limits and callbacks; the rest is not used */
} ptm_explain_options;

PTM_API void ptm_explain_options_default(ptm_explain_options *options);

typedef struct ptm_explain_report {
    ptm_modality modality;
    int windows;
    int tokens_in, tokens_out; /* of the last window */
    int width, height;         /* of what was written */
    int64_t frames;
} ptm_explain_report;

/**
 * Draws which patches of a file ended in the same token, with the session's merging: `output` ends in .png, .svg or,
 * for video, .mp4. Written aside, then renamed. *report may be NULL.
 */
PTM_API PTM_NODISCARD ptm_status ptm_explain_file(ptm_session *session, const char *path, const char *output,
                                                  const ptm_explain_options *options, ptm_explain_report *report,
                                                  ptm_error *err);

typedef struct ptm_pack_options {
    const char *name;                        /* NULL (default): from the models' names */
    const char *licence;                     /* NULL (default): as the models say, "" where they do not */
    const char *video_r, *audio_r, *image_r; /* merging to recommend; NULL (default): the models' own */
    ptm_precision precision;       /* to store the linear layers of the blocks in; PTM_AUTO (default): as they are */
    bool (*cancelled)(void *user); /* NULL (default), or asked for each model and tensor: true gives PTM_EINTERRUPTED,
                                      and no file is left */
    void *user;
} ptm_pack_options;

PTM_API void ptm_pack_options_default(ptm_pack_options *options);

/**
 * Writes `count` (1 to 3) checkpoint directories or files of ptm_pack(), each of other modalities, into one
 * self-describing file (docs/format.md) that behaves as they do, with a self-test; a file of schema 1, as the shipped
 * one, is PTM_EINVAL. Written aside, then renamed. In PTM_INT8 it is about a
 * quarter as large, and its int8 answers are the same bits as theirs.
 */
PTM_API PTM_NODISCARD ptm_status ptm_pack(const char *const *paths, int count, const char *output,
                                          const ptm_pack_options *options, ptm_error *err);

#ifdef __cplusplus
}
#endif

#endif
