/* SPDX-License-Identifier: MIT */
/* What preprocessor_config.json says of pictures, and what its class has where it says nothing. */
#include "check.h"

#include "models/model.h"
#include "models/preprocessor.h"
#include "models/processors.h"
#include "temporary.h"

#include <string.h>

/** Reads a file's text, for a network of 32 x 32 whose family has CLIP's processor. */
static ptm_status read_text(struct pixels_spec *spec, const char *text, ptm_error *err) {
    struct json_document *document;
    struct network network = {.config = {.grid = {.size = {1, 32, 32}}}};
    TRY(json_open_memory(&document, text, strlen(text), "preprocessor_config.json", err));
    const ptm_status status = preprocessor_read_pictures(&network, &processor_clip, json_root(document), err);
    *spec = network.picture.pixels;
    json_close(&document);
    return status;
}

static void test_classes(void) {
    CU_ASSERT_PTR_EQUAL(processor_find("ViTImageProcessor"), &processor_vit);
    CU_ASSERT_PTR_EQUAL(processor_find("ViTImageProcessorFast"), &processor_vit);
    CU_ASSERT_PTR_EQUAL(processor_find("ViTFeatureExtractor"), &processor_vit);
    CU_ASSERT_PTR_EQUAL(processor_find("VideoMAEVideoProcessor"), &processor_videomae);
    CU_ASSERT_PTR_EQUAL(processor_find("DeiTImageProcessor"), &processor_deit);
    CU_ASSERT_PTR_EQUAL(processor_find("BitImageProcessor"), &processor_bit);
    CU_ASSERT_PTR_NULL(processor_find("ViTMAEImageProcessor"));
    CU_ASSERT_PTR_NULL(processor_find("ViT"));
    CU_ASSERT_PTR_NULL(processor_find("LevitImageProcessor"));
    CU_ASSERT_PTR_EQUAL(processor_find("ViTImageProcessorPil"), &processor_vit);
    CU_ASSERT_PTR_NULL(processor_find("ViTImageProcessorOfMine"));
    CU_ASSERT_PTR_EQUAL(processor_find("VJEPA2VideoProcessor"), &processor_vjepa2);
}

