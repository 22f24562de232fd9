/* SPDX-License-Identifier: MIT */
/*
 * Pictures of what merged: groups and their colours, and the files that come of them, read again by the library's own
 * reader. What they are drawn with: test_drawing.c.
 */
#include "colours.h"
#include "features/canvas.h"
#include "media/film_writer.h"
#include "media/png.h"
#include "opened.h"
#include "pipelines/explain_look.h"
#include "temporary.h"
#include "well_formed.h"

#include <fcntl.h>

#define SAMPLES PTM_SOURCE_DIR "/samples/"
#define GOLDEN PTM_SOURCE_DIR "/tests/golden/"

/** A picture whose pixels are `left`, and `right` from column `edge` on, as a PNG file. */
static void write_halves(const char *path, int width, int height, int edge, struct colour left, struct colour right) {
    struct canvas canvas;
    void *png;
    size_t bytes;
    CHECK_OK(canvas_open(&canvas, width, height, left, err));
    canvas_fill(&canvas, edge, 0, width - edge, height, right);
    const struct media_picture picture = {canvas.rgb, width, height, (ptrdiff_t)width * 3};
    CHECK_OK(png_encode(&png, &bytes, &picture, err));
    CU_ASSERT(temporary_write(path, png, bytes));
    mem_free(png);
    canvas_close(&canvas);
}

/** A film of `frames` frames, ten a second, whose colour changes. */
static void write_film(const char *path, int width, int height, int frames) {
    const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct film_writer *writer;
    struct canvas canvas;
    CU_ASSERT_FATAL(fd >= 0);
    CHECK_OK(canvas_open(&canvas, width, height, (struct colour){0, 0, 0}, err));
    CHECK_OK(film_writer_open(&writer, fd, path, width, height, &(struct media_info){.frame_rate = 10}, NULL, err));
    for (int i = 0; i < frames; i++) {
        canvas_fill(&canvas, 0, 0, width, height, colour_of_hue(i / (double)frames, 0.8, 0.5));
        const struct media_picture picture = {canvas.rgb, width, height, (ptrdiff_t)width * 3};
        CHECK_OK(film_writer_add(writer, &picture, i / 10.0, err));
    }
    CHECK_OK(film_writer_finish(writer, err));
    film_writer_close(&writer);
    canvas_close(&canvas);
    close(fd);
}

/* ---------------------------------------------------------------- reading again */

struct film {
    int width, height;
    int64_t frames;
    double end;
    uint8_t *last; /* the last picture, packed */
};

static void read_film(struct film *film, const char *path) {
    const struct media_options options = {
        .want_video = true, .max_pixels = 1 << 26, .max_frames = 100000, .max_seconds = 3600};
    struct media *media;
    struct media_item item;
    *film = (struct film){0};
    CHECK_OK(media_open(&media, path, &options, err));
    for (;;) {
        CHECK_OK(media_next(media, &item, err));
        if (item.kind == MEDIA_END) break;
        struct media_picture picture;
        CHECK_OK(media_frame_rgb(media, &picture, err));
        film->width = picture.width;
        film->height = picture.height;
        film->end = item.end;
        film->frames++;
        free(film->last);
        const size_t row = (size_t)picture.width * 3;
        film->last = malloc(row * (size_t)picture.height);
        CU_ASSERT_PTR_NOT_NULL_FATAL(film->last);
        for (int y = 0; y < picture.height; y++)
            memcpy(film->last + (size_t)y * row, picture.rgb + y * picture.stride, row);
    }
    CU_ASSERT_EQUAL(media_get_stats(media)->decode_errors, 0);
    media_close(&media);
}

static struct colour pixel_of(const struct film *film, int x, int y) {
    const uint8_t *pixel = film->last + ((size_t)y * (size_t)film->width + (size_t)x) * 3;
    return (struct colour){pixel[0], pixel[1], pixel[2]};
}

/* ---------------------------------------------------------------- groups */

/** Everything that a session sees of a file. */
static void look_at(struct explain_look *look, struct explain *explain, ptm_session *session, struct lane *lane,
                    const char *path, ptm_sampling sampling) {
    *explain = (struct explain){.path = path, .lane = lane};
    ptm_classify_options_default(&explain->options);
    explain->options.sampling = sampling;
    explain->run = (struct run){.session = session, .options = &explain->options};
    CHECK_OK(explain_open_media(explain, PTM_VIDEO, err));
    CHECK_OK(explain_look_open(look, explain, sampling == PTM_SAMPLING_FIRST, err));
    CHECK_OK(explain_look_run(look, err));
}

