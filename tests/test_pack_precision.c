/* SPDX-License-Identifier: MIT */
/* Files packed in int8 and in bf16: they answer like the checkpoint run so, one file may hold several precisions, and a
 * description, a tensor or a scale that does not belong is one sentence. */
#include "packing.h"

#include <math.h>

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
    packing_begin();
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
    packing_end();
}

/** Models of several precisions in one file; each keeps its own when it is packed again. */
static void test_mixed_precisions(void) {
    packing_begin();
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
    packing_end();
}

/* ---------------------------------------------------------------- damage */

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
    packing_begin();
    pack_pair(GOLDEN "videomae", NULL, &(ptm_pack_options){.precision = PTM_INT8});
    check_broken(cases, CHECK_COUNT(cases), PTM_EMODEL);
    packing_end();
}

/** Every scale in turn: no negative one, none that is not finite. All codes are numbers: any bytes run. */
static void test_broken_scales(void) {
    packing_begin();
    pack_pair(GOLDEN "videomae", NULL, &(ptm_pack_options){.precision = PTM_INT8});
    static const float wrong[] = {-1, NAN, INFINITY, -INFINITY};
    struct packed_bytes copy;
    packed_bytes_open(&copy);
    char other[TEMPORARY_PATH];
    temporary_join(other, folder, "broken.safetensors");
    size_t scales = 0;
    for (size_t i = 0; i < safetensors_count(copy.files); i++) {
        const struct tensor *tensor = safetensors_at(copy.files, i);
        if (strcmp(tensor->dtype_name, "I8") == 0) memset(packed_bytes_of(&copy, tensor), 0x80, tensor->bytes);
        if (!strstr(tensor->name, "_scale")) continue;
        packed_bytes_write(&copy, other, tensor, wrong[scales++ % CHECK_COUNT(wrong)]);
        ptm_model *model;
        ptm_error error = {0};
        CU_ASSERT_EQUAL(ptm_model_open(&model, other, NULL, &error), PTM_EMODEL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "which is no scale"));
        unlink(other);
    }
    CU_ASSERT(scales > 10);
    CU_ASSERT_FATAL(temporary_write(packed, copy.data, copy.bytes)); /* all codes -128 */
    ptm_model_info info;
    float *logits = answer(packed, PTM_VIDEO, "off", &info);
    for (int i = 0; i < info.num_labels; i++) CU_ASSERT(isfinite(logits[i]));
    free(logits);
    packed_bytes_close(&copy);
    packing_end();
}

int main(void) {
    static const struct check_case cases[] = {
        {"every family alone in int8", test_families_int8},
        {"every family alone in bf16", test_families_bf16},
        {"another precision than the file's", test_other_precisions},
        {"several precisions", test_mixed_precisions},
        {"a broken description of int8", test_broken_precision},
        {"broken scales", test_broken_scales},
    };
    return check_main("pack_precision", cases, CHECK_COUNT(cases));
}
