/* SPDX-License-Identifier: MIT */
/* packing: one packed file in a folder of its own: how it answers, and how it is damaged. */
#ifndef POLYTOME_TESTS_PACKING_H
#define POLYTOME_TESTS_PACKING_H

#include "check.h"
#include "files/safetensors.h"
#include "temporary.h"

#define GOLDEN PTM_SOURCE_DIR "/tests/golden/"

enum { HEADER_BYTES = 100000000, LENGTH_BYTES = 8 };

/** Both from packing_begin() to packing_end(). */
extern char folder[TEMPORARY_PATH], packed[TEMPORARY_PATH];

void packing_begin(void);

/** Only the packed file may be there. */
void packing_end(void);

/** How many files there are in the folder. */
int count_files(void);

/** Packs one model or, where `audio` is not NULL, two. */
void pack_pair(const char *video, const char *audio, const ptm_pack_options *options);

/* ---------------------------------------------------------------- answers */

/** In which sessions run; PTM_AUTO, their default, unless a test says otherwise. */
extern ptm_precision precision;

/** Of one thread. The model is returned, too. */
const ptm_model *open_session(ptm_session **session, ptm_model **model, const char *path, const char *r);

/** Logits for an input that is not the self-test's; owned by the caller. */
float *answer(const char *path, ptm_modality modality, const char *r, ptm_model_info *info);

/** The packed file answers like the checkpoint, to the bit. */
void check_same_answers(const char *directory, ptm_modality modality);

/** As many modalities as that prove themselves. */
void check_self_tests(int count);

/** Packs every golden checkpoint by itself and looks at what comes out: half precision, shards, tensors that are not
 * used, all families. */
void pack_families(const ptm_pack_options *options, void (*look)(const char *directory, ptm_modality modality));

/* ---------------------------------------------------------------- damage */

/** Puts `replace` in the place of the first `find` of a packed file's header, and mends the header's length. */
void change_header(const char *data, size_t bytes, const char *find, const char *replace);

/** A change of a packed model's header, and a part of the sentence that its opening should end with. */
struct broken {
    const char *find, *replace, *sentence;
};

/** Every change alone. `status` is what each should end with; PTM_OK: any failure but a bug's. */
void check_broken(const struct broken *cases, size_t count, ptm_status status);

/** The packed file, and a copy of its bytes that may be changed. */
struct packed_bytes {
    struct safetensors *files;
    char *data;
    size_t bytes;
    const char *start; /* of the file that `files` has mapped */
};

void packed_bytes_open(struct packed_bytes *copy);
void packed_bytes_close(struct packed_bytes *copy);

/** The tensor's values in the copy. */
char *packed_bytes_of(const struct packed_bytes *copy, const struct tensor *tensor);

/** Writes the copy to `path` with another first value, a float32, of the tensor. */
void packed_bytes_write(const struct packed_bytes *copy, const char *path, const struct tensor *tensor, float value);

#endif
