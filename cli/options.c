/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum command options_find_command(const char *name) {
    int command = 0;
    while (command < COMMAND_COUNT && strcmp(command_rows[command].name, name) != 0) command++;
    return (enum command)command;
}

bool options_takes(const struct option_row *row, enum command command) {
    return row->commands & (1u << command);
}

bool options_has_choices(const struct option_row *row) {
    return row->kind == OPTION_CHOICE || row->kind == OPTION_CHOICES || row->kind == OPTION_NAME;
}

void options_hint(enum command command) {
    fprintf(stderr, "See 'polytome help %s'.\n", command_rows[command].name);
}

unsigned options_modalities(const struct options *options) {
    return options->modality > 0 ? (unsigned)modalities[options->modality - 1] : MODALITY_ALL;
}

bool options_measure_merging(const struct options *options) {
    const char *r = options->session.r;
    const size_t length = r ? strlen(r) : 0;
    return length > 2 && strcasecmp(r + length - 2, "ms") == 0;
}

static void set_defaults(struct options *options, enum command command) {
    *options = (struct options){.command = command, .top = 5, .progress = -1, .form = -1, .max_request_bytes = 1 << 26};
    ptm_session_options_default(&options->session);
    ptm_classify_options_default(&options->classify);
    ptm_timeline_options_default(&options->timeline);
    ptm_live_options_default(&options->live);
    ptm_event_options_default(&options->events);
    options->events.off = -1;
    ptm_check_options_default(&options->check);
    ptm_bench_options_default(&options->bench);
    ptm_pack_options_default(&options->pack);
    options->tolerance = options->check.tolerance;
}

/** A plain decimal number; hexadecimal, "inf" and "nan" are none. */
static bool parse_real(const char *text, double *value) {
    if (*text == '\0' || text[strspn(text, "0123456789.eE+-")] != '\0') return false;
    char *end;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

static bool parse_whole(const char *text, double *value) {
    const size_t digits = strspn(text, "0123456789");
    return digits > 0 && digits <= 15 && text[digits] == '\0' && parse_real(text, value);
}

/** Seconds, MM:SS or HH:MM:SS; the last part may have decimals, and parts after a colon stay under 60. */
static bool parse_time(const char *text, double *seconds) {
    double total = 0;
    for (int part = 0; part < 3; part++) {
        char digits[32];
        const size_t length = strcspn(text, ":");
        if (length == 0 || length >= sizeof digits) return false;
        memcpy(digits, text, length);
        digits[length] = '\0';
        double value;
        const bool last = text[length] == '\0';
        if (last ? digits[strspn(digits, "0123456789.")] || !parse_real(digits, &value) : !parse_whole(digits, &value))
            return false;
        if (part > 0 && value >= 60) return false;
        total = total * 60 + value;
        if (last) {
            *seconds = total;
            return true;
        }
        text += length + 1;
    }
    return false;
}

/** A whole number of bytes, or of the unit behind it: K, M, G or T, each 1024 of the one before. */
static bool parse_size(const char *text, double *bytes) {
    static const char units[] = "KMGT";
    char digits[24];
    const size_t length = strspn(text, "0123456789");
    const char *unit = text[length] ? strchr(units, text[length]) : NULL;
    if (length >= sizeof digits || (text[length] && (!unit || text[length + 1]))) return false;
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!parse_whole(digits, bytes)) return false;
    for (int i = 0; unit && i <= unit - units; i++) *bytes *= 1024;
    return true;
}

/** "I/N", 1 <= I <= N. */
static bool store_shard(struct shard *shard, const struct option_row *row, const char *text) {
    char index[16];
    const char *slash = strchr(text, '/');
    const size_t length = slash ? (size_t)(slash - text) : sizeof index;
    if (length >= sizeof index) return false;
    memcpy(index, text, length);
    index[length] = '\0';
    double part, count;
    if (!parse_whole(index, &part) || !parse_whole(slash + 1, &count)) return false;
    if (part < 1 || part > count || count > row->maximum) return false;
    *shard = (struct shard){(int)part, (int)count};
    return true;
}

