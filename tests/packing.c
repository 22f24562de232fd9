/* SPDX-License-Identifier: MIT */
#include "packing.h"

#include "random.h"

#include <dirent.h>

enum { MODALITIES = 3 };
static const ptm_modality modalities[MODALITIES] = {PTM_VIDEO, PTM_AUDIO, PTM_IMAGE};

char folder[TEMPORARY_PATH], packed[TEMPORARY_PATH];

int count_files(void) {
    DIR *directory = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(directory);
    int count = 0;
    for (const struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

void packing_begin(void) {
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(packed, folder, "packed.safetensors");
}

void packing_end(void) {
    unlink(packed);
    CU_ASSERT_EQUAL(count_files(), 0);
    temporary_remove(folder, (const char *[]){NULL});
}

void pack_pair(const char *video, const char *audio, const ptm_pack_options *options) {
    CHECK_OK(ptm_pack((const char *[]){video, audio}, audio ? 2 : 1, packed, options, err));
}

/* ---------------------------------------------------------------- answers */

ptm_precision precision = PTM_AUTO;

const ptm_model *open_session(ptm_session **session, ptm_model **model, const char *path, const char *r) {
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

float *answer(const char *path, ptm_modality modality, const char *r, ptm_model_info *info) {
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

void check_same_answers(const char *directory, ptm_modality modality) {
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

void check_self_tests(int count) {
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

void pack_families(const ptm_pack_options *options, void (*look)(const char *directory, ptm_modality modality)) {
    packing_begin();
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
    packing_end();
}

/* ---------------------------------------------------------------- damage */

void change_header(const char *data, size_t bytes, const char *find, const char *replace) {
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

void check_broken(const struct broken *cases, size_t count, ptm_status status) {
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

void packed_bytes_open(struct packed_bytes *copy) {
    CHECK_OK(safetensors_open(&copy->files, packed, HEADER_BYTES, err));
    copy->data = temporary_read(packed, &copy->bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy->data);
    uint64_t header;
    memcpy(&header, copy->data, sizeof header);
    const char *first = NULL;
    for (size_t i = 0; i < safetensors_count(copy->files); i++) {
        const char *place = safetensors_at(copy->files, i)->data;
        if (!first || place < first) first = place;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    copy->start = first - LENGTH_BYTES - header;
}

void packed_bytes_close(struct packed_bytes *copy) {
    free(copy->data);
    safetensors_close(&copy->files);
}

char *packed_bytes_of(const struct packed_bytes *copy, const struct tensor *tensor) {
    return copy->data + ((const char *)tensor->data - copy->start);
}

void packed_bytes_write(const struct packed_bytes *copy, const char *path, const struct tensor *tensor, float value) {
    char *place = packed_bytes_of(copy, tensor);
    float kept;
    memcpy(&kept, place, sizeof kept);
    memcpy(place, &value, sizeof value);
    CU_ASSERT_FATAL(temporary_write(path, copy->data, copy->bytes));
    memcpy(place, &kept, sizeof kept);
}
