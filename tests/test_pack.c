/* SPDX-License-Identifier: MIT */
/*
 * pack: a packed file answers like the checkpoints that it was made of, to the bit, and proves itself; what cannot be
 * packed, written or read back is one sentence, and leaves nothing behind. In less precision: test_pack_precision.c.
 */
#include "packing.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#define SHIPPED PTM_SOURCE_DIR "/models/default/default-v0.safetensors"

/* ---------------------------------------------------------------- the same answers */

static void look_at_same(const char *directory, ptm_modality modality) {
    check_same_answers(directory, modality);
    check_self_tests(1);
}

static void test_families(void) {
    pack_families(NULL, look_at_same);
}

static void test_three(void) {
    packing_begin();
    static const char *const paths[] = {GOLDEN "vit", GOLDEN "ast", GOLDEN "videomae"};
    CHECK_OK(ptm_pack(paths, 3, packed, NULL, err));
    check_same_answers(GOLDEN "videomae", PTM_VIDEO);
    check_same_answers(GOLDEN "ast", PTM_AUDIO);
    check_same_answers(GOLDEN "vit", PTM_IMAGE);
    check_self_tests(3);
    packing_end();
}

/* ---------------------------------------------------------------- what is in the file */

/** Each tensor of the packed file under that prefix is one of the checkpoint's, dtype and bits. */
static void check_copied(const char *weights, const char *prefix) {
    struct safetensors *from, *to;
    CHECK_OK(safetensors_open(&from, weights, HEADER_BYTES, err));
    CHECK_OK(safetensors_open(&to, packed, HEADER_BYTES, err));
    size_t copied = 0;
    for (size_t i = 0; i < safetensors_count(to); i++) {
        const struct tensor *copy = safetensors_at(to, i);
        if (strncmp(copy->name, prefix, strlen(prefix)) != 0) continue;
        const struct tensor *tensor = safetensors_find(from, copy->name + strlen(prefix));
        CU_ASSERT_PTR_NOT_NULL_FATAL(tensor);
        CU_ASSERT_STRING_EQUAL(copy->dtype_name, tensor->dtype_name);
        CU_ASSERT_EQUAL_FATAL(copy->bytes, tensor->bytes);
        CU_ASSERT(memcmp(copy->data, tensor->data, copy->bytes) == 0);
        if (copy->bytes % 64 == 0) CU_ASSERT_EQUAL((uintptr_t)copy->data % 64, 0);
        copied++;
    }
    CU_ASSERT(copied > 50);
    safetensors_close(&to);
    safetensors_close(&from);
}

static void test_bits(void) {
    packing_begin();
    pack_pair(GOLDEN "videomae_f16", GOLDEN "ast", NULL);
    check_copied(GOLDEN "videomae_f16/model.safetensors", "video/");
    check_copied(GOLDEN "ast/model.safetensors", "audio/");
    pack_pair(GOLDEN "videomae_bf16", NULL, NULL);
    check_copied(GOLDEN "videomae_bf16/model.safetensors", "video/");
    pack_pair(GOLDEN "videomae_sharded", NULL, NULL);
    check_copied(GOLDEN "videomae_sharded/model.safetensors.index.json", "video/");
    packing_end();
}

static void test_options(void) {
    packing_begin();
    const ptm_pack_options options = {.name = "a \"name\"",
                                      .licence = "CC0 \xc3\xa9",
                                      .video_r = "6:-1",
                                      .audio_r = "auto",
                                      .image_r = "never read",
                                      .precision = PTM_AUTO};
    pack_pair(GOLDEN "videomae", GOLDEN "ast", &options);
    check_self_tests(2);
    ptm_model *model;
    ptm_model_info info;
    CHECK_OK(ptm_model_open(&model, packed, NULL, err));
    CHECK_OK(ptm_model_get_info(model, PTM_VIDEO, &info, err));
    CU_ASSERT_STRING_EQUAL(info.name, options.name);
    CU_ASSERT_STRING_EQUAL(info.licence, options.licence);
    CU_ASSERT_STRING_EQUAL(info.family, "videomae");
    CU_ASSERT_STRING_EQUAL(info.r, "6:-1");
    CHECK_OK(ptm_model_get_info(model, PTM_AUDIO, &info, err));
    CU_ASSERT_STRING_EQUAL(info.licence, options.licence);
    CU_ASSERT_STRING_EQUAL(info.r, "off");
    ptm_model_close(&model);
    packing_end();
}

