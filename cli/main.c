/* SPDX-License-Identifier: MIT */
/* The command `polytome`: finds the command word, reads its options, and runs it. */
#include "commands.h"
#include "manual.h"
#include "outlet.h"
#include "output.h"
#include "signals.h"
#include "spare.h"
#include "text.h"

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

static enum exit_status run_help(const struct options *options) {
    if (options->manual) {
        manual_roff(stdout);
    } else if (options->completion) {
        manual_completion(stdout);
    } else if (options->num_operands > 1) {
        return engine_refuse(COMMAND_HELP, "the command 'help' takes one command");
    } else if (options->num_operands == 0) {
        manual_overview(stdout);
    } else {
        const enum command topic = options_find_command(options->operands[0]);
        if (topic == COMMAND_COUNT) {
            text_complain("there is no command '%s'", options->operands[0]);
            manual_overview(stderr);
            return STATUS_USAGE;
        }
        manual_command(stdout, topic);
    }
    return STATUS_GOOD;
}

static enum exit_status run_version(const struct options *options) {
    if (options->num_operands > 0) return engine_refuse(COMMAND_VERSION, "the command 'version' takes no operand");
    printf("polytome %s\n", ptm_version());
    return STATUS_GOOD;
}

static bool is_missing(const char *path) {
    struct stat status;
    return stat(path, &status) != 0 && errno == ENOENT;
}

/** A command that is asked for behind an option. */
static bool check_command_first(const struct options *options) {
    for (int i = 0; i < options->num_operands; i++) {
        const char *word = options->operands[i];
        if (options_find_command(word) == COMMAND_COUNT || !is_missing(word)) continue;
        text_complain("there is no file '%s'; the command goes first: polytome %s [OPTION...]", word, word);
        return false;
    }
    return true;
}

static enum exit_status run(enum command command, int argc, char **argv) {
    struct options options;
    if (!options_parse(&options, command, argc, argv)) return STATUS_USAGE;
    if (options.help) {
        manual_command(stdout, command);
        return STATUS_GOOD;
    }
    /* A packed file may be packed anew in its place. */
    if (command != COMMAND_PACK && !spare_inputs(&options)) return STATUS_USAGE;
    switch (command) {
    case COMMAND_TIMELINE: return cmd_timeline(&options);
    case COMMAND_STREAM: return cmd_stream(&options);
    case COMMAND_COMPARE: return cmd_compare(&options);
    case COMMAND_EXPLAIN: return cmd_explain(&options);
    case COMMAND_CHECK: return cmd_check(&options);
    case COMMAND_INFO: return cmd_info(&options);
    case COMMAND_BENCH: return cmd_bench(&options);
    case COMMAND_PACK: return cmd_pack(&options);
    case COMMAND_SERVE: return cmd_serve(&options);
    case COMMAND_VERSION: return run_version(&options);
    case COMMAND_HELP: return run_help(&options);
    default: break;
    }
    return check_command_first(&options) ? cmd_classify(&options) : STATUS_USAGE;
}

/** A word alone that is neither a command nor a file: more likely a slip in the command's name. */
static bool is_unknown_word(int argc, const char *word) {
    return argc == 2 && word[0] != '-' && !strpbrk(word, "./") && is_missing(word);
}

static enum exit_status dispatch(int argc, char **argv) {
    if (argc < 2) {
        manual_overview(stderr);
        return STATUS_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) return run(COMMAND_HELP, argc - 2, argv + 2);
    if (strcmp(word, "--version") == 0) return run(COMMAND_VERSION, argc - 2, argv + 2);
    const enum command command = options_find_command(word);
    if (command != COMMAND_COUNT) return run(command, argc - 2, argv + 2);
    if (is_unknown_word(argc, word)) {
        text_complain("'%s' is neither a command nor a file", word);
        manual_overview(stderr);
        return STATUS_USAGE;
    }
    return run(COMMAND_CLASSIFY, argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    signals_begin();
    outlet_begin();
    setlocale(LC_CTYPE, ""); /* for bars; numbers stay with a point */
    enum exit_status status = dispatch(argc, argv);
    struct output rest;
    if (status == STATUS_GOOD && output_open(&rest, NULL) && !output_flush(&rest)) status = STATUS_ENVIRONMENT;
    return (int)status;
}