/** The groups divide the patches, and are those of a forward pass on the same input. */
static void check_groups(const struct explain_groups *groups, ptm_session *session, struct lane *lane) {
    const struct vit_config *config = &lane->network->config;
    const size_t inputs = network_input_count(lane->network);
    float *input = malloc(inputs * sizeof *input), *logits = malloc((size_t)config->num_labels * sizeof *logits);
    int32_t *source = malloc((size_t)config->tokens * sizeof *source);
    CU_ASSERT_FATAL(input && logits && source);
    memcpy(input, lane->input, inputs * sizeof *input);
    int shape[5];
    const int rank = network_input_shape(lane->network, shape);
    CHECK_OK(ptm_forward(session, lane->network->modality, input, shape, rank, logits, source, err));
    const int special = config->special_tokens, total = groups->tubes * groups->patches;
    CU_ASSERT_EQUAL_FATAL(special + total, config->tokens);
    CU_ASSERT_EQUAL(memcmp(groups->token, source + special, (size_t)total * sizeof *source), 0);

    int patches = 0;
    for (int i = 0; i < groups->count; i++) {
        const struct explain_group *group = &groups->group[i];
        patches += group->patches;
        if (i < special) CU_ASSERT_EQUAL(group->patches, 0);
        if (group->patches == 0) continue;
        CU_ASSERT_EQUAL(groups->token[group->first_patch], i);
        CU_ASSERT_EQUAL(group->first_patch / groups->patches, group->first_tube);
        CU_ASSERT(group->tubes >= 1 && group->first_tube + group->tubes <= groups->tubes);
    }
    CU_ASSERT_EQUAL(patches, total);
    free(input);
    free(logits);
    free(source);
}

static const struct colour left = {220, 40, 30}, right = {20, 60, 200};

static uint8_t mixed(uint8_t a, uint8_t b, int of_a, int all) {
    return (uint8_t)((a * of_a + b * (all - of_a) + all / 2) / all);
}

/** Two flat halves, cut where patches meet: each group has the mean of what lies under it, and few are left. */
static void test_halves(void) {
    struct opened opened;
    struct explain explain;
    struct explain_look look;
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "halves.png");
    write_halves(path, 96, 96, 48, left, right);
    open_both(&opened, GOLDEN "vit", 0, "12");
    struct lane *lane = session_lane(opened.session, PTM_IMAGE);
    look_at(&look, &explain, opened.session, lane, path, PTM_SAMPLING_FIRST);
    CU_ASSERT_EQUAL_FATAL(look.num_windows, 1);
    const struct explain_groups *groups = &look.windows[0].groups;
    check_groups(groups, opened.session, lane);
    CU_ASSERT(groups->count * 3 < lane->network->config.tokens);
    for (int i = 0; i < groups->count; i++) {
        int in_left = 0;
        for (int p = 0; p < groups->patches; p++) in_left += groups->token[p] == i && p % 6 < 3;
        const struct explain_group *group = &groups->group[i];
        if (group->patches == 0) continue;
        const struct colour mean = {mixed(left.r, right.r, in_left, group->patches),
                                    mixed(left.g, right.g, in_left, group->patches),
                                    mixed(left.b, right.b, in_left, group->patches)};
        CU_ASSERT(same_colour(group->fill, mean, 0));
        CU_ASSERT_FALSE(same_colour(group->edge, group->fill, 8));
    }
    explain_look_close(&look);
    media_close(&explain.media);
    close_both(&opened);
    temporary_remove(folder, (const char *const[]){"halves.png", NULL});
}

