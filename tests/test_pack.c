/* SPDX-License-Identifier: MIT */
/*
 * pack: a packed file answers like the checkpoints that it was made of, to the bit, and proves itself; what cannot be
 * packed, written or read back is one sentence, and leaves nothing behind.
 */
#include "check.h"
#include "files/safetensors.h"
#include "random.h"
#include "temporary.h"

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

#define GOLDEN PTM_SOURCE_DIR "/tests/golden/"
#define SHIPPED PTM_SOURCE_DIR "/models/default/default-v0.safetensors"

enum { MODALITIES = 3, HEADER_BYTES = 100000000, LENGTH_BYTES = 8 };
static const ptm_modality modalities[MODALITIES] = {PTM_VIDEO, PTM_AUDIO, PTM_IMAGE};

static char folder[TEMPORARY_PATH], packed[TEMPORARY_PATH];

static int count_files(void) {
    DIR *directory = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void begin(void) {
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(packed, folder, "packed.safetensors");
}

/** Only the packed file may be there. */
static void end(void) {
    unlink(packed);
    CU_ASSERT_EQUAL(count_files(), 0);
    temporary_remove(folder, (const char *[]){NULL});
}

static void pack_pair(const char *video, const char *audio, const ptm_pack_options *options) {
    CHECK_OK(ptm_pack((const char *[]){video, audio}, audio ? 2 : 1, packed, options, err));
}

/* ---------------------------------------------------------------- the same answers */

/** In which sessions run; PTM_AUTO, their default, unless a test says otherwise. */
static ptm_precision precision = PTM_AUTO;

static const ptm_model *open_session(ptm_session **session, ptm_model **model, const char *path, const char *r) {
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.precision = precision;
    options.threads = 1;
    options.r = r;
    options.cpu = getenv("POLYTOME_TEST_CPU");
    CHECK_OK(ptm_model_open(model, path, NULL, err));
    CHECK_OK(ptm_session_open(session, (const ptm_model *[]){*model}, 1, &options, err));
    return *model;
}

/** Logits for an input that is not the self-test's; owned by the caller. */
static float *answer(const char *path, ptm_modality modality, const char *r, ptm_model_info *info) {
    ptm_model *model;
    ptm_session *session;
    CHECK_OK(ptm_model_get_info(open_session(&session, &model, path, r), modality, info, err));
    size_t count = 1;
    for (int i = 0; i < info->input_rank; i++) count *= (size_t)info->input_shape[i];
    float *input = malloc(count * sizeof *input), *logits = malloc((size_t)info->num_labels * sizeof *logits);
    CU_ASSERT_FATAL(input && logits);
    uint32_t state = 7;
    for (size_t i = 0; i < count; i++) input[i] = random_uniform(&state);
    CHECK_OK(ptm_forward(session, modality, input, info->input_shape, info->input_rank, logits, NULL, err));
    free(input);
    ptm_session_close(&session);
    ptm_model_close(&model);
    return logits;
}

static void check_same_answers(const char *directory, ptm_modality modality) {
    static const char *const schedules[] = {"off", "4", "3:-1"};
    for (size_t i = 0; i < CHECK_COUNT(schedules); i++) {
        ptm_model_info info, wanted;
        float *found = answer(packed, modality, schedules[i], &info);
        float *expected = answer(directory, modality, schedules[i], &wanted);
        CU_ASSERT_EQUAL_FATAL(info.num_labels, wanted.num_labels);
        const bool same = memcmp(found, expected, (size_t)info.num_labels * sizeof *found) == 0;
        if (!same) printf("\n    %s differs with r %s\n", directory, schedules[i]);
        CU_ASSERT(same);
        CU_ASSERT_EQUAL(info.parameters, wanted.parameters);
        CU_ASSERT_EQUAL(info.prop_attn, wanted.prop_attn);
        free(found);
        free(expected);
    }
}

static void check_self_tests(int count) {
    ptm_model *model;
    ptm_session *session;
    open_session(&session, &model, packed, NULL);
    int tested = 0;
    for (int i = 0; i < MODALITIES; i++) {
        ptm_model_info info;
        ptm_check_options options;
        ptm_check_report report;
        if (ptm_model_get_info(model, modalities[i], &info, NULL) != PTM_OK) continue;
        ptm_check_options_default(&options);
        CHECK_OK(ptm_check(session, modalities[i], &options, &report, err));
        CU_ASSERT_EQUAL(report.compared, 2 * info.num_labels);
        tested++;
    }
    CU_ASSERT_EQUAL(tested, count);
    ptm_session_close(&session);
    ptm_model_close(&model);
}

static ptm_modality modality_of(const char *path) {
    ptm_model *model;
    ptm_model_info info;
    ptm_modality modality = 0;
    CHECK_OK(ptm_model_open(&model, path, NULL, err));
    for (int i = 0; i < MODALITIES; i++)
        if (ptm_model_get_info(model, modalities[i], &info, NULL) == PTM_OK) modality = modalities[i];
    ptm_model_close(&model);
    return modality;
}

/** Packs every golden checkpoint by itself and looks at what comes out: half precision, shards, tensors that are not
 * used, all families. */
static void pack_families(const ptm_pack_options *options, void (*look)(const char *directory, ptm_modality modality)) {
    begin();
    DIR *directory = opendir(GOLDEN);
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[TEMPORARY_PATH], config[TEMPORARY_PATH];
        temporary_join(path, GOLDEN, entry->d_name);
        temporary_join(config, path, "config.json");
        if (entry->d_name[0] == '.' || access(config, R_OK) != 0) continue;
        pack_pair(path, NULL, options);
        look(path, modality_of(path));
        count++;
    }
    closedir(directory);
    CU_ASSERT(count >= 30);
    end();
}