/** Packing what is packed changes nothing, one file or two, even where the file is its own source. */
static void test_again(void) {
    packing_begin();
    char video[TEMPORARY_PATH], audio[TEMPORARY_PATH], link[TEMPORARY_PATH];
    temporary_join(video, folder, "video.safetensors");
    temporary_join(audio, folder, "audio.safetensors");
    temporary_join(link, folder, "link.safetensors");
    const ptm_pack_options options = {.name = "both", .licence = "MIT", .video_r = "2x"}; /* f32: as they are */
    pack_pair(GOLDEN "videomae", GOLDEN "ast", &options);
    size_t bytes, bytes_again;
    char *data = temporary_read(packed, &bytes);

    CHECK_OK(ptm_pack((const char *[]){GOLDEN "videomae"}, 1, video, &options, err));
    CHECK_OK(ptm_pack((const char *[]){GOLDEN "ast"}, 1, audio, &options, err));
    pack_pair(video, audio, &options);
    char *again = temporary_read(packed, &bytes_again);
    CU_ASSERT(data && again && bytes == bytes_again && memcmp(data, again, bytes) == 0);
    free(again);

    CU_ASSERT_EQUAL(symlink("packed.safetensors", link), 0);
    const ptm_pack_options same = {.licence = "MIT"};
    CHECK_OK(ptm_pack((const char *[]){packed}, 1, link, &same, err));
    again = temporary_read(packed, &bytes_again);
    CU_ASSERT(data && again && bytes == bytes_again && memcmp(data, again, bytes) == 0);
    free(again);
    free(data);
    unlink(link);
    unlink(video);
    unlink(audio);
    packing_end();
}

/* ---------------------------------------------------------------- what is refused */

static void refuse(const char *first, const char *second, int count, const ptm_pack_options *options, ptm_status status,
                   const char *sentence) {
    ptm_error error = {0};
    const char *const paths[] = {first, second, first, second};
    const ptm_status found = ptm_pack(paths, count, packed, options, &error);
    if (found != status || !strstr(error.message, sentence)) printf("\n    %d: %s\n", found, error.message);
    CU_ASSERT_EQUAL(found, status);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, sentence));
    CU_ASSERT_EQUAL(count_files(), 0);
}

static void test_refusals(void) {
    packing_begin();
    const char *video = GOLDEN "videomae", *audio = GOLDEN "ast";
    refuse(video, GOLDEN "vivit", 2, NULL, PTM_EINVAL, "are video models; a packed file takes one of each modality");
    refuse(SHIPPED, NULL, 1, NULL, PTM_EINVAL, "is one self-describing file already (schema 1)");
    refuse(video, audio, 0, NULL, PTM_EINVAL, "takes 1 to 3 models, not 0");
    refuse(video, audio, 4, NULL, PTM_EINVAL, "takes 1 to 3 models, not 4");
    refuse(video, "/nowhere/model", 2, NULL, PTM_EIO, "/nowhere/model");
    refuse(video, NULL, 1, &(ptm_pack_options){.video_r = "40ms"}, PTM_EINVAL, "of one machine");
    refuse(video, NULL, 1, &(ptm_pack_options){.video_r = "some"}, PTM_EINVAL, "some");
    refuse(video, NULL, 1, &(ptm_pack_options){.name = "\xff"}, PTM_EINVAL, "not UTF-8");
    refuse(video, NULL, 1, &(ptm_pack_options){.licence = "\xc3("}, PTM_EINVAL, "not UTF-8");
    refuse(video, NULL, 1, &(ptm_pack_options){.precision = (ptm_precision)7}, PTM_EINVAL, "auto, f32, bf16 and int8");
    packing_end();
}