/** Two and a half windows: the last one reaches back, and each frame finds its tube. */
static void test_windows(void) {
    struct opened opened;
    struct explain explain;
    struct explain_look look;
    char folder[TEMPORARY_PATH], path[TEMPORARY_PATH];
    int tube;
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(path, folder, "film.mp4");
    write_film(path, 96, 96, 50);
    open_both(&opened, NULL, 0, NULL);
    struct lane *lane = session_lane(opened.session, PTM_VIDEO);
    look_at(&look, &explain, opened.session, lane, path, PTM_SAMPLING_WINDOWS);
    CU_ASSERT_EQUAL_FATAL(look.num_windows, 3); /* of 2 s, 16 frames, 8 tubes */
    CU_ASSERT_DOUBLE_EQUAL(look.windows[1].start, 2, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(look.windows[2].start, 3, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(look.windows[2].begin, 4, 1e-9);
    check_groups(&look.windows[2].groups, opened.session, lane);
    const struct {
        double time;
        int window, tube;
    } expected[] = {{0, 0, 0}, {0.2, 0, 1}, {0.3, 0, 1}, {1.9, 0, 7}, {2, 1, 0}, {3.9, 1, 7}, {4, 2, 4}, {4.9, 2, 7}};
    for (size_t i = 0; i < CHECK_COUNT(expected); i++) {
        const double time = expected[i].time;
        CU_ASSERT_PTR_EQUAL(explain_look_at(&look, time, time + 0.1, &tube), &look.windows[expected[i].window]);
        CU_ASSERT_EQUAL(tube, expected[i].tube);
    }
    explain_look_close(&look);
    media_close(&explain.media);
    close_both(&opened);
    temporary_remove(folder, (const char *const[]){"film.mp4", NULL});
}

/* ---------------------------------------------------------------- SVG */

/** A picture and a sound as SVG, by a model whose name is markup. */
static void test_svg(void) {
    struct opened opened;
    char folder[TEMPORARY_PATH], model[TEMPORARY_PATH], picture[TEMPORARY_PATH], output[TEMPORARY_PATH];
    static const struct {
        const char *golden, *file;
    } cases[] = {{GOLDEN "vit", NULL}, {GOLDEN "ast", SAMPLES "rain.ogg"}, {GOLDEN "videomae", SAMPLES "pan-left.mp4"}};
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(picture, folder, "halves.png");
    temporary_join(model, folder, "<a href=\"x\"> & 'b' \x01");
    temporary_join(output, folder, "out.svg");
    write_halves(picture, 60, 48, 20, left, right);
    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        ptm_explain_report report;
        CU_ASSERT_EQUAL_FATAL(symlink(cases[i].golden, model), 0);
        open_both(&opened, model, 0, "4");
        CHECK_OK(ptm_explain_file(opened.session, cases[i].file ? cases[i].file : picture, output, NULL, &report, err));
        size_t bytes;
        int titles;
        char *text = temporary_read(output, &bytes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_EQUAL(strlen(text), bytes);
        CU_ASSERT(well_formed(text, &titles));
        CU_ASSERT(titles > 1 && titles <= report.tokens_out &&
                  titles >= report.tokens_out - 2); /* not the special ones */
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "&lt;a href"));
        CU_ASSERT(report.tokens_out < report.tokens_in);
        free(text);
        close_both(&opened);
        unlink(model);
    }
    temporary_remove(folder, (const char *const[]){"halves.png", "out.svg", NULL});
}