static void look_at_same(const char *directory, ptm_modality modality) {
    check_same_answers(directory, modality);
    check_self_tests(1);
}

static void test_families(void) {
    pack_families(NULL, look_at_same);
}

static ptm_precision stored_in(ptm_modality modality) {
    ptm_model *model;
    ptm_model_info info;
    CHECK_OK(ptm_model_open(&model, packed, NULL, err));
    CHECK_OK(ptm_model_get_info(model, modality, &info, err));
    ptm_model_close(&model);
    return info.precision;
}

/** Whether sessions of the tests' CPU level can run so. */
static bool runs(ptm_precision asked) {
    ptm_model *model;
    ptm_session *session;
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.precision = asked;
    options.cpu = getenv("POLYTOME_TEST_CPU");
    CHECK_OK(ptm_model_open(&model, GOLDEN "vit", NULL, err));
    const ptm_status status = ptm_session_open(&session, (const ptm_model *[]){model}, 1, &options, NULL);
    ptm_session_close(&session);
    ptm_model_close(&model);
    return status == PTM_OK;
}

/** In the file's own precision the answers are those of the checkpoint in it, to the bit; in float32 near them. */
static void look_at_reduced(const char *directory, ptm_modality modality, ptm_precision stored) {
    CU_ASSERT_EQUAL(stored_in(modality), stored);
    precision = stored;
    if (runs(stored)) check_same_answers(directory, modality);
    precision = PTM_F32;
    check_self_tests(1);
    precision = PTM_AUTO;
    check_self_tests(1);
}

static void look_at_int8(const char *directory, ptm_modality modality) {
    look_at_reduced(directory, modality, PTM_INT8);
}

static void look_at_bf16(const char *directory, ptm_modality modality) {
    look_at_reduced(directory, modality, PTM_BF16);
}

static void test_families_int8(void) {
    pack_families(&(ptm_pack_options){.precision = PTM_INT8}, look_at_int8);
}

static void test_families_bf16(void) {
    pack_families(&(ptm_pack_options){.precision = PTM_BF16}, look_at_bf16);
}

/** Logits of the packed file in `asked`, which is another precision than its own; to be freed. */
static float *answer_in(ptm_precision asked, const char *path, ptm_model_info *info) {
    precision = asked;
    float *logits = answer(path, PTM_VIDEO, "off", info);
    precision = PTM_AUTO;
    return logits;
}

