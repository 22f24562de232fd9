/* SPDX-License-Identifier: MIT */
#include "clips.h"

#include "failure.h"
#include "signals.h"
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LABEL_BYTES = 80, NAME_BYTES = LABEL_BYTES + 80 };

bool clips_prepare(const char *folder) {
    struct stat status;
    if (mkdir(folder, 0777) == 0) return true;
    if (errno == EEXIST && stat(folder, &status) == 0 && !S_ISDIR(status.st_mode)) errno = ENOTDIR;
    if (errno == EEXIST) return true;
    text_complain("cannot make the folder %s: %s", folder, strerror(errno));
    return false;
}

/** What stays as it is in a name: letters of any script, digits, and a few marks, but no dot at the front. */
static bool belongs_in_name(const char *at, size_t sequence, bool first) {
    static const char marks[] = "_-+()',";
    const unsigned char byte = (unsigned char)*at;
    if (sequence > 1) return byte != 0xC2 || (unsigned char)at[1] >= 0xA0; /* no C1 controls */
    if (*at == '.') return !first;
    return sequence == 1 && ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                             (byte >= 'a' && byte <= 'z') || strchr(marks, *at));
}

/** The label as part of a file's name; runs of what does not belong there are one '-'. */
static void name_label(char name[LABEL_BYTES], const char *label) {
    size_t used = 0;
    while (*label) {
        const size_t sequence = text_sequence(label), length = sequence > 0 ? sequence : 1;
        if (used + length >= LABEL_BYTES) break;
        if (belongs_in_name(label, sequence, used == 0)) {
            memcpy(name + used, label, length);
            used += length;
        } else if (used > 0 && name[used - 1] != '-') {
            name[used++] = '-';
        }
        label += length;
    }
    while (used > 0 && name[used - 1] == '-') used--;
    name[used] = '\0';
}

/** "001_0-02-03.5_label", the number wide enough for names in the order of time. */
static void name_clip(char name[NAME_BYTES], size_t number, size_t count, const ptm_event *event) {
    char label[LABEL_BYTES];
    const long long tenths = llround(fmax(event->start, 0) * 10), seconds = tenths / 10;
    name_label(label, event->label);
    snprintf(name, NAME_BYTES, "%0*zu_%lld-%02lld-%02lld.%lld%s%s", count < 1000 ? 3 : 6, number, seconds / 3600,
             seconds / 60 % 60, seconds % 60, tenths % 10, *label ? "_" : "", label);
}

static ptm_status cut_event(const char *folder, const char *path, const char *name, const ptm_event *event,
                            ptm_error *err) {
    const size_t bytes = strlen(folder) + strlen(name) + 2;
    char *output = malloc(bytes);
    if (!output) return failure_set(err, PTM_ENOMEM, "out of memory for the name of a clip");
    snprintf(output, bytes, "%s/%s", folder, name);
    const ptm_status status = ptm_cut_file(path, event->start, event->end, output, NULL, err);
    free(output);
    return status;
}

enum exit_status clips_cut(const char *folder, const char *path, const struct event_list *events, long *written) {
    enum exit_status worst = STATUS_GOOD;
    *written = 0;
    for (size_t i = 0; i < events->count; i++) {
        char name[NAME_BYTES];
        ptm_error err = {0};
        if (signals_interrupted(NULL)) return STATUS_INTERRUPTED;
        name_clip(name, i + 1, events->count, &events->items[i]);
        const ptm_status status = cut_event(folder, path, name, &events->items[i], &err);
        if (status == PTM_OK) {
            ++*written;
        } else if (status == PTM_ENODATA || status == PTM_EFORMAT) {
            text_complain("%s", err.message);
            worst = STATUS_INPUT;
        } else {
            return engine_complain(&err);
        }
    }
    return worst;
}
