/* SPDX-License-Identifier: MIT */
/* Each format of a timeline, byte for byte, with labels that are made to break out of it. */
#include "check.h"
#include "cli/timeline_formats.h"

enum { ROOM = 8192 };

/** What a label can hold, all at once. */
#define NASTY "a,b \"c\"\n\t<i>{\\an8}&--> =x;y#z\\ \xFF\xC3\xA9"

static const struct timeline_format *format_named(const char *name) {
    const struct timeline_format *format = timeline_formats;
    while (format->name && strcmp(format->name, name) != 0) format++;
    CU_ASSERT_PTR_NOT_NULL_FATAL(format->name);
    return format;
}

/** Everything that the format writes of these events. */
static void write_events(char *text, const char *name, const ptm_event *events, size_t count) {
    const struct timeline_format *format = format_named(name);
    const struct timeline_sheet sheet = {.style = {.top = 5}, .path = "clip.mp4", .top_frequency = 8000};
    memset(text, 0, ROOM);
    FILE *stream = fmemopen(text, ROOM, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    struct event_list list = {0};
    if (format->begin) format->begin(stream);
    for (size_t i = 0; i < count; i++) {
        if (format->event) CU_ASSERT(format->event(stream, &sheet, &events[i], (long)i + 1));
        CU_ASSERT_FATAL(event_list_add(&list, &events[i]));
    }
    event_list_sort(&list);
    if (format->list) CU_ASSERT(format->list(stream, &list));
    event_list_free(&list);
    fclose(stream);
}

static void check_text(const char *text, const char *wanted) {
    if (strcmp(text, wanted) != 0) printf("\n%s\ninstead of\n%s\n", text, wanted);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

/** Two that overlap, the one that began first ending last, and one that is nasty and shorter than a millisecond. */
static const ptm_event events[] = {
    {PTM_AUDIO, "rain", 7, 2.5, 4.0625, 0.9f, 0.75f, 3},
    {PTM_VIDEO, "pan left", 0, 1, 6, 0.96875f, 0.5f, 5},
    {PTM_VIDEO, NASTY, 2, 3661.0001, 3661.0002, 0.5f, 0.5f, 1},
};

static void check_format(const char *name, const char *wanted) {
    char text[ROOM];
    write_events(text, name, events, CHECK_COUNT(events));
    check_text(text, wanted);
}

static void test_text(void) {
    check_format("text",
                 "     2.50 s       4.06 s  audio  rain               75.0 %, at most 90.0 %, 3 windows\n"
                 "     1.00 s       6.00 s  video  pan left           50.0 %, at most 96.9 %, 5 windows\n"
                 " 1:01:01.00   1:01:01.00  video  a,b \"c\"\\n\\t<i>{\\an8}&--> =x;y#z\\ \\xff\xC3\xA9   50.0 %\n");
}

static void test_json(void) {
    check_format("json",
                 "{\"schema\":1,\"kind\":\"event\",\"modality\":\"audio\",\"start\":2.5,\"end\":4.0625,"
                 "\"label\":\"rain\",\"index\":7,\"mean\":0.75,\"peak\":0.899999976,\"windows\":3}\n"
                 "{\"schema\":1,\"kind\":\"event\",\"modality\":\"video\",\"start\":1.0,\"end\":6.0,"
                 "\"label\":\"pan left\",\"index\":0,\"mean\":0.5,\"peak\":0.96875,\"windows\":5}\n"
                 "{\"schema\":1,\"kind\":\"event\",\"modality\":\"video\",\"start\":3661.0001,\"end\":3661.0002,"
                 "\"label\":\"a,b \\\"c\\\"\\n\\t<i>{\\\\an8}&--> =x;y#z\\\\ \xEF\xBF\xBD\xC3\xA9\",\"index\":2,"
                 "\"mean\":0.5,\"peak\":0.5,\"windows\":1}\n");
}

/** After days as after seconds. */
static void test_json_microseconds(void) {
    static const ptm_event late = {PTM_AUDIO, "rain", 7, 1036800.123456, 1036801.5, 0.9f, 0.75f, 3};
    char text[ROOM];
    write_events(text, "json", &late, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"start\":1036800.123456,\"end\":1036801.5,"));
}

static void test_csv(void) {
    check_format("csv", "kind,modality,start,end,label,index,mean,peak,windows\r\n"
                        "event,audio,2.500000,4.062500,rain,7,0.750000,0.900000,3\r\n"
                        "event,video,1.000000,6.000000,pan left,0,0.500000,0.968750,5\r\n"
                        "event,video,3661.000100,3661.000200,\"a,b \"\"c\"\"\n\t<i>{\\an8}&--> =x;y#z\\ "
                        "\xEF\xBF\xBD\xC3\xA9\",2,0.500000,0.500000,1\r\n");
}

static void test_audacity(void) {
    check_format("audacity", "2.500000\t4.062500\train\n"
                             "1.000000\t6.000000\tpan left\n"
                             "3661.000100\t3661.000200\ta,b \"c\"  <i>{\\an8}&--> =x;y#z\\ \xEF\xBF\xBD\xC3\xA9\n");
}

static void test_raven(void) {
    check_format("raven", "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\t"
                          "Label\tScore\tModality\n"
                          "1\tSpectrogram 1\t1\t2.500000\t4.062500\t0\t8000\train\t0.7500\taudio\n"
                          "2\tSpectrogram 1\t1\t1.000000\t6.000000\t0\t8000\tpan left\t0.5000\tvideo\n"
                          "3\tSpectrogram 1\t1\t3661.000100\t3661.000200\t0\t8000\ta,b \"c\"  <i>{\\an8}&--> "
                          "=x;y#z\\ \xEF\xBF\xBD\xC3\xA9\t0.5000\tvideo\n");
}

static void test_srt(void) {
    check_format("srt", "1\n00:00:01,000 --> 00:00:06,000\npan left 50 %\n\n"
                        "2\n00:00:02,500 --> 00:00:04,063\nrain 75 %\n\n"
                        "3\n01:01:01,000 --> 01:01:01,001\na,b \"c\"  <\xE2\x81\xA0i\xE2\x81\xA0>\xEF\xBD\x9B\\an8"
                        "\xEF\xBD\x9D&--\xE2\x81\xA0> =x;y#z\\ \xEF\xBF\xBD\xC3\xA9 50 %\n\n");
}

static void test_vtt(void) {
    check_format("vtt", "WEBVTT\n\n00:00:01.000 --> 00:00:06.000\npan left 50 %\n\n"
                        "00:00:02.500 --> 00:00:04.063\nrain 75 %\n\n"
                        "01:01:01.000 --> 01:01:01.001\na,b \"c\"  &lt;i&gt;{\\an8}&amp;--&gt; =x;y#z\\ "
                        "\xEF\xBF\xBD\xC3\xA9 50 %\n\n");
}

#define CHAPTER(from, to, title) "[CHAPTER]\nTIMEBASE=1/1000\nSTART=" from "\nEND=" to "\ntitle=" title "\n"

static void test_chapters(void) {
    check_format("chapters", ";FFMETADATA1\n" CHAPTER("1000", "2500", "pan left")
                                 CHAPTER("2500", "4063", "pan left + rain") CHAPTER("4063", "6000", "pan left")
                                     CHAPTER("3661000", "3661001",
                                             "a,b \"c\"\\\n <i>{\\\\an8}&--> \\=x\\;y\\#z\\\\ \xEF\xBF\xBD\xC3\xA9"));
}

/* Two that touch, and two that begin together: no chapter is empty, none overlaps another. */
static void test_chapters_that_touch(void) {
    const ptm_event touching[] = {
        {PTM_VIDEO, "a", 0, 0, 2, 1, 1, 1},
        {PTM_VIDEO, "b", 1, 2, 4, 1, 1, 1},
        {PTM_AUDIO, "c", 0, 2, 3, 1, 1, 1},
    };
    char text[ROOM];
    write_events(text, "chapters", touching, CHECK_COUNT(touching));
    check_text(text, ";FFMETADATA1\n" CHAPTER("0", "2000", "a") CHAPTER("2000", "3000", "b + c")
                         CHAPTER("3000", "4000", "b"));
}

/* What has no events is still a file of its format. */
static void test_nothing(void) {
    char text[ROOM];
    static const char *const wanted[][2] = {{"vtt", "WEBVTT\n\n"}, {"srt", ""}, {"chapters", ";FFMETADATA1\n"}};
    for (size_t i = 0; i < CHECK_COUNT(wanted); i++) {
        write_events(text, wanted[i][0], NULL, 0);
        check_text(text, wanted[i][1]);
    }
}

static void test_windows(void) {
    const ptm_label labels[] = {{"rain", 1, 0.75f, 2}, {"sea", 0, 0.25f, -1}};
    const ptm_window window = {.modality = PTM_AUDIO,
                               .model = "m",
                               .index = 4,
                               .start = 0.1 + 0.2,
                               .end = 1.3,
                               .from = 0.5,
                               .to = 1.1,
                               .num_labels = 2,
                               .labels = labels,
                               .tokens_in = 145,
                               .tokens_out = 25,
                               .r = "20",
                               .network_ms = 1.5};
    const struct timeline_sheet sheet = {.style = {.top = 1}};
    char text[ROOM] = "";
    FILE *stream = fmemopen(text, ROOM, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stream);
    CU_ASSERT(format_named("text")->window(stream, &sheet, &window));
    CU_ASSERT(format_named("json")->window(stream, &sheet, &window));
    fclose(stream);
    check_text(text, "     0.50 s       1.10 s  audio  rain 75.0 %\n"
                     "{\"schema\":1,\"kind\":\"window\",\"modality\":\"audio\",\"model\":\"m\",\"window\":4,"
                     "\"start\":0.3,\"end\":1.3,\"from\":0.5,\"to\":1.1,\"padded\":0.0,"
                     "\"labels\":[{\"label\":\"rain\",\"index\":1,\"score\":0.75}],"
                     "\"tokens\":{\"in\":145,\"out\":25,\"r\":\"20\"},\"ms\":{\"network\":1.5}}\n");
}

static void test_endings(void) {
    static const struct {
        const char *path, *format;
        size_t ending;
    } rows[] = {
        {"a.srt", "srt", 4},
        {"a.VTT", "vtt", 4},
        {"a.jsonl", "json", 6},
        {"a.csv", "csv", 4},
        {"a.txt", "audacity", 4},
        {"a.selections.txt", "raven", 15},
        {"d.csv/a.ffmeta", "chapters", 7},
        {"a.b.text", "text", 5},
        {"x/a.raven.txt", "raven", 10},
    };
    size_t ending;
    for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
        const struct timeline_format *format = timeline_format_of_file(rows[i].path, &ending);
        CU_ASSERT_PTR_NOT_NULL_FATAL(format);
        CU_ASSERT_STRING_EQUAL(format->name, rows[i].format);
        CU_ASSERT_EQUAL(ending, rows[i].ending);
    }
    static const char *const none[] = {"a", "a.mp4", ".srt", "x/.csv", "srt", "a.srt/b", ""};
    for (size_t i = 0; i < CHECK_COUNT(none); i++) {
        CU_ASSERT_PTR_NULL(timeline_format_of_file(none[i], &ending));
        CU_ASSERT_EQUAL(ending, 0);
    }
}

int main(void) {
    static const struct check_case cases[] = {
        {"text", test_text},
        {"JSON lines", test_json},
        {"microseconds in JSON", test_json_microseconds},
        {"CSV", test_csv},
        {"labels of Audacity", test_audacity},
        {"selection table of Raven", test_raven},
        {"SubRip", test_srt},
        {"WebVTT", test_vtt},
        {"chapters", test_chapters},
        {"chapters that touch", test_chapters_that_touch},
        {"no events", test_nothing},
        {"windows", test_windows},
        {"ends of names", test_endings},
    };
    return check_main("timeline formats", cases, CHECK_COUNT(cases));
}
