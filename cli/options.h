/* SPDX-License-Identifier: MIT */
/*
 * options: the one table of commands and the one table of options. Parsing, --help, the manual page and the shell
 * completion are all read off them.
 */
#ifndef POLYTOME_CLI_OPTIONS_H
#define POLYTOME_CLI_OPTIONS_H

#include "polytome.h"
#include "shard.h"

enum command {
    COMMAND_CLASSIFY,
    COMMAND_TIMELINE,
    COMMAND_STREAM,
    COMMAND_COMPARE,
    COMMAND_EXPLAIN,
    COMMAND_CHECK,
    COMMAND_INFO,
    COMMAND_BENCH,
    COMMAND_PACK,
    COMMAND_SERVE,
    COMMAND_VERSION,
    COMMAND_HELP,
    COMMAND_COUNT
};

struct command_row {
    const char *name;
    const char *operands; /* as the synopsis shows them */
    const char *summary;  /* half a line */
    const char *details;  /* paragraphs, divided by empty lines */
    const char *examples; /* lines */
};

extern const struct command_row command_rows[COMMAND_COUNT];

enum option_kind {
    OPTION_SET,     /* no argument: stores `minimum` in an int */
    OPTION_CHOICE,  /* one of `argument`: stores minimum + its index in an int */
    OPTION_CHOICES, /* the same in a struct option_numbers; up to `maximum` times */
    OPTION_NAME,    /* one of `argument`: stores the text */
    OPTION_INT,     /* int */
    OPTION_INTS,    /* struct option_numbers; up to OPTIONS_MAX_NUMBERS times */
    OPTION_INT64,   /* int64_t */
    OPTION_REAL,    /* double */
    OPTION_TIME,    /* double: seconds or [HH:]MM:SS */
    OPTION_SIZE,    /* int64_t: bytes, also as 512M or 2G */
    OPTION_SHARD,   /* struct shard: I/N */
    OPTION_TEXT,    /* const char * */
    OPTION_LIST     /* struct option_list; up to `maximum` times */
};

struct option_row {
    const char *name; /* long name */
    char letter;      /* short name, or 0 */
    enum option_kind kind;
    const char *argument; /* its name in help; the choices themselves where there are some; NULL for OPTION_SET */
    size_t offset;        /* of the field in struct options */
    double minimum, maximum;
    unsigned commands; /* bit (1 << command) for each that takes it */
    const char *help;  /* one sentence; NULL hides the option */
};

extern const struct option_row option_rows[];
extern const size_t option_count;

#define OPTIONS_MAX_LIST 32

struct option_list {
    const char *items[OPTIONS_MAX_LIST];
    int count;
};

#define OPTIONS_MAX_NUMBERS 16

struct option_numbers {
    int items[OPTIONS_MAX_NUMBERS];
    int count;
};

#define MODALITY_COUNT 3
#define MODALITY_ALL (PTM_VIDEO | PTM_AUDIO | PTM_IMAGE)

/** In the order in which they are shown. */
extern const ptm_modality modalities[MODALITY_COUNT];

enum format { FORMAT_TEXT, FORMAT_JSON };

/** What of a timeline is written: AUTO is as its format has it. */
enum rows { ROWS_AUTO, ROWS_EVENTS, ROWS_WINDOWS, ROWS_ALL };

struct options {
    enum command command;
    char **operands;
    int num_operands;
    int help;
    struct option_list models;
    int modality; /* 0: all that there are, else 1 + its index in `modalities` */
    int sampling; /* ptm_sampling */
    int format;   /* enum format */
    int verbosity, progress, logits, labels, trace, top;
    int list_format;                 /* enum list_format */
    int jobs, unordered, max_errors; /* jobs 0: as many as there are threads; max_errors 0: no limit */
    double timeout;                  /* seconds of one file or request; 0: no limit */
    int64_t max_memory;              /* bytes; 0: no limit */
    struct shard shard;
    double threshold, tolerance;
    const char *output, *files_from, *journal, *plot;
    struct option_list outputs; /* of a timeline */
    int form;                   /* of a timeline: index in timeline_formats, or -1 */
    int rows;                   /* enum rows */
    int best_only;
    const char *cut, *overlay;
    const char *exec; /* of a stream, with: */
    int pace, no_adapt;
    ptm_live_options live;
    struct option_list schedules;
    struct option_numbers prop_attns, threads, precisions, batches;
    int manual; /* help --man */
    const char *completion;
    ptm_session_options session;
    ptm_classify_options classify;
    ptm_timeline_options timeline;
    ptm_event_options events; /* `off` below 0: not said */
    ptm_check_options check;
    ptm_bench_options bench;
    ptm_pack_options pack;
    int64_t max_request_bytes;
    const char *recommended; /* merging, for every model of a packed file */
};

/** The command of that name, or COMMAND_COUNT. */
enum command options_find_command(const char *name);

/** The option of `command` by its long name, or NULL. */
const struct option_row *options_find(enum command command, const char *name);

/** Index of `text` among the choices "a|b|c", or -1. */
int options_find_choice(const char *choices, const char *text);

/** Does `command` take the option? */
bool options_takes(const struct option_row *row, enum command command);

/**
 * Reads the arguments of `command` (argv[0] is the first) into *options, which starts from the defaults. Operands are
 * gathered at the front of argv. False after a complaint.
 */
bool options_parse(struct options *options, enum command command, int argc, char **argv);

/** Is its argument one of a few words? */
bool options_has_choices(const struct option_row *row);

/** Says where the help of a command is, after a complaint about its usage. */
void options_hint(enum command command);

/** The modalities asked for, as bits. */
unsigned options_modalities(const struct options *options);

/** Is merging to be found by timing passes, which each session does for itself? */
bool options_measure_merging(const struct options *options);

#endif
