/* SPDX-License-Identifier: MIT */
/* What pictures of merging are drawn with: a canvas and its font, the way from a pixel to its patch, painted groups. */
#include "check.h"
#include "colours.h"
#include "features/canvas.h"
#include "features/font.h"
#include "pipelines/explain_look.h"

static void test_canvas(void) {
    struct canvas canvas;
    CHECK_OK(canvas_open(&canvas, 40, 20, (struct colour){1, 2, 3}, err));
    canvas_fill(&canvas, -5, -5, 8, 8, (struct colour){200, 100, 50});
    canvas_fill(&canvas, 38, 18, 1000, 1000, (struct colour){9, 9, 9});
    canvas_fill(&canvas, 60, 0, 5, 5, (struct colour){7, 7, 7});
    CU_ASSERT_EQUAL(canvas_pixel(&canvas, 2, 2)[0], 200);
    CU_ASSERT_EQUAL(canvas_pixel(&canvas, 3, 2)[0], 1);
    CU_ASSERT_EQUAL(canvas_pixel(&canvas, 39, 19)[2], 9);
    canvas_dim(&canvas, 0, 0, 1, 1, 50);
    CU_ASSERT_EQUAL(canvas_pixel(&canvas, 0, 0)[1], 50);
    const uint8_t patch[12] = {10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40};
    canvas_put(&canvas, 39, 19, patch, 2, 2);
    canvas_put(&canvas, -1, -1, patch, 2, 2);
    CU_ASSERT_EQUAL(canvas_pixel(&canvas, 39, 19)[0], 10);
    CU_ASSERT_EQUAL(canvas_pixel(&canvas, 0, 0)[0], 40);
    canvas_text(&canvas, 30, 10, "clipped at the side \xc3\xa9", 2, (struct colour){255, 255, 255});
    canvas_close(&canvas);
    CU_ASSERT_EQUAL(canvas_text_width("abc", 2), 34);
    CU_ASSERT_EQUAL(canvas_text_width("", 2), 0);
    CU_ASSERT_EQUAL(canvas_text_width("\xc3\xa9", 1), 5);
    CU_ASSERT_EQUAL(canvas_open(&canvas, 0, 5, (struct colour){0, 0, 0}, NULL), PTM_ELIMIT);
    CU_ASSERT(same_colour(colour_of_hue(0, 1, 0.5), (struct colour){255, 0, 0}, 0));
    CU_ASSERT(same_colour(colour_of_hue(1.0 / 3, 1, 0.5), (struct colour){0, 255, 0}, 0));
    CU_ASSERT(same_colour(colour_of_hue(5.0 / 3, 1, 0.5), (struct colour){0, 0, 255}, 0));
}

/** Every character has a shape of its own. */
static void test_font(void) {
    int drop;
    for (char a = FONT_FIRST; a < FONT_LAST; a++)
        for (char b = (char)(a + 1); b <= FONT_LAST; b++)
            CU_ASSERT_NOT_EQUAL(memcmp(font_glyph(a, &drop), font_glyph(b, &drop), FONT_ROWS), 0);
    for (char a = FONT_FIRST; a <= FONT_LAST; a++)
        for (int row = 0; row < FONT_ROWS; row++) CU_ASSERT(font_glyph(a, &drop)[row] < 1 << FONT_COLUMNS);
    CU_ASSERT_PTR_EQUAL(font_glyph('\x01', &drop), font_glyph('?', &drop));
    font_glyph('g', &drop);
    CU_ASSERT_EQUAL(drop, FONT_DROP);
    font_glyph('G', &drop);
    CU_ASSERT_EQUAL(drop, 0);
}

/* ---------------------------------------------------------------- from pixels to patches */

static void test_axis(void) {
    int patch[64];
    /* Of 64 pixels, scaled to 32, the network sees 16 from 8 on: two patches of 8. */
    const struct pixels_axis crop = {.scaled = 32, .skip = 8, .length = 16};
    const struct explain_axis two = {.patch = 8, .stride = 8, .tokens = 2};
    explain_map_axis(patch, 64, &crop, &two);
    for (int i = 0; i < 64; i++) CU_ASSERT_EQUAL(patch[i], i < 16 || i >= 48 ? EXPLAIN_OUTSIDE : i < 32 ? 0 : 1);
    /* A picture smaller than the network's input, put at 4. */
    const struct pixels_axis pad = {.scaled = 8, .pad = 4, .length = 8};
    explain_map_axis(patch, 8, &pad, &two);
    for (int i = 0; i < 8; i++) CU_ASSERT_EQUAL(patch[i], i < 4 ? 0 : 1);
    /* Overlapping patches at 0, 10, 20: the nearest centre (8, 18, 28) wins, and what none covers is outside. */
    const struct pixels_axis whole = {.scaled = 40, .length = 40};
    const struct explain_axis overlap = {.patch = 16, .stride = 10, .tokens = 3};
    explain_map_axis(patch, 40, &whole, &overlap);
    for (int i = 0; i < 40; i++) CU_ASSERT_EQUAL(patch[i], i >= 36 ? EXPLAIN_OUTSIDE : i < 13 ? 0 : i < 23 ? 1 : 2);

    struct explain_span span;
    CU_ASSERT(explain_next_span(&span, patch, 40, 13));
    CU_ASSERT(span.patch == 1 && span.begin == 13 && span.end == 23);
    CU_ASSERT_FALSE(explain_next_span(&span, patch, 40, 36));
}