/* transformers goes by the class that the file names, not by the model. */
static void test_defaults_of_the_class(void) {
    struct pixels_spec spec;
    CHECK_OK(read_text(&spec, "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": 32}", err));
    CU_ASSERT(!spec.do_center_crop && spec.shortest_edge == 0 && spec.resize_h == 32 && spec.resize_w == 32);
    CU_ASSERT(spec.resample == RESAMPLE_BILINEAR && spec.mean[0] == 0.5f);
    CHECK_OK(read_text(&spec, "{\"feature_extractor_type\": \"SiglipFeatureExtractor\"}", err));
    CU_ASSERT(!spec.do_center_crop && spec.resize_h == 224 && spec.resample == RESAMPLE_BICUBIC);
    CHECK_OK(read_text(&spec, "{\"video_processor_type\": \"VideoMAEVideoProcessor\"}", err));
    CU_ASSERT(spec.shortest_edge == 224 && spec.resample == RESAMPLE_BILINEAR && spec.mean[0] == 0.5f);
    CHECK_OK(read_text(&spec, "{\"size\": 40}", err)); /* none named: the family's */
    CU_ASSERT(spec.do_center_crop && spec.shortest_edge == 40 && spec.mean[0] == processor_clip.pixels.mean[0]);
}

/* 256 / 224 of the crop, whatever "size" says, and whatever network it stands beside. */
static void test_scaled_to_crop(void) {
    struct pixels_spec spec;
    CHECK_OK(read_text(&spec,
                       "{\"video_processor_type\": \"VJEPA2VideoProcessor\", \"size\": {\"height\": 9, \"width\": 9}, "
                       "\"crop_size\": 384}",
                       err));
    CU_ASSERT(spec.shortest_edge == 438 && spec.crop_h == 384 && spec.crop_w == 384);
    CHECK_OK(read_text(&spec, "{\"video_processor_type\": \"VJEPA2VideoProcessor\"}", err));
    CU_ASSERT(spec.shortest_edge == 292 && spec.crop_h == 256);
    CHECK_OK(read_text(&spec, "{\"video_processor_type\": \"VJEPA2VideoProcessor\", \"size\": {\"longest_edge\": 64}}",
                       err));
    CU_ASSERT(spec.shortest_edge == 292 && spec.longest_edge == 0 && spec.crop_h == 256);
}

/* A bound of the longer side, which Vivit's class does not look at. */
static void test_longest_edge(void) {
    struct pixels_spec spec;
    CHECK_OK(read_text(&spec, "{\"size\": {\"shortest_edge\": 40, \"longest_edge\": 50}}", err));
    CU_ASSERT(spec.shortest_edge == 40 && spec.longest_edge == 50);
    CHECK_OK(read_text(&spec,
                       "{\"image_processor_type\": \"VivitImageProcessor\", "
                       "\"size\": {\"shortest_edge\": 40, \"longest_edge\": 50}}",
                       err));
    CU_ASSERT(spec.shortest_edge == 40 && spec.longest_edge == 0);
}

/* A number is the shorter side, or both for the classes of ViT and DeiT; the file may say which. */
static void test_sizes(void) {
    static const struct {
        const char *text;
        int shortest_edge, resize_h, resize_w;
    } cases[] = {
        {"{\"image_processor_type\": \"SiglipImageProcessor\", \"size\": 40}", 40, 0, 0},
        {"{\"image_processor_type\": \"DeiTImageProcessor\", \"size\": 40}", 0, 40, 40},
        {"{\"image_processor_type\": \"ViTImageProcessor\", \"size\": 40, \"default_to_square\": false}", 40, 0, 0},
        {"{\"size\": 40, \"default_to_square\": true}", 0, 40, 40},
        {"{\"size\": [40, 50]}", 0, 40, 50},
        {"{\"size\": {\"height\": 40, \"width\": 50, \"shortest_edge\": null, \"longest_edge\": null}}", 0, 40, 50},
        {"{\"size\": null}", 224, 0, 0},
    };
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        struct pixels_spec spec;
        CHECK_OK(read_text(&spec, cases[i].text, err));
        CU_ASSERT_EQUAL(spec.shortest_edge, cases[i].shortest_edge);
        CU_ASSERT(spec.resize_h == cases[i].resize_h && spec.resize_w == cases[i].resize_w);
    }
}

/* What is none of the steps here, and a class whose steps are not known, however much its file says. */
static void test_refusals(void) {
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"{\"image_processor_type\": \"LevitImageProcessor\", \"size\": 40, \"do_center_crop\": true}",
         "the processor \"LevitImageProcessor\" is not known"},
        {"{\"crop_pct\": 0.875}", "\"crop_pct\" is not supported"},
        {"{\"do_flip_channel_order\": true}", "do_flip_channel_order"},
        {"{\"rescale_offset\": true}", "rescale_offset"},
        {"{\"include_top\": true}", "include_top"},
        {"{\"keep_aspect_ratio\": true}", "keep_aspect_ratio"},
        {"{\"use_square_size\": true}", "use_square_size"},
        {"{\"size\": {\"longest_edge\": 20}}", "a \"longest_edge\" without a \"shortest_edge\""},
        {"{\"size\": {\"height\": 9, \"width\": 9, \"longest_edge\": 20}}", "a \"longest_edge\" without"},
        {"{\"size\": {\"shortest_edge\": 18, \"longest_edge\": 0}}", "longest_edge"},
        {"{\"size\": [18]}", "\"size\" should be"},
    };
    struct pixels_spec spec;
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        ptm_error error = {0};
        CU_ASSERT_EQUAL(read_text(&spec, cases[i].text, &error), PTM_EMODEL);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, cases[i].sentence));
    }
    CHECK_OK(read_text(&spec, "{\"crop_pct\": null, \"rescale_offset\": false, \"include_top\": false}", err));
}