int options_find_choice(const char *choices, const char *text) {
    const size_t length = strlen(text);
    for (int index = 0;; index++) {
        const size_t step = strcspn(choices, "|");
        if (step == length && strncmp(choices, text, length) == 0) return index;
        if (choices[step] == '\0') return -1;
        choices += step + 1;
    }
}

static bool complain_argument(const struct option_row *row, const char *shown, const char *argument) {
    char wanted[160] = "a text that is not empty";
    if (options_has_choices(row)) {
        snprintf(wanted, sizeof wanted, "one of %s", row->argument);
    } else if (row->kind == OPTION_TIME) {
        snprintf(wanted, sizeof wanted, "seconds or [HH:]MM:SS, from %.15g to %.15g s", row->minimum, row->maximum);
    } else if (row->kind == OPTION_SIZE) {
        snprintf(wanted, sizeof wanted, "a number of bytes, or one with K, M, G or T behind it, at least %.0fM",
                 row->minimum / 1048576);
    } else if (row->kind == OPTION_SHARD) {
        snprintf(wanted, sizeof wanted, "I/N, part I of N, with I from 1 to N and N up to %.15g", row->maximum);
    } else if (row->kind == OPTION_REAL || row->kind == OPTION_INT || row->kind == OPTION_INTS ||
               row->kind == OPTION_INT64) {
        snprintf(wanted, sizeof wanted, "a %s from %.15g to %.15g",
                 row->kind == OPTION_REAL ? "number" : "whole number", row->minimum, row->maximum);
    }
    text_complain("invalid argument '%s' for option %s; it should be %s", argument, shown, wanted);
    return false;
}

static bool store_number(void *field, const struct option_row *row, const char *argument) {
    double value;
    const bool parsed = row->kind == OPTION_TIME   ? parse_time(argument, &value)
                        : row->kind == OPTION_SIZE ? parse_size(argument, &value)
                        : row->kind == OPTION_REAL ? parse_real(argument, &value)
                                                   : parse_whole(argument, &value);
    if (!parsed || value < row->minimum || value > row->maximum) return false;
    if (row->kind == OPTION_INT)
        *(int *)field = (int)value;
    else if (row->kind == OPTION_INT64 || row->kind == OPTION_SIZE)
        *(int64_t *)field = (int64_t)value;
    else
        *(double *)field = value;
    return true;
}

static bool has_room(int count, int most, const char *shown) {
    if (count < most) return true;
    text_complain("option %s may be given %d times, no more", shown, most);
    return false;
}

static bool store_int(struct option_numbers *numbers, const struct option_row *row, const char *shown,
                      const char *argument) {
    double value;
    if (!parse_whole(argument, &value) || value < row->minimum || value > row->maximum)
        return complain_argument(row, shown, argument);
    if (!has_room(numbers->count, OPTIONS_MAX_NUMBERS, shown)) return false;
    numbers->items[numbers->count++] = (int)value;
    return true;
}

static bool store_list(struct option_list *list, const struct option_row *row, const char *shown, const char *item) {
    if (!has_room(list->count, (int)row->maximum, shown)) return false;
    list->items[list->count++] = item;
    return true;
}

static bool store_choice(void *field, const struct option_row *row, const char *shown, const char *argument) {
    const int index = options_find_choice(row->argument, argument);
    if (index < 0) return complain_argument(row, shown, argument);
    const int value = (int)row->minimum + index;
    struct option_numbers *choices = field;
    switch (row->kind) {
    case OPTION_NAME: *(const char **)field = argument; return true;
    case OPTION_CHOICE: *(int *)field = value; return true;
    default:
        if (!has_room(choices->count, (int)row->maximum, shown)) return false;
        choices->items[choices->count++] = value;
        return true;
    }
}

