/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* posix_spawn_file_actions_addclosefrom_np() */
#include "hook.h"

#include "report.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_RUNNING = 16, VARIABLES = 7 };

/* FFmpeg opens a camera so that commands inherit it, and one that runs on would keep the device from being opened
 * again. */
#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
#define CLOSES_REST
#endif
#endif

extern char **environ;

static bool is_among(char *const *variables, size_t count, const char *inherited) {
    const size_t name = strcspn(inherited, "=") + 1;
    for (size_t i = 0; i < count; i++)
        if (strncmp(variables[i], inherited, name) == 0) return true;
    return false;
}

/** The environment with `count` variables in it, in the place of those of their names: of two a shell may take either.
 * NULL where memory ran out; free() it. */
static char **extend_environment(char *const *variables, size_t count) {
    size_t inherited = 0, used = count;
    while (environ[inherited]) inherited++;
    char **extended = malloc((count + inherited + 1) * sizeof *extended);
    if (!extended) return NULL;
    memcpy(extended, variables, count * sizeof *extended);
    for (size_t i = 0; i < inherited; i++)
        if (!is_among(variables, count, environ[i])) extended[used++] = environ[i];
    extended[used] = NULL;
    return extended;
}

static char *variable(const char *name, const char *value) {
    const size_t bytes = strlen(name) + strlen(value) + 2;
    char *text = malloc(bytes);
    if (text) snprintf(text, bytes, "%s=%s", name, value);
    return text;
}

static char *number(const char *name, double value) {
    char text[64];
    snprintf(text, sizeof text, "%.6f", value);
    return variable(name, text);
}

/** Its own process group, so that Ctrl-C is ours alone; no input, output that does not mix with results, and no
 * file of ours. */
static bool spawn(const char *command, char **environment) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
#ifdef CLOSES_REST
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
#endif
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
    pid_t process;
    const int code = posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return code == 0;
}

void hook_run(struct hook *hook, const ptm_event *event, ptm_event_phase phase) {
    if (!hook->command) return;
    hook_reap(hook);
    char *variables[VARIABLES] = {
        variable("POLYTOME_EVENT", phase == PTM_EVENT_BEGIN ? "begin" : "end"),
        variable("POLYTOME_SOURCE", hook->source),
        variable("POLYTOME_MODALITY", report_modality(event->modality)),
        variable("POLYTOME_LABEL", event->label),
        number("POLYTOME_START", event->start),
        number("POLYTOME_END", event->end),
        number("POLYTOME_SCORE", (double)event->peak),
    };
    bool whole = true;
    for (int i = 0; i < VARIABLES; i++) whole = whole && variables[i];
    char **environment = whole ? extend_environment(variables, VARIABLES) : NULL;
    const bool started = environment && hook->running < MOST_RUNNING && spawn(hook->command, environment);
    hook->running += started;
    hook->started += started;
    hook->skipped += !started;
    free(environment);
    for (int i = 0; i < VARIABLES; i++) free(variables[i]);
}

void hook_reap(struct hook *hook) {
    while (hook->running > 0 && waitpid(-1, NULL, WNOHANG) > 0) hook->running--;
}