static void test_steps_that_are_null(void) {
    struct pixels_spec spec;
    CHECK_OK(read_text(&spec, "{\"do_resize\": null, \"do_center_crop\": null}", err));
    CU_ASSERT(!spec.do_resize && !spec.do_center_crop && spec.do_rescale && spec.do_normalize);
    CHECK_OK(read_text(&spec, "{\"do_rescale\": null, \"do_normalize\": null}", err));
    CU_ASSERT(spec.do_resize && spec.do_center_crop && !spec.do_rescale && !spec.do_normalize);
    CHECK_OK(read_text(&spec, "{\"rescale_factor\": null, \"image_mean\": null}", err)); /* as the class has them */
    CU_ASSERT(spec.rescale_factor == 1 / 255.0 && spec.mean[0] == processor_clip.pixels.mean[0]);
}

static void test_one_number_for_all_channels(void) {
    struct pixels_spec spec;
    CHECK_OK(read_text(&spec, "{\"image_mean\": 0.25, \"image_std\": [0.5, 0.25, 1]}", err));
    CU_ASSERT(spec.mean[0] == 0.25f && spec.mean[1] == 0.25f && spec.mean[2] == 0.25f && spec.std[1] == 0.25f);
}

static void test_padding(void) {
    struct pixels_spec spec;
    ptm_error error = {0};
    CHECK_OK(read_text(&spec, "{\"do_pad\": true, \"pad_size\": null}", err)); /* to the largest of one picture */
    CU_ASSERT_EQUAL(read_text(&spec, "{\"do_pad\": true, \"pad_size\": {\"height\": 9, \"width\": 9}}", &error),
                    PTM_EMODEL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "do_pad"));
}

/* ---------------------------------------------------------------- a directory */

#define GOLDENS PTM_SOURCE_DIR "/tests/golden/"
#define GOLDEN GOLDENS "clip"
#define PREPROCESSOR "preprocessor_config.json"
#define TOGETHER "processor_config.json"

static const char *const file_names[] = {
    "config.json", "model.safetensors", PREPROCESSOR, "video_" PREPROCESSOR, TOGETHER, NULL};

