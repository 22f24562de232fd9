/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* realpath(), mkostemp() */

#include "output.h"

#include "outlet.h"
#include "signals.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
    (void)fchmod(file, file_mode(old)); /* where the file system has modes */
    if (!(output->stream = fdopen(file, "w"))) {
        complain(output);
        close(file);
        return false;
    }
    return true;
}

/** The number behind names like /dev/fd/3, of a descriptor that is open already: what it leads to, perhaps the end of a
 * file, would be another place if its name were opened. -1: it is no such name. The library, of which a command sees
 * the public header only, has the same in files/path.c. */
static int named_descriptor(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0) return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0) return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) != 0) continue;
        const char *number = path + strlen(folders[i]);
        if (*number && strlen(number) < 8 && strspn(number, "0123456789") == strlen(number)) return atoi(number);
    }
    return -1;
}

/** Opens a device or a pipe; of a pipe whose reader is still to come, until a signal ends the wait. -1 with errno. */
static int open_device(const char *path, bool pipe) {
    static const struct timespec pause = {.tv_nsec = 100000000};
    int file;
    while ((file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK)) < 0) {
        if (errno != ENXIO || !pipe) return -1;
        errno = EINTR;
        if (signals_interrupted(NULL)) return -1;
        nanosleep(&pause, NULL);
    }
    if (fcntl(file, F_SETFL, 0) == 0) return file;
    close(file);
    return -1;
}

static bool open_in_place(struct output *output, int file) {
    output->stream = file >= 0 ? outlet_open(file) : NULL;
    output->terminal = output->stream && text_is_terminal(file);
    if (output->stream) return true;
    complain(output);
    if (file >= 0) close(file);
    return false;
}

bool output_open(struct output *output, const char *path) {
    *output = (struct output){.name = path};
    if (!path || strcmp(path, "-") == 0) {
        *output = (struct output){
            .stream = stdout, .name = "the results to standard output", .terminal = text_is_terminal(STDOUT_FILENO)};
        return true;
    }
    struct stat old;
    const bool exists = stat(path, &old) == 0;
    const int descriptor = named_descriptor(path);
    bool opened;
    if (descriptor >= 0)
        opened = open_in_place(output, fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    else if (exists && !S_ISREG(old.st_mode)) /* opening a directory fails with the right words */
        opened = open_in_place(output, open_device(path, S_ISFIFO(old.st_mode)));
    else
        opened = open_aside(output, path, exists ? &old : NULL);
    if (!opened) output_discard(output);
    return opened;
}

bool output_try(const char *path) {
    struct output output;
    struct stat old;
    const int descriptor = named_descriptor(path);
    if (descriptor >= 0) return fcntl(descriptor, F_GETFD) >= 0 || complain(&(struct output){.name = path});
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
    if (!path || strcmp(path, "-") == 0 || named_descriptor(path) >= 0 ||
        (stat(path, &old) == 0 && !S_ISREG(old.st_mode)))
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

/** All of the file aside into another one, of which *begun says whether it has changed. */
static bool copy(int aside, int target, bool *begun) {
    char bytes[1 << 16];
    off_t at = 0;
    for (ssize_t got; (got = pread(aside, bytes, sizeof bytes, at)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        for (ssize_t done = 0; done < got;) {
            const ssize_t step = pwrite(target, bytes + done, (size_t)(got - done), at + done);
            if (step < 0 && errno == EINTR) continue;
            if (step <= 0) return false;
            done += step;
            *begun = true;
        }
        at += got;
    }
    return ftruncate(target, at) == 0;
}

/** copy(), whatever signal comes to any thread meanwhile: half a file would be worth nothing. */
static bool copy_undisturbed(int aside, int target, bool *begun) {
    struct signals_actions before;
    signals_ignore(&before);
    const bool copied = copy(aside, target, begun);
    signals_restore(&before);
    return copied;
}

/** Writes over the file that has the name. False with errno. */
static bool overwrite(const struct output *output, int aside, bool *begun) {
    struct stat file;
    const int target = open(output->target, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (target < 0) return false;
    const bool copied = fstat(target, &file) == 0 && S_ISREG(file.st_mode) && copy_undisturbed(aside, target, begun);
    return close(target) == 0 && copied;
}

/** Says where the results are that could not have their name, and whether the file that has it is no longer what it was
 * (`begun`). Their folder may have another name by now. */
static void complain_aside(const struct output *output, int aside, bool begun) {
    const int error = errno;
    char link[32], place[PATH_MAX];
    struct stat file;
    snprintf(link, sizeof link, "/proc/self/fd/%d", aside);
    const ssize_t length = readlink(link, place, sizeof place - 1);
    if (length > 0) place[length] = '\0';
    if (fstat(aside, &file) == 0 && file.st_nlink == 0)
        text_complain("cannot write %s: %s; the file aside was removed, too", output->name, strerror(error));
    else
        text_complain("cannot write %s: %s; %sthe results are in %s", output->name, strerror(error),
                      begun ? "it is partly written over, and " : "", length > 0 ? place : output->aside);
}

/** Gives the finished file its name. A name that is a mount point, or someone else's in a folder like /tmp, stays with
 * its file, which is written over where that is allowed. Results that cannot be put there stay aside. */
static bool take_name(const struct output *output, int aside) {
    bool begun = false;
    if (rename(output->aside, output->target) == 0) return true;
    if ((errno == EBUSY || errno == EPERM || errno == EACCES || errno == EXDEV) && overwrite(output, aside, &begun)) {
        unlink(output->aside);
        return true;
    }
    complain_aside(output, aside, begun);
    return false;
}

bool output_commit(struct output *output) {
    bool good = output_flush(output);
    if (output->stream != stdout) {
        const int aside = output->aside ? fcntl(fileno(output->stream), F_DUPFD_CLOEXEC, 0) : -1;
        if (fclose(output->stream) != 0 && good) good = complain(output);
        output->stream = NULL;
        if (good && output->aside) {
            good = take_name(output, aside);
            free(output->aside); /* it has its name, or it stays */
            output->aside = NULL;
        }
        if (aside >= 0) close(aside);
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
