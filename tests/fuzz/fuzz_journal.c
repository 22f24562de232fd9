/* SPDX-License-Identifier: MIT */
/*
 * fuzz_journal: a line of a journal. No fuzzer finds a hash, so that the input is tried as it is and once more with the
 * right sum behind it; what is read is written, and must then be read as the same.
 */
#include "fuzz.h"

#include "cli/hash.h"
#include "cli/journal_line.h"

#include <string.h>

static void write_again(const struct journal_line *line) {
    size_t bytes = 0;
    char *text = journal_line_write(line, &bytes);
    FUZZ_ASSERT(text && bytes == strlen(text) && text[bytes - 1] == '\n');
    struct journal_line again;
    FUZZ_ASSERT(journal_line_read(&again, text, bytes - 1));
    FUZZ_ASSERT(again.kind == line->kind && again.settings == line->settings && strcmp(again.text, line->text) == 0);
    if (line->kind == JOURNAL_FILE) {
        FUZZ_ASSERT(strcmp(again.path, line->path) == 0 && stamp_equal(&again.stamp, &line->stamp));
        FUZZ_ASSERT(journal_line_key(&again) == journal_line_key(line));
    }
    journal_line_free(&again);
    free(text);
}

static void try_line(const char *text, size_t bytes) {
    struct journal_line line;
    if (journal_line_read(&line, text, bytes)) write_again(&line);
    FUZZ_ASSERT(bytes > 0 || !line.text);
    journal_line_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes > FUZZ_MAX_BYTES) return 0;
    try_line((const char *)data, bytes);
    char digits[17], *proved = malloc(bytes + 64);
    FUZZ_ASSERT(proved);
    memcpy(proved, data, bytes);
    hash_print(digits, hash_bytes(HASH_START, data, bytes));
    const int end = snprintf(proved + bytes, 64, ",\"sum\":\"%s\"}", digits);
    try_line(proved, bytes + (size_t)end);
    free(proved);
    return 0;
}
