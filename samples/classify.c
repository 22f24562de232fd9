/* SPDX-License-Identifier: MIT */
/*
 * classify: the library from files to labels, in one page. Prints, for each file, its best label of picture and sound.
 *
 *     cc classify.c $(pkg-config --cflags --libs polytome) -o classify && ./classify pan-left.mp4 seven.wav
 */
#include <polytome.h>

#include <stdio.h>

static void print_answer(const char *path, const char *modality, const ptm_answer *answer) {
    if (!answer) return; /* the model brings nothing for it */
    if (answer->missing)
        printf("%s\t%s\t-\t%s\n", path, modality, answer->missing);
    else
        printf("%s\t%s\t%s\t%.3f\n", path, modality, answer->labels[0].name, (double)answer->labels[0].score);
}

static ptm_status classify(ptm_session *session, const char *path, ptm_error *err) {
    ptm_result *result;
    const ptm_status status = ptm_classify_file(session, path, NULL, &result, err);
    if (status != PTM_OK) return status;
    print_answer(path, "video", result->video);
    print_answer(path, "audio", result->audio);
    ptm_result_free(&result);
    return PTM_OK;
}

int main(int argc, char **argv) {
    ptm_error err;
    ptm_model *model;
    ptm_session *session = NULL;
    int failures = 0;

    /* The weights, once for all sessions; NULL: the model that ships with the library. */
    if (ptm_model_open(&model, NULL, NULL, &err) != PTM_OK) {
        fprintf(stderr, "classify: %s\n", err.message);
        return 3;
    }
    /* Buffers and threads, one session a thread that asks. NULL: all processors, the model's own merging. */
    if (ptm_session_open(&session, (const ptm_model *[]){model}, 1, NULL, &err) != PTM_OK) {
        fprintf(stderr, "classify: %s\n", err.message);
        ptm_model_close(&model);
        return 3;
    }
    for (int i = 1; i < argc; i++) {
        if (classify(session, argv[i], &err) == PTM_OK) continue;
        fprintf(stderr, "classify: %s: %s\n", argv[i], err.message); /* and on to the next file */
        failures++;
    }
    ptm_session_close(&session);
    ptm_model_close(&model);
    return failures ? 1 : 0;
}
