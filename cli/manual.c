/* SPDX-License-Identifier: MIT */
#include "manual.h"

#include <string.h>

enum { WIDTH = 100, INDENT = 28 };

/** Prints words, broken at spaces to fit WIDTH, each new line indented; the cursor is at `column`. */
static void print_wrapped(FILE *stream, const char *text, int column, int indent) {
    bool first = true;
    while (*text) {
        const int length = (int)strcspn(text, " \n");
        if (!first && column + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", length, text);
        column += length;
        text += length;
        first = false;
        if (*text == ' ') text++;
        if (*text == '\n') {
            const int lines = (int)strspn(text, "\n");
            for (int i = 0; i < lines; i++) fputc('\n', stream);
            fprintf(stream, "%*s", indent, "");
            text += lines;
            column = indent;
            first = true;
        }
    }
    fputc('\n', stream);
}

static void print_option(FILE *stream, const struct option_row *row) {
    int column = fprintf(stream, row->letter ? "  -%c, " : "      ", row->letter);
    column += fprintf(stream, "--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    if (column + 2 > INDENT) {
        fputc('\n', stream);
        column = 0;
    }
    fprintf(stream, "%*s", INDENT - column, "");
    print_wrapped(stream, row->help, INDENT, INDENT);
}

void manual_overview(FILE *stream) {
    fputs("polytome labels video clips, sound files and images with one Vision Transformer and token merging.\n\n"
          "Usage: polytome [COMMAND] [OPTION...] [FILE...]\n\nCommands:\n",
          stream);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-10s%s\n", command_rows[i].name, command_rows[i].summary);
    fputs("\n'polytome help COMMAND' shows the options of a command; 'polytome FILE...' is 'polytome classify "
          "FILE...'.\n",
          stream);
}

void manual_command(FILE *stream, enum command command) {
    const struct command_row *row = &command_rows[command];
    fprintf(stream, "polytome %s: %s\n\nUsage: polytome %s [OPTION...]%s%s\n", row->name, row->summary, row->name,
            *row->operands ? " " : "", row->operands);
    if (*row->details) {
        fputc('\n', stream);
        print_wrapped(stream, row->details, 0, 0);
    }
    fputs("\nOptions:\n", stream);
    for (size_t i = 0; i < option_count; i++)
        if (options_takes(&option_rows[i], command) && option_rows[i].help) print_option(stream, &option_rows[i]);
    if (*row->examples) {
        fputs("\nExamples:\n  ", stream);
        for (const char *c = row->examples; *c; c++) {
            fputc(*c, stream);
            if (*c == '\n') fputs("  ", stream);
        }
        fputc('\n', stream);
    }
}
