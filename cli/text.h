/* SPDX-License-Identifier: MIT */
/* text: strings that come from strangers (paths, labels, messages), shown without harm to a terminal. */
#ifndef POLYTOME_CLI_TEXT_H
#define POLYTOME_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** Bytes (1 to 4) of the well-formed UTF-8 sequence that `text` starts with; 0 where it is not one, or at the end. */
size_t text_sequence(const char *text);

/** A control character, ASCII's, DEL or one from U+0080 to U+009F: they all drive terminals. */
bool text_is_control(const char *text);

/** Is there nothing in a line but what separates words? */
bool text_is_blank(const char *line, size_t length);

/** Writes `text` with control characters and bytes that are no UTF-8 shown as \n, \t or \xNN. */
void text_print(FILE *stream, const char *text);

/** Columns that text_print() takes, at one for each character. */
int text_columns(const char *text);

/** Seconds for reading into `buffer`: "4.20 s", "1:02.40", "1:02:03.40". */
const char *text_seconds(char *buffer, size_t bytes, double seconds);

/** What a noun ends with behind that number: "s", or nothing behind 1. */
const char *text_plural(long long count);

/** One line on standard error: "polytome: " and the sentence, its arguments made harmless. */
void text_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Colours, bars and progress lines make sense on that descriptor: a terminal that is not a dumb one. */
bool text_is_terminal(int file);

#endif