/** What cannot be written leaves nothing behind, and what stood there as it was. */
static void test_unwritable(void) {
    packing_begin();
    ptm_error error = {0};
    const char *const paths[] = {GOLDEN "videomae", GOLDEN "ast"};
    CU_ASSERT_EQUAL(ptm_pack(paths, 2, "/nowhere/packed.safetensors", NULL, &error), PTM_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "/nowhere/packed.safetensors: cannot write"));
    if (access("/dev/full", W_OK) == 0) {
        CU_ASSERT_EQUAL(ptm_pack(paths, 2, "/dev/full", NULL, &error), PTM_EIO);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "No space left"));
    }

    CU_ASSERT_FATAL(temporary_write(packed, "old", 3));
    struct rlimit limit, small = {100000, 100000};
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small.rlim_max = limit.rlim_max;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN); /* so that write() fails, as on a full disk */
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    const ptm_status status = ptm_pack(paths, 2, packed, NULL, &error);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, handler);
    CU_ASSERT_EQUAL(status, PTM_EIO);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "cannot write: File too large"));
    size_t bytes;
    char *old = temporary_read(packed, &bytes);
    CU_ASSERT(old && bytes == 3 && memcmp(old, "old", 3) == 0);
    free(old);
    CU_ASSERT_EQUAL(count_files(), 1);
    packing_end();
}

static bool is_over(void *user) {
    int *left = user;
    return (*left)-- == 0;
}

/** Given up wherever it may be: nothing is left behind. */
static void test_given_up(void) {
    packing_begin();
    const char *const paths[] = {GOLDEN "videomae", GOLDEN "ast"};
    enum { STEP = 13 };
    int given_up = 0;
    for (ptm_status status = PTM_EINTERRUPTED; status == PTM_EINTERRUPTED; given_up++) {
        int left = given_up * STEP;
        const ptm_pack_options options = {.precision = PTM_INT8, .cancelled = is_over, .user = &left};
        status = ptm_pack(paths, 2, packed, &options, NULL);
        CU_ASSERT(status == PTM_EINTERRUPTED || status == PTM_OK);
        CU_ASSERT_EQUAL(count_files(), status == PTM_OK);
    }
    CU_ASSERT(given_up > 5);
    packing_end();
}

/* ---------------------------------------------------------------- damage */

