/* SPDX-License-Identifier: MIT */
/* What preprocessor_config.json says of pictures, and what its class has where it says nothing. */
#include "check.h"

#include "models/preprocessor.h"
#include "models/processors.h"

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
    CU_ASSERT_PTR_NULL(processor_find(NULL));
}

/* transformers goes by the class that the file names, not by the model. */
static void test_defaults_of_the_class(void) {
    struct pixels_spec spec;
    CHECK_OK(read_text(&spec, "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": 32}", err));
    CU_ASSERT(!spec.do_center_crop && spec.shortest_edge == 0 && spec.resize_h == 32 && spec.resize_w == 32);
    CU_ASSERT(spec.resample == RESAMPLE_BILINEAR && spec.mean[0] == 0.5f);
    CHECK_OK(read_text(&spec, "{\"feature_extractor_type\": \"SiglipFeatureExtractor\"}", err));
    CU_ASSERT(!spec.do_center_crop && spec.resize_h == 224 && spec.resample == RESAMPLE_BICUBIC);
    CHECK_OK(read_text(&spec, "{\"image_processor_type\": \"SomeImageProcessor\", \"size\": 40}", err));
    CU_ASSERT(spec.do_center_crop && spec.shortest_edge == 40 && spec.mean[0] == processor_clip.mean[0]);
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

int main(void) {
    static const struct check_case cases[] = {
        {"classes", test_classes},
        {"defaults of the class that is named", test_defaults_of_the_class},
        {"one number for all channels", test_one_number_for_all_channels},
        {"padding", test_padding},
    };
    return check_main("preprocessor", cases, CHECK_COUNT(cases));
}