/** A folder with the network of a golden checkpoint, without its processor. */
static void link_network(char folder[TEMPORARY_PATH], const char *golden) {
    char from[TEMPORARY_PATH], to[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    for (int i = 0; i < 2; i++) {
        temporary_join(from, golden, file_names[i]);
        temporary_join(to, folder, file_names[i]);
        CU_ASSERT_EQUAL_FATAL(symlink(from, to), 0);
    }
}

static void write_text(const char *folder, const char *name, const char *text) {
    char path[TEMPORARY_PATH];
    temporary_join(path, folder, name);
    CU_ASSERT_FATAL(temporary_write(path, text, strlen(text)));
}

static struct pixels_spec opened_modality(const char *path, ptm_modality modality) {
    ptm_model *model;
    CHECK_OK(ptm_model_open(&model, path, NULL, err));
    const struct pixels_spec spec = model_network(model, modality)->picture.pixels;
    ptm_model_close(&model);
    return spec;
}

static struct pixels_spec opened_spec(const char *path) {
    return opened_modality(path, PTM_IMAGE);
}

static void check_same_spec(const struct pixels_spec *a, const struct pixels_spec *b) {
    CU_ASSERT(a->do_center_crop == b->do_center_crop && a->crop_h == b->crop_h && a->crop_w == b->crop_w);
    CU_ASSERT(a->shortest_edge == b->shortest_edge && a->resample == b->resample);
    for (int c = 0; c < 3; c++) CU_ASSERT(a->mean[c] == b->mean[c] && a->std[c] == b->std[c]);
}

/* transformers 5 writes the processors of a pair of towers into one file. */
static void test_file_of_several_processors(void) {
    char folder[TEMPORARY_PATH], text[2000];
    link_network(folder, GOLDEN);
    size_t bytes;
    char *own = temporary_read(GOLDEN "/" PREPROCESSOR, &bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(own);
    snprintf(text, sizeof text, "{\"processor_class\": \"CLIPProcessor\", \"image_processor\": %s}", own);
    write_text(folder, TOGETHER, text);
    const struct pixels_spec wanted = opened_spec(GOLDEN), found = opened_spec(folder);
    check_same_spec(&found, &wanted);
    free(own);

    /* Older ones name a class and nothing else. */
    write_text(folder, TOGETHER, "{\"processor_class\": \"CLIPProcessor\"}");
    const struct pixels_spec none = opened_spec(folder);
    CU_ASSERT(none.crop_h == none.height && none.crop_w == none.width && none.mean[0] == processor_clip.pixels.mean[0]);
    temporary_remove(folder, file_names);
}

/** Pictures stay as large as they are, as the networks differ in what they take. */
#define MEAN(value) "{\"do_resize\": false, \"do_center_crop\": false, \"image_mean\": " value "}"

/* Each file beside those of lower rank. */
static void test_files_beside_one_another(void) {
    char folder[TEMPORARY_PATH];
    link_network(folder, GOLDEN);
    write_text(folder, PREPROCESSOR, MEAN("0.25"));
    write_text(folder, "video_" PREPROCESSOR, MEAN("0.125")); /* no picture's */
    CU_ASSERT_EQUAL(opened_spec(folder).mean[0], 0.25f);
    write_text(folder, TOGETHER, "{\"video_processor\": " MEAN("0.75") "}");
    CU_ASSERT_EQUAL(opened_spec(folder).mean[0], 0.25f);
    write_text(folder, TOGETHER, "{\"image_processor\": " MEAN("0.5") "}");
    CU_ASSERT_EQUAL(opened_spec(folder).mean[0], 0.5f);
    temporary_remove(folder, file_names);

    link_network(folder, GOLDENS "videomae_nobias");
    write_text(folder, TOGETHER, "{\"image_processor\": " MEAN("0.5") "}");
    CU_ASSERT_EQUAL(opened_modality(folder, PTM_VIDEO).mean[0], 0.5f);
    write_text(folder, PREPROCESSOR, MEAN("0.25"));
    CU_ASSERT_EQUAL(opened_modality(folder, PTM_VIDEO).mean[0], 0.25f);
    write_text(folder, "video_" PREPROCESSOR, MEAN("0.125"));
    CU_ASSERT_EQUAL(opened_modality(folder, PTM_VIDEO).mean[0], 0.125f);
    write_text(folder, TOGETHER, "{\"video_processor\": " MEAN("0.75") "}");
    CU_ASSERT_EQUAL(opened_modality(folder, PTM_VIDEO).mean[0], 0.75f);
    temporary_remove(folder, file_names);
}

/* A DINOv2 is used at the size that its pictures end in: of the crop, of the class where the file does not say it, or
 * of the resize where there is no crop. */
static void test_size_of_dinov2(void) {
    static const struct {
        const char *text;
        int height, width;
    } cases[] = {
        {"{\"image_processor_type\": \"ViTImageProcessor\", \"size\": [49, 42], \"crop_size\": 35}", 49, 42},
        {"{\"size\": 42, \"do_center_crop\": false}", 42, 42},
        {"{\"size\": 42, \"crop_size\": [35, 28]}", 35, 28},
        {"{\"size\": 256}", 224, 224},
        {"{\"do_resize\": false, \"do_center_crop\": false}", 77, 77},
    };
    char folder[TEMPORARY_PATH];
    link_network(folder, GOLDENS "dinov2_resized");
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        write_text(folder, PREPROCESSOR, cases[i].text);
        const struct pixels_spec spec = opened_spec(folder);
        CU_ASSERT(spec.height == cases[i].height && spec.width == cases[i].width);
    }
    temporary_remove(folder, file_names);
}

int main(void) {
    static const struct check_case cases[] = {
        {"classes", test_classes},
        {"defaults of the class that is named", test_defaults_of_the_class},
        {"scaled to the crop", test_scaled_to_crop},
        {"a longest edge", test_longest_edge},
        {"shapes of sizes", test_sizes},
        {"classes and steps that are not known", test_refusals},
        {"steps that are null", test_steps_that_are_null},
        {"one number for all channels", test_one_number_for_all_channels},
        {"padding", test_padding},
        {"a file of several processors", test_file_of_several_processors},
        {"files beside one another", test_files_beside_one_another},
        {"the size of a DINOv2", test_size_of_dinov2},
    };
    return check_main("preprocessor", cases, CHECK_COUNT(cases));
}