/** The bytes of a freshly packed file, to be freed, and the length of its header. */
static char *read_packed(size_t *bytes, uint64_t *header) {
    pack_pair(GOLDEN "videomae", GOLDEN "ast", NULL);
    char *data = temporary_read(packed, bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    memcpy(header, data, sizeof *header);
    return data;
}

static void check_unreadable(const char *what) {
    ptm_error error = {0};
    ptm_model *model;
    const ptm_status status = ptm_model_open(&model, packed, NULL, &error);
    const bool clean = status != PTM_OK && status != PTM_EINTERNAL && error.message[0] && !model;
    if (!clean) printf("\n    %s gives %d: %s\n", what, status, error.message);
    CU_ASSERT(clean);
    ptm_model_close(&model);
}

/** Cut at every 64th part, and through the header. */
static void test_truncated(void) {
    packing_begin();
    size_t bytes;
    uint64_t header;
    char *data = read_packed(&bytes, &header);
    free(data);
    char what[64];
    for (int part = 63; part >= 0; part--) {
        const size_t length = bytes / 64 * (size_t)part;
        snprintf(what, sizeof what, "%d / 64 of the file", part);
        CU_ASSERT_EQUAL_FATAL(truncate(packed, (off_t)length), 0);
        check_unreadable(what);
    }
    pack_pair(GOLDEN "videomae", GOLDEN "ast", NULL);
    for (size_t length = header; length > 0; length -= length > 499 ? 499 : length) {
        snprintf(what, sizeof what, "the first %zu bytes", length);
        CU_ASSERT_EQUAL_FATAL(truncate(packed, (off_t)length), 0);
        check_unreadable(what);
    }
    packing_end();
}

static void test_broken_description(void) {
    static const struct broken cases[] = {
        {"\"{\\\"schema\\\"", "\"[\\\"schema\\\"", "packed.safetensors"},
        {"\\\"schema\\\":2", "\\\"schema\\\":3", "schema 3; this version reads schemas 1 and 2"},
        {"\\\"schema\\\":2", "\\\"schema\\\":1", "modalities"},
        {"\\\"models\\\":[", "\\\"models\\\":[],\\\"x\\\":[", "a list of 1 to 3 models"},
        {"\\\"models\\\":[", "\\\"models\\\":[7,", "should be an object"},
        {"\\\"modality\\\":\\\"video\\\"", "\\\"modality\\\":\\\"smell\\\"", "\"video\", \"audio\" or \"image\""},
        {"\\\"modality\\\":\\\"video\\\"", "\\\"modality\\\":\\\"image\\\"", "is that of a model of \"video\""},
        {"\\\"prefix\\\":\\\"video/\\\"", "\\\"prefix\\\":\\\"video\\\"", "with a / at its end"},
        {"\\\"prefix\\\":\\\"video/\\\"", "\\\"prefix\\\":\\\"audio/\\\"", "the prefix \"audio/\""},
        {"\\\"prefix\\\":\\\"video/\\\"", "\\\"prefix\\\":\\\"clips/\\\"", "is missing"},
        {"\\\"config\\\":{", "\\\"config\\\":7,\\\"x\\\":{", "\"models.config\" should be an object"},
        {"\\\"preprocessor\\\":{", "\\\"preprocessor\\\":7,\\\"x\\\":{", "an object or null"},
        {"\\\"hidden_size\\\":96", "\\\"hidden_size\\\":92", "has shape"},
        {"\\\"r\\\":\\\"off\\\"", "\\\"r\\\":\\\"40ms\\\"", "\"merge.r\""},
        {"\\\"prop_attn\\\":false", "\\\"prop_attn\\\":0", "prop_attn"},
        {"\\\"r0\\\":[", "\\\"r0\\\":[0,", "r0"},
        {"\\\"merged\\\":[", "\\\"merged\\\":[[],", "merged"},
        {"\"video/", "\"vider/", "is missing"},
    };
    packing_begin();
    pack_pair(GOLDEN "videomae", GOLDEN "ast", NULL);
    check_broken(cases, CHECK_COUNT(cases), PTM_OK);
    packing_end();
}

/** The same of schema 1, of which the shipped model is one. */
static void test_broken_shared(void) {
    static const struct broken cases[] = {
        {"\\\"crop\\\": \\\"center\\\"", "\\\"crop\\\": \\\"five\\\"", "\"crop\" is \"five\"; it should be center"},
        {"\\\"pool\\\": \\\"cls\\\"", "\\\"pool\\\": \\\"max\\\"", "\"pool\" is \"max\"; it should be cls or mean"},
        {"\\\"activation\\\": \\\"softmax\\\"", "\\\"activation\\\": \\\"tanh\\\"",
         "\"activation\" is \"tanh\"; it should be softmax or sigmoid"},
        {"samples, zero, centred", "samples, zero, end",
         "it should be \"samples, zero, centred\" or \"frames, zero, end\""},
        {"frequency-major", "time-major", "it should be frequency-major"},
    };
    packing_begin();
    size_t bytes;
    char *data = temporary_read(SHIPPED, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_FATAL(temporary_write(packed, data, bytes));
    free(data);
    check_broken(cases, CHECK_COUNT(cases), PTM_EMODEL);
    packing_end();
}

/** Each byte of the description damaged in turn, in steps: an error, or a model that runs. */
static void test_damaged_bytes(void) {
    packing_begin();
    size_t bytes;
    uint64_t header;
    char *data = read_packed(&bytes, &header);
    for (size_t i = 0; i < LENGTH_BYTES + header; i += i < 64 ? 1 : 37) {
        ptm_error error = {0};
        ptm_model *model;
        const char kept = data[i];
        data[i] = (char)(kept ^ 1 << i % 7);
        CU_ASSERT_FATAL(temporary_write(packed, data, bytes));
        const ptm_status status = ptm_model_open(&model, packed, NULL, &error);
        CU_ASSERT_NOT_EQUAL(status, PTM_EINTERNAL);
        CU_ASSERT(status == PTM_OK || error.message[0]);
        ptm_model_close(&model);
        data[i] = kept;
    }
    free(data);
    packing_end();
}

/** Weights are not read when a packed file is opened; that they are broken is found before there is an answer. */
static void test_broken_weights(void) {
    packing_begin();
    pack_pair(GOLDEN "videomae", NULL, NULL);
    struct packed_bytes copy;
    packed_bytes_open(&copy);
    char other[TEMPORARY_PATH];
    temporary_join(other, folder, "broken.safetensors");
    for (size_t i = 0; i < safetensors_count(copy.files); i++) {
        const struct tensor *tensor = safetensors_at(copy.files, i);
        packed_bytes_write(&copy, other, tensor, NAN);
        ptm_model *model;
        ptm_session *session;
        ptm_check_options options;
        ptm_check_report report;
        ptm_error error = {0};
        open_session(&session, &model, other, "4");
        ptm_check_options_default(&options);
        const ptm_status status = ptm_check(session, PTM_VIDEO, &options, &report, &error);
        if (status != PTM_EFORMAT) printf("\n    %s: %d\n", tensor->name, status);
        CU_ASSERT_EQUAL(status, PTM_EFORMAT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "not a finite number"));
        ptm_session_close(&session);
        ptm_model_close(&model);
        unlink(other);
    }
    CU_ASSERT(safetensors_count(copy.files) > 50);
    packed_bytes_close(&copy);
    packing_end();
}

/** Another number in the weights or in the stored answers is a difference. */
static void test_self_test_differs(void) {
    packing_begin();
    pack_pair(GOLDEN "videomae", NULL, NULL);
    size_t bytes;
    char *data = temporary_read(packed, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    change_header(data, bytes, "\\\"r0\\\":[", "\\\"r0\\\":[1"); /* a digit in front of the first logit */
    free(data);
    ptm_model *model;
    ptm_session *session;
    ptm_check_options options;
    ptm_check_report report;
    ptm_error error = {0};
    open_session(&session, &model, packed, NULL);
    ptm_check_options_default(&options);
    CU_ASSERT_EQUAL(ptm_check(session, PTM_VIDEO, &options, &report, &error), PTM_EMISMATCH);
    ptm_session_close(&session);
    ptm_model_close(&model);
    packing_end();
}

int main(void) {
    static const struct check_case cases[] = {
        {"every family alone", test_families},
        {"three modalities in one file", test_three},
        {"tensors bit for bit", test_bits},
        {"name, licence, merging", test_options},
        {"packed again", test_again},
        {"refusals", test_refusals},
        {"what cannot be written", test_unwritable},
        {"given up", test_given_up},
        {"cut off at every place", test_truncated},
        {"a broken description", test_broken_description},
        {"a broken description of schema 1", test_broken_shared},
        {"damaged bytes", test_damaged_bytes},
        {"weights that are no numbers", test_broken_weights},
        {"a self-test that differs", test_self_test_differs},
    };
    return check_main("pack", cases, CHECK_COUNT(cases));
}