/** The checker itself refuses what is not well-formed. */
static void test_svg_checker(void) {
    static const char *const bad[] = {"<a>",      "<a></b>",      "<a>&</a>", "<a b=c/>",
                                      "<a/><b/>", "<a b=\"<\"/>", "text",     "<a><b></a></b>"};
    char text[128];
    int titles;
    for (size_t i = 0; i < CHECK_COUNT(bad); i++) {
        snprintf(text, sizeof text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>%s", bad[i]);
        CU_ASSERT_FALSE(well_formed(text, &titles));
    }
    CU_ASSERT(well_formed("<?xml version=\"1.0\" encoding=\"UTF-8\"?><a b=\"c\"><title>&lt;</title><b/></a>", &titles));
    CU_ASSERT_EQUAL(titles, 1);
}

/* ---------------------------------------------------------------- PNG and MP4 */

/** Where each of two flat halves is one colour without merging, each patch shows it, less its quiet edge. */
static void test_png(void) {
    struct opened opened;
    struct film film;
    ptm_explain_report report;
    char folder[TEMPORARY_PATH], picture[TEMPORARY_PATH], output[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(picture, folder, "halves.png");
    temporary_join(output, folder, "out.PNG");
    write_halves(picture, 480, 480, 240, left, right);
    open_both(&opened, GOLDEN "vit", 0, "off");
    CHECK_OK(ptm_explain_file(opened.session, picture, output, NULL, &report, err));
    CU_ASSERT_EQUAL(report.modality, PTM_IMAGE);
    CU_ASSERT_EQUAL(report.tokens_in, report.tokens_out);
    read_film(&film, output);
    CU_ASSERT_EQUAL_FATAL(film.width, report.width);
    CU_ASSERT_EQUAL_FATAL(film.height, report.height);
    const int x0 = (film.width - 480) / 2, y0 = x0; /* the picture stands in the middle, at its own size */
    CU_ASSERT(film.height > y0 + 480);              /* with words below it */
    for (int p = 0; p < 36; p++) {
        const struct colour middle = pixel_of(&film, x0 + p % 6 * 80 + 40, y0 + p / 6 * 80 + 40);
        CU_ASSERT(same_colour(middle, p % 6 < 3 ? left : right, 0));
        CU_ASSERT_FALSE(same_colour(pixel_of(&film, x0 + p % 6 * 80, y0 + p / 6 * 80 + 40), middle, 8));
    }
    free(film.last);
    close_both(&opened);
    temporary_remove(folder, (const char *const[]){"halves.png", "out.PNG", NULL});
}

/** A film keeps the clip's size, frames and length; a sheet of it can be read. */
static void test_film(void) {
    struct opened opened;
    struct film clip, film;
    ptm_explain_report report;
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH], sheet[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "out.mp4");
    temporary_join(sheet, folder, "out.png");
    open_both(&opened, NULL, 0, NULL);
    read_film(&clip, SAMPLES "pan-right-three.mp4");
    CHECK_OK(ptm_explain_file(opened.session, SAMPLES "pan-right-three.mp4", output, NULL, &report, err));
    read_film(&film, output);
    CU_ASSERT(film.width == clip.width && film.height == clip.height && film.frames == clip.frames);
    CU_ASSERT_DOUBLE_EQUAL(film.end, clip.end, 1e-3);
    CU_ASSERT(report.width == film.width && report.height == film.height && report.frames == film.frames);
    CU_ASSERT_EQUAL(report.modality, PTM_VIDEO);
    /* The crop takes the middle: the left side is the clip's own, darker. */
    const struct colour dim = pixel_of(&film, 10, 40), own = pixel_of(&clip, 10, 40);
    CU_ASSERT(colour_brightness(dim) < colour_brightness(own));
    CU_ASSERT(same_colour(
        dim, (struct colour){(uint8_t)(own.r * 35 / 100), (uint8_t)(own.g * 35 / 100), (uint8_t)(own.b * 35 / 100)},
        24));
    free(film.last);
    CHECK_OK(ptm_explain_file(opened.session, SAMPLES "pan-right-three.mp4", sheet, NULL, &report, err));
    read_film(&film, sheet);
    CU_ASSERT(film.width == report.width && film.height == report.height && report.frames == 8 && report.windows == 1);
    free(film.last);
    free(clip.last);
    close_both(&opened);
    temporary_remove(folder, (const char *const[]){"out.mp4", "out.png", NULL});
}

/** Twelve raw pictures of 33x35. */
static void write_odd(const char *path) {
    enum { FRAME = 33 * 35 + 2 * 17 * 18 };
    static const char header[] = "YUV4MPEG2 W33 H35 F10:1 C420jpeg\n", mark[] = "FRAME\n";
    const size_t step = sizeof mark - 1 + FRAME, bytes = sizeof header - 1 + 12 * step;
    char *data = malloc(bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    memset(data, 100, bytes);
    memcpy(data, header, sizeof header - 1);
    for (size_t i = 0; i < 12; i++) memcpy(data + sizeof header - 1 + i * step, mark, sizeof mark - 1);
    CU_ASSERT(temporary_write(path, data, bytes));
    free(data);
}

/** A part of a clip, and a size that H.264 does not have. */
static void test_film_part(void) {
    struct opened opened;
    struct film film;
    ptm_explain_report report;
    ptm_explain_options options;
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH], odd[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "out.mp4");
    temporary_join(odd, folder, "odd.y4m");
    open_both(&opened, NULL, 0, NULL);
    ptm_explain_options_default(&options);
    options.start = 0.5;
    options.duration = 1;
    CHECK_OK(ptm_explain_file(opened.session, SAMPLES "pan-left.mp4", output, &options, &report, err));
    CU_ASSERT_EQUAL(report.frames, 25);
    write_odd(odd);
    CHECK_OK(ptm_explain_file(opened.session, odd, output, NULL, &report, err));
    read_film(&film, output);
    CU_ASSERT(film.width == 32 && film.height == 34 && film.frames == 12 && report.frames == 12);
    CU_ASSERT(report.width == 32 && report.height == 34);
    free(film.last);
    close_both(&opened);
    temporary_remove(folder, (const char *const[]){"out.mp4", "odd.y4m", NULL});
}

static void test_sound(void) {
    static const char *const models[] = {NULL, GOLDEN "ast", GOLDEN "audiomae"};
    char folder[TEMPORARY_PATH], output[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(output, folder, "out.png");
    for (size_t i = 0; i < CHECK_COUNT(models); i++) {
        struct opened opened;
        struct film film;
        ptm_explain_report report;
        open_both(&opened, models[i], 0, "4");
        CHECK_OK(ptm_explain_file(opened.session, SAMPLES "seven.wav", output, NULL, &report, err));
        CU_ASSERT_EQUAL(report.modality, PTM_AUDIO);
        CU_ASSERT(report.tokens_out < report.tokens_in);
        read_film(&film, output);
        CU_ASSERT(film.width == report.width && film.height == report.height && film.width > 800);
        free(film.last);
        close_both(&opened);
    }
    temporary_remove(folder, (const char *const[]){"out.png", NULL});
}

/* ---------------------------------------------------------------- what goes wrong */

static void check_refused(ptm_session *session, const char *path, const char *output, ptm_modality modality,
                          ptm_status status, const char *part) {
    ptm_explain_options options;
    ptm_explain_options_default(&options);
    options.modality = modality;
    ptm_error err;
    CU_ASSERT_EQUAL(ptm_explain_file(session, path, output, &options, NULL, &err), status);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, part));
    if (!strstr(err.message, part)) printf("\n    %s\n", err.message);
}

