/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* realpath(), mkostemp() */

#include "output.h"

#include "signals.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool complain(const struct output *output) {
    text_complain("cannot write %s: %s", output->name, strerror(errno));
    return false;
}

/** The permissions that the finished file gets: those of the one it replaces, else what the umask leaves. */
static mode_t file_mode(const struct stat *old) {
    if (old) return old->st_mode & 0777;
    const mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/** Opens the file aside, in the folder of the target so that a rename is enough. */
static bool open_aside(struct output *output, const char *path, const struct stat *old) {
    /* A link stays a link: what it points to is replaced. */
    output->target = old ? realpath(path, NULL) : strdup(path);
    const size_t bytes = output->target ? strlen(output->target) + sizeof ".XXXXXX" : 0;
    output->aside = output->target ? malloc(bytes) : NULL;
    if (!output->aside) return complain(output);
    snprintf(output->aside, bytes, "%s.XXXXXX", output->target);
    const int file = mkostemp(output->aside, O_CLOEXEC);
    if (file < 0) {
        complain(output);
        free(output->aside);
        output->aside = NULL;
        return false;
    }
    if (fchmod(file, file_mode(old)) != 0 || !(output->stream = fdopen(file, "w"))) {
        complain(output);
        close(file);
        return false;
    }
    return true;
}

/** Opens a device or a pipe; of a pipe whose reader is still to come, until a signal ends the wait. */
static FILE *open_in_place(const char *path) {
    static const struct timespec pause = {.tv_nsec = 100000000};
    int file;
    while ((file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK)) < 0) {
        if (errno == ENXIO && signals_interrupted(NULL)) errno = EINTR;
        if (errno != ENXIO) return NULL;
        nanosleep(&pause, NULL);
    }
    FILE *stream = fcntl(file, F_SETFL, 0) == 0 ? fdopen(file, "w") : NULL;
    if (!stream) close(file);
    return stream;
}

bool output_open(struct output *output, const char *path) {
    *output = (struct output){.name = path};
    if (!path || strcmp(path, "-") == 0) {
        *output = (struct output){.stream = stdout, .name = "the results to standard output"};
        return true;
    }
    struct stat old;
    const bool exists = stat(path, &old) == 0;
    /* A device or a pipe is written to, not replaced; opening a directory fails with the right words. */
    const bool opened = exists && !S_ISREG(old.st_mode) ? (output->stream = open_in_place(path)) || complain(output)
                                                        : open_aside(output, path, exists ? &old : NULL);
    if (!opened) output_discard(output);
    return opened;
}

bool output_try(const char *path) {
    struct output output;
    struct stat old;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode) && !S_ISDIR(old.st_mode)) return true;
    if (!output_open(&output, path)) return false;
    output_discard(&output);
    return true;
}

/** Ends a last line that a broken-off run left without its end. */
static void end_torn_line(FILE *stream) {
    const bool torn = fseek(stream, -1, SEEK_END) == 0 && fgetc(stream) != '\n';
    fseek(stream, 0, SEEK_END);
    if (torn) fputc('\n', stream);
}

long output_count_lines(struct output *output) {
    long lines = 0;
    rewind(output->stream);
    for (int c; (c = getc(output->stream)) != EOF;) lines += c == '\n';
    fseek(output->stream, 0, SEEK_END);
    return lines;
}

bool output_append(struct output *output, const char *path, bool *fresh) {
    struct stat old;
    *fresh = true;
    if (!path || strcmp(path, "-") == 0 || (stat(path, &old) == 0 && !S_ISREG(old.st_mode)))
        return output_open(output, path);
    *output = (struct output){.name = path, .stream = fopen(path, "a+e")};
    if (!output->stream) return complain(output);
    *fresh = fseek(output->stream, 0, SEEK_END) == 0 && ftell(output->stream) == 0;
    if (!*fresh) end_torn_line(output->stream);
    return output_flush(output);
}

bool output_flush(struct output *output) {
    return (fflush(output->stream) == 0 && !ferror(output->stream)) || complain(output);
}

bool output_commit(struct output *output) {
    bool good = output_flush(output);
    if (output->stream != stdout) {
        if (fclose(output->stream) != 0 && good) good = complain(output);
        output->stream = NULL;
        if (good && output->aside && rename(output->aside, output->target) != 0) good = complain(output);
        if (good) {
            free(output->aside);
            output->aside = NULL;
        }
    }
    output_discard(output);
    return good;
}

void output_discard(struct output *output) {
    if (output->stream && output->stream != stdout) fclose(output->stream);
    if (output->aside) unlink(output->aside);
    free(output->aside);
    free(output->target);
    *output = (struct output){0};
}