/** What a file is not stored in is made of what it is stored in: float32 of bf16 is exact, and int8 of that too. */
static void test_other_precisions(void) {
    begin();
    ptm_model_info info;
    pack_pair(GOLDEN "videomae_bf16", NULL, &(ptm_pack_options){.precision = PTM_BF16}); /* the checkpoint's own bits */
    for (ptm_precision asked = PTM_F32; asked <= PTM_INT8; asked++) {
        if (!runs(asked)) continue;
        float *found = answer_in(asked, packed, &info), *expected = answer_in(asked, GOLDEN "videomae_bf16", &info);
        CU_ASSERT(memcmp(found, expected, (size_t)info.num_labels * sizeof *found) == 0);
        free(found);
        free(expected);
    }
    /* int8 of a bf16 checkpoint is the int8 of its float32 values */
    pack_pair(GOLDEN "videomae_bf16", NULL, &(ptm_pack_options){.precision = PTM_INT8});
    float *whole = answer_in(PTM_F32, packed, &info), *reference = answer_in(PTM_F32, GOLDEN "videomae_bf16", &info);
    float furthest = 0;
    for (int i = 0; i < info.num_labels; i++) {
        const float difference = fabsf(whole[i] - reference[i]);
        if (difference > furthest) furthest = difference;
    }
    CU_ASSERT(furthest > 0 && furthest < 0.1f);
    free(whole);
    free(reference);
    end();
}

/** Models of several precisions in one file; each keeps its own when it is packed again. */
static void test_mixed_precisions(void) {
    begin();
    char video[TEMPORARY_PATH];
    temporary_join(video, folder, "video.safetensors");
    const ptm_pack_options small = {.precision = PTM_INT8};
    CHECK_OK(ptm_pack((const char *[]){GOLDEN "videomae"}, 1, video, &small, err));
    ptm_pack_options keep;
    ptm_pack_options_default(&keep);
    pack_pair(video, GOLDEN "ast", &keep);
    CU_ASSERT_EQUAL(stored_in(PTM_VIDEO), PTM_INT8);
    CU_ASSERT_EQUAL(stored_in(PTM_AUDIO), PTM_F32);
    check_self_tests(2); /* where models differ they run in float32 */
    pack_pair(video, GOLDEN "ast", &small);
    CU_ASSERT_EQUAL(stored_in(PTM_AUDIO), PTM_INT8);
    check_self_tests(2);

    /* Packed again the bytes stay, and nothing is reduced twice. */
    CHECK_OK(ptm_pack((const char *[]){video}, 1, packed, &small, err));
    size_t bytes, bytes_again;
    char *data = temporary_read(video, &bytes), *again = temporary_read(packed, &bytes_again);
    CU_ASSERT(data && again && bytes == bytes_again && memcmp(data, again, bytes) == 0);
    free(data);
    free(again);
    ptm_error error = {0};
    for (ptm_precision other = PTM_F32; other <= PTM_BF16; other++) {
        const ptm_pack_options options = {.precision = other};
        CU_ASSERT_EQUAL(ptm_pack((const char *[]){video}, 1, packed, &options, &error), PTM_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "is stored in int8 already"));
    }
    unlink(video);
    end();
}

static void test_three(void) {
    begin();
    static const char *const paths[] = {GOLDEN "vit", GOLDEN "ast", GOLDEN "videomae"};
    CHECK_OK(ptm_pack(paths, 3, packed, NULL, err));
    check_same_answers(GOLDEN "videomae", PTM_VIDEO);
    check_same_answers(GOLDEN "ast", PTM_AUDIO);
    check_same_answers(GOLDEN "vit", PTM_IMAGE);
    check_self_tests(3);
    end();
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
    begin();
    pack_pair(GOLDEN "videomae_f16", GOLDEN "ast", NULL);
    check_copied(GOLDEN "videomae_f16/model.safetensors", "video/");
    check_copied(GOLDEN "ast/model.safetensors", "audio/");
    pack_pair(GOLDEN "videomae_bf16", NULL, NULL);
    check_copied(GOLDEN "videomae_bf16/model.safetensors", "video/");
    pack_pair(GOLDEN "videomae_sharded", NULL, NULL);
    check_copied(GOLDEN "videomae_sharded/model.safetensors.index.json", "video/");
    end();
}

static void test_options(void) {
    begin();
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
    end();
}

/** Packing what is packed changes nothing, one file or two, even where the file is its own source. */
static void test_again(void) {
    begin();
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
    end();
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
    begin();
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
    end();
}

/** What cannot be written leaves nothing behind, and what stood there as it was. */
static void test_unwritable(void) {
    begin();
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
    end();
}

static bool is_over(void *user) {
    int *left = user;
    return (*left)-- == 0;
}

/** Given up wherever it may be: nothing is left behind. */
static void test_given_up(void) {
    begin();
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
    end();
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
    begin();
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
    end();
}