static void test_errors(void) {
    struct opened opened;
    char folder[TEMPORARY_PATH], picture[TEMPORARY_PATH], output[TEMPORARY_PATH], nowhere[TEMPORARY_PATH];
    char png[TEMPORARY_PATH], empty[TEMPORARY_PATH];
    CU_ASSERT_FATAL(temporary_folder(folder));
    temporary_join(picture, folder, "halves.png");
    temporary_join(output, folder, "out.mp4");
    temporary_join(png, folder, "out.png");
    temporary_join(empty, folder, "empty");
    temporary_join(nowhere, folder, "nowhere/out.png");
    write_halves(picture, 48, 48, 24, left, right);
    CU_ASSERT(temporary_write(empty, "", 0));
    open_both(&opened, NULL, 0, NULL);
    ptm_session *session = opened.session;
    check_refused(session, picture, "map.gif", 0, PTM_EINVAL, ".png, .svg or, for video, .mp4");
    check_refused(session, picture, "png", 0, PTM_EINVAL, ".png, .svg or, for video, .mp4");
    check_refused(session, picture, output, 0, PTM_EINVAL, "a still picture");
    check_refused(session, SAMPLES "seven.wav", output, 0, PTM_EINVAL, "of sound");
    check_refused(session, SAMPLES "pan-left.mp4", png, PTM_IMAGE, PTM_EINVAL,
                  "no model in use labels images, only video and sound: bring one that does");
    check_refused(session, SAMPLES "pan-left.mp4", png, PTM_AUDIO, PTM_ENODATA, "no audio stream");
    check_refused(session, SAMPLES "seven.wav", png, PTM_VIDEO, PTM_ENODATA, "no video stream");
    check_refused(session, SAMPLES "seven.wav", nowhere, 0, PTM_EIO, "cannot write");
    check_refused(session, "missing.mp4", output, 0, PTM_EIO, "missing.mp4");
    check_refused(session, "-", output, 0, PTM_EINVAL, "two passes");
    check_refused(session, picture, picture, 0, PTM_EINVAL, "the file to be drawn itself");
    check_refused(session, empty, png, 0, PTM_ENODATA, "empty");
    check_refused(session, picture, png, (ptm_modality)64, PTM_EINVAL, "unknown modality");
    close_both(&opened);
    open_both(&opened, GOLDEN "ast", 0, NULL);
    check_refused(opened.session, SAMPLES "pan-left.mp4", png, 0, PTM_EINVAL,
                  "no model in use labels video, only sound");
    close_both(&opened);
    CU_ASSERT_EQUAL(access(output, F_OK), -1);
    CU_ASSERT_EQUAL(access(png, F_OK), -1);
    temporary_remove(folder, (const char *const[]){"halves.png", "empty", NULL});
    CU_ASSERT_EQUAL(access(folder, F_OK), -1); /* nothing else was left in it */
}

int main(void) {
    static const struct check_case cases[] = {
        {"halves", test_halves},
        {"windows", test_windows},
        {"svg checker", test_svg_checker},
        {"svg", test_svg},
        {"png", test_png},
        {"film", test_film},
        {"a part of a film, an odd size", test_film_part},
        {"sound", test_sound},
        {"errors", test_errors},
    };
    return check_main("explain", cases, CHECK_COUNT(cases));
}