/** A picture of 96x48 scaled by its short side to 48x24, of which the middle 24x24 is seen, in 3x3 patches. */
static void test_picture_map(void) {
    struct network network = {
        .picture.pixels = {.do_resize = true,
                           .shortest_edge = 24,
                           .do_center_crop = true,
                           .crop_h = 24,
                           .crop_w = 24,
                           .resample = RESAMPLE_BILINEAR,
                           .height = 24,
                           .width = 24},
        .config.grid = {.size = {1, 24, 24}, .patch = {1, 8, 8}, .stride = {1, 8, 8}, .tokens = {1, 3, 3}},
    };
    struct explain_map map = {0};
    CHECK_OK(explain_map_picture(&map, &network, 96, 48, 96, 48, err));
    for (int x = 0; x < 96; x++) CU_ASSERT_EQUAL(map.column[x], x < 24 || x >= 72 ? EXPLAIN_OUTSIDE : (x - 24) / 16);
    for (int y = 0; y < 48; y++) CU_ASSERT_EQUAL(map.row[y], y / 16 * 3);
    explain_map_close(&map);
    CHECK_OK(explain_map_picture(&map, &network, 96, 48, 48, 24, err)); /* the same, drawn half as large */
    for (int x = 0; x < 48; x++) CU_ASSERT_EQUAL(map.column[x], x < 12 || x >= 36 ? EXPLAIN_OUTSIDE : (x - 12) / 8);
    explain_map_close(&map);
    CU_ASSERT_EQUAL(explain_map_picture(&map, &network, 65535, 1, 10, 10, NULL), PTM_ELIMIT);

    /* Sound: two patches of frames, three of bins, in both orders; low bins are drawn at the bottom. */
    network.config.grid =
        (struct patch_grid){.size = {1, 12, 8}, .patch = {1, 4, 4}, .stride = {1, 4, 4}, .tokens = {1, 3, 2}};
    CHECK_OK(explain_map_sound(&map, &network, 8, 12, err));
    CU_ASSERT(map.row[11] + map.column[0] == 0 && map.row[11] + map.column[7] == 1 && map.row[0] + map.column[0] == 4);
    explain_map_close(&map);
    network.time_major = true;
    network.config.grid =
        (struct patch_grid){.size = {1, 8, 12}, .patch = {1, 4, 4}, .stride = {1, 4, 4}, .tokens = {1, 2, 3}};
    CHECK_OK(explain_map_sound(&map, &network, 8, 12, err));
    CU_ASSERT(map.row[11] + map.column[0] == 0 && map.row[11] + map.column[7] == 3 && map.row[0] + map.column[0] == 2);
    explain_map_close(&map);
}

/* ---------------------------------------------------------------- painting */

/** Painted by hand: two groups on four patches, the edge inside of each, and what is outside gets darker. */
static void test_paint(void) {
    int32_t token[4] = {0, 0, 0, 1};
    struct explain_group group[2] = {{.patches = 3}, {.patches = 1}};
    group[0].fill = (struct colour){10, 20, 30};
    group[0].edge = (struct colour){250, 250, 0};
    group[1].fill = (struct colour){100, 110, 120};
    group[1].edge = (struct colour){0, 250, 250};
    const struct explain_groups groups = {.tubes = 1, .patches = 4, .token = token, .count = 2, .group = group};
    int column[20], row[16];
    for (int i = 0; i < 20; i++) column[i] = i < 4 ? EXPLAIN_OUTSIDE : (i - 4) / 8;
    for (int i = 0; i < 16; i++) row[i] = i / 8 * 2;
    const struct explain_map map = {.width = 20, .height = 16, .column = column, .row = row};
    struct canvas canvas;
    CHECK_OK(canvas_open(&canvas, 20, 16, (struct colour){200, 200, 200}, err));
    explain_groups_paint(&groups, 0, &map, &canvas, 0, 0, 1);
    const struct {
        int x, y;
        struct colour colour;
    } expected[] = {
        {0, 0, {70, 70, 70}},                                                     /* not seen: 35 % */
        {4, 5, group[0].edge},                                                    /* beside what is not seen */
        {5, 5, group[0].fill},   {11, 5, group[0].fill},  {12, 5, group[0].fill}, /* no edge within a group */
        {11, 12, group[0].edge}, {12, 12, group[1].edge},                         /* one on each side of a border */
        {11, 7, group[0].edge}, /* the corner where the other group touches */
        {15, 11, group[1].fill}, {19, 12, group[1].edge}, {15, 15, group[1].edge}, {15, 0, group[0].edge},
    };
    for (size_t i = 0; i < CHECK_COUNT(expected); i++) {
        const uint8_t *pixel = canvas_pixel(&canvas, expected[i].x, expected[i].y);
        CU_ASSERT(same_colour((struct colour){pixel[0], pixel[1], pixel[2]}, expected[i].colour, 0));
    }
    canvas_close(&canvas);
}

int main(void) {
    static const struct check_case cases[] = {
        {"canvas", test_canvas},           {"font", test_font},   {"axis", test_axis},
        {"picture map", test_picture_map}, {"paint", test_paint},
    };
    return check_main("drawing", cases, CHECK_COUNT(cases));
}