/** Puts `replace` in the place of the first `find` of a packed file's header, and mends the header's length. */
static void change_header(const char *data, size_t bytes, const char *find, const char *replace) {
    const char *found = strstr(data + LENGTH_BYTES, find);
    if (!found) printf("\n    the header does not hold %s\n", find);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    const size_t before = (size_t)(found - data), cut = strlen(find), put = strlen(replace);
    char *changed = malloc(bytes + put);
    CU_ASSERT_PTR_NOT_NULL_FATAL(changed);
    memcpy(changed, data, before);
    memcpy(changed + before, replace, put);
    memcpy(changed + before + put, found + cut, bytes - before - cut);
    uint64_t length;
    memcpy(&length, data, sizeof length);
    length += put - cut;
    memcpy(changed, &length, sizeof length);
    CU_ASSERT_FATAL(temporary_write(packed, changed, bytes + put - cut));
    free(changed);
}

/** A change of a packed model's header, and a part of the sentence that its opening should end with. */
struct broken {
    const char *find, *replace, *sentence;
};

/** Every change alone. `status` is what each should end with; PTM_OK: any failure but a bug's. */
static void check_broken(const struct broken *cases, size_t count, ptm_status status) {
    size_t bytes;
    char *data = temporary_read(packed, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    for (size_t i = 0; i < count; i++) {
        ptm_error error = {0};
        ptm_model *model;
        change_header(data, bytes, cases[i].find, cases[i].replace);
        const ptm_status found = ptm_model_open(&model, packed, NULL, &error);
        const bool fits = status != PTM_OK ? found == status : found != PTM_OK && found != PTM_EINTERNAL;
        const bool expected = fits && strstr(error.message, cases[i].sentence);
        if (!expected) printf("\n    %s gives %d: %s\n", cases[i].replace, found, error.message);
        CU_ASSERT(expected);
        ptm_model_close(&model);
    }
    free(data);
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
    begin();
    pack_pair(GOLDEN "videomae", GOLDEN "ast", NULL);
    check_broken(cases, CHECK_COUNT(cases), PTM_OK);
    end();
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
    begin();
    size_t bytes;
    char *data = temporary_read(SHIPPED, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    CU_ASSERT_FATAL(temporary_write(packed, data, bytes));
    free(data);
    check_broken(cases, CHECK_COUNT(cases), PTM_EMODEL);
    end();
}

/** A packed model in int8 whose description or tensors are not what they should be. */
static void test_broken_precision(void) {
    static const struct broken cases[] = {
        {"\\\"precision\\\":\\\"int8\\\"", "\\\"precision\\\":\\\"int4\\\"", "\"f32\", \"bf16\" or \"int8\""},
        {"\\\"precision\\\":\\\"int8\\\"", "\\\"precision\\\":8", "precision"},
        {"\\\"precision\\\":\\\"int8\\\"", "\\\"precision\\\":\\\"bf16\\\"", "of a model in bf16 it should be BF16"},
        {"\\\"precision\\\":\\\"int8\\\"", "\\\"precision\\\":\\\"f32\\\"", "where F32, F16, BF16 or F64 was expected"},
        {"query.weight_scale\"", "query.weight_stale\"", "query.weight_scale\" is missing"},
        {"\"dtype\":\"I8\"", "\"dtype\":\"U8\"", "has dtype U8; of a model in int8 it should be I8"},
        {"query.weight_scale\":{\"dtype\":\"F32\",\"shape\":[96]",
         "query.weight_scale\":{\"dtype\":\"F32\",\"shape\":[1,96]", "has shape [1,96]"},
    };
    begin();
    pack_pair(GOLDEN "videomae", NULL, &(ptm_pack_options){.precision = PTM_INT8});
    check_broken(cases, CHECK_COUNT(cases), PTM_EMODEL);
    end();
}

/** Every scale in turn: no negative one, none that is not finite. All codes are numbers: any bytes run. */
static void test_broken_scales(void) {
    begin();
    pack_pair(GOLDEN "videomae", NULL, &(ptm_pack_options){.precision = PTM_INT8});
    static const float wrong[] = {-1, NAN, INFINITY, -INFINITY};
    struct safetensors *files;
    CHECK_OK(safetensors_open(&files, packed, HEADER_BYTES, err));
    size_t bytes, scales = 0;
    char *data = temporary_read(packed, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    uint64_t header;
    memcpy(&header, data, sizeof header);
    const char *first = NULL;
    for (size_t i = 0; i < safetensors_count(files); i++) {
        const char *place = safetensors_at(files, i)->data;
        if (!first || place < first) first = place;
    }
    for (size_t i = 0; i < safetensors_count(files); i++) {
        const struct tensor *tensor = safetensors_at(files, i);
        char *place = data + LENGTH_BYTES + header + ((const char *)tensor->data - first);
        char other[TEMPORARY_PATH];
        temporary_join(other, folder, "broken.safetensors");
        if (strcmp(tensor->dtype_name, "I8") == 0) memset(place, 0x80, tensor->bytes);
        if (!strstr(tensor->name, "_scale")) continue;
        float kept;
        memcpy(&kept, place, sizeof kept);
        memcpy(place, &wrong[scales++ % CHECK_COUNT(wrong)], sizeof kept);
        CU_ASSERT_FATAL(temporary_write(other, data, bytes));
        memcpy(place, &kept, sizeof kept);
        ptm_model *model;
        ptm_error error = {0};
        CU_ASSERT_EQUAL(ptm_model_open(&model, other, NULL, &error), PTM_EMODEL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "which is no scale"));
        unlink(other);
    }
    CU_ASSERT(scales > 10);
    CU_ASSERT_FATAL(temporary_write(packed, data, bytes)); /* all codes -128 */
    ptm_model_info info;
    float *logits = answer(packed, PTM_VIDEO, "off", &info);
    for (int i = 0; i < info.num_labels; i++) CU_ASSERT(isfinite(logits[i]));
    free(logits);
    free(data);
    safetensors_close(&files);
    end();
}

/** Each byte of the description damaged in turn, in steps: an error, or a model that runs. */
static void test_damaged_bytes(void) {
    begin();
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
    end();
}

/** Weights are not read when a packed file is opened; that they are broken is found before there is an answer. */
static void test_broken_weights(void) {
    begin();
    pack_pair(GOLDEN "videomae", NULL, NULL);
    struct safetensors *files;
    CHECK_OK(safetensors_open(&files, packed, HEADER_BYTES, err));
    size_t bytes;
    char *data = temporary_read(packed, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    uint64_t header;
    memcpy(&header, data, sizeof header);
    const size_t begin_of_data = LENGTH_BYTES + header;
    const char *first = NULL;
    for (size_t i = 0; i < safetensors_count(files); i++) {
        const char *place = safetensors_at(files, i)->data;
        if (!first || place < first) first = place;
    }
    for (size_t i = 0; i < safetensors_count(files); i++) {
        const size_t offset = begin_of_data + (size_t)((const char *)safetensors_at(files, i)->data - first);
        float kept;
        memcpy(&kept, data + offset, sizeof kept);
        memcpy(data + offset, (unsigned char[]){0, 0, 0xc0, 0x7f}, sizeof kept); /* a NaN */
        char other[TEMPORARY_PATH];
        temporary_join(other, folder, "broken.safetensors");
        CU_ASSERT_FATAL(temporary_write(other, data, bytes));
        memcpy(data + offset, &kept, sizeof kept);

        ptm_model *model;
        ptm_session *session;
        ptm_check_options options;
        ptm_check_report report;
        ptm_error error = {0};
        open_session(&session, &model, other, "4");
        ptm_check_options_default(&options);
        const ptm_status status = ptm_check(session, PTM_VIDEO, &options, &report, &error);
        if (status != PTM_EFORMAT) printf("\n    %s: %d\n", safetensors_at(files, i)->name, status);
        CU_ASSERT_EQUAL(status, PTM_EFORMAT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "not a finite number"));
        ptm_session_close(&session);
        ptm_model_close(&model);
        unlink(other);
    }
    free(data);
    safetensors_close(&files);
    end();
}

/** Another number in the weights or in the stored answers is a difference. */
static void test_self_test_differs(void) {
    begin();
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
    end();
}

int main(void) {
    static const struct check_case cases[] = {
        {"every family alone", test_families},
        {"every family alone in int8", test_families_int8},
        {"every family alone in bf16", test_families_bf16},
        {"another precision than the file's", test_other_precisions},
        {"several precisions", test_mixed_precisions},
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
        {"a broken description of int8", test_broken_precision},
        {"broken scales", test_broken_scales},
        {"damaged bytes", test_damaged_bytes},
        {"weights that are no numbers", test_broken_weights},
        {"a self-test that differs", test_self_test_differs},
    };
    return check_main("pack", cases, CHECK_COUNT(cases));
}