/** Stores the argument of an option that was written as `shown` ("--top", "-r"). */
static bool store(struct options *options, const struct option_row *row, const char *shown, const char *argument) {
    void *field = (char *)options + row->offset;
    if (row->kind == OPTION_SET) {
        *(int *)field = (int)row->minimum;
        return true;
    }
    if (*argument == '\0') return complain_argument(row, shown, argument);
    switch (row->kind) {
    case OPTION_TEXT: *(const char **)field = argument; return true;
    case OPTION_LIST: return store_list(field, row, shown, argument);
    case OPTION_SHARD: return store_shard(field, row, argument) || complain_argument(row, shown, argument);
    case OPTION_INTS: return store_int(field, row, shown, argument);
    case OPTION_NAME:
    case OPTION_CHOICES:
    case OPTION_CHOICE: return store_choice(field, row, shown, argument);
    default: return store_number(field, row, argument) || complain_argument(row, shown, argument);
    }
}

static const struct option_row *find_row(enum command command, const char *name, size_t length, char letter) {
    for (size_t i = 0; i < option_count; i++) {
        const struct option_row *row = &option_rows[i];
        const bool same =
            letter ? row->letter == letter : strlen(row->name) == length && !strncmp(row->name, name, length);
        if (same && options_takes(row, command)) return row;
    }
    return NULL;
}

const struct option_row *options_find(enum command command, const char *name) {
    return find_row(command, name, strlen(name), 0);
}

/** The arguments while they are read. */
struct reader {
    struct options *options;
    char **argv;
    int argc, next;
};

static bool complain_missing(const struct option_row *row, const char *shown) {
    text_complain("option %s needs an argument: %s", shown, row->argument);
    return false;
}

/** "--name", "--name=argument" or "--name argument". */
static bool read_long(struct reader *reader, const char *word) {
    const char *name = word + 2;
    const size_t length = strcspn(name, "=");
    const struct option_row *row = find_row(reader->options->command, name, length, 0);
    char shown[64];
    snprintf(shown, sizeof shown, "--%.*s", length < 56 ? (int)length : 56, name);
    if (!row) {
        text_complain("unknown option %s of '%s'", shown, command_rows[reader->options->command].name);
        return false;
    }
    const char *argument = name[length] == '=' ? name + length + 1 : NULL;
    if (row->kind == OPTION_SET && argument) {
        text_complain("option %s takes no argument", shown);
        return false;
    }
    if (row->kind != OPTION_SET && !argument) {
        if (reader->next >= reader->argc) return complain_missing(row, shown);
        argument = reader->argv[reader->next++];
    }
    return store(reader->options, row, shown, argument);
}

/** "-q", "-qv", "-m argument" or "-margument". */
static bool read_letters(struct reader *reader, const char *word) {
    for (const char *letter = word + 1; *letter; letter++) {
        const struct option_row *row = find_row(reader->options->command, NULL, 0, *letter);
        const char shown[3] = {'-', *letter, '\0'};
        if (!row) {
            text_complain("unknown option %s of '%s'", shown, command_rows[reader->options->command].name);
            return false;
        }
        if (row->kind == OPTION_SET) {
            if (!store(reader->options, row, shown, NULL)) return false;
            continue;
        }
        const char *argument = letter + 1;
        if (*argument == '\0') {
            if (reader->next >= reader->argc) return complain_missing(row, shown);
            argument = reader->argv[reader->next++];
        }
        return store(reader->options, row, shown, argument);
    }
    return true;
}

bool options_parse(struct options *options, enum command command, int argc, char **argv) {
    set_defaults(options, command);
    options->operands = argv;
    struct reader reader = {options, argv, argc, 0};
    bool ended = false;
    while (reader.next < argc) {
        char *word = argv[reader.next++];
        bool good = true;
        if (!ended && strcmp(word, "--") == 0)
            ended = true;
        else if (!ended && word[0] == '-' && word[1] == '-')
            good = read_long(&reader, word);
        else if (!ended && word[0] == '-' && word[1] != '\0')
            good = read_letters(&reader, word);
        else
            argv[options->num_operands++] = word;
        if (!good) {
            options_hint(command);
            return false;
        }
    }
    options->check.tolerance = (float)options->tolerance;
    options->classify.sampling = (ptm_sampling)options->sampling;
    options->classify.modalities = options_modalities(options);
    return true;
}
