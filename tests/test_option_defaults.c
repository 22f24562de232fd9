/* SPDX-License-Identifier: MIT */
/* What the help of an option calls its default is what a run without the option starts from. */
#include "check.h"
#include "cli/options.h"

/** What stands behind "(default: " in the help of the option; NULL: nothing. */
static const char *stated_default(const struct option_row *row) {
    static const char introduction[] = "(default: ";
    const char *at = row->help ? strstr(row->help, introduction) : NULL;
    return at ? at + strlen(introduction) : NULL;
}

/** The number in the option's field; false where it holds none. */
static bool read_number(double *value, const struct options *options, const struct option_row *row) {
    const void *field = (const char *)options + row->offset;
    switch (row->kind) {
    case OPTION_INT: *value = *(const int *)field; return true;
    case OPTION_INT64:
    case OPTION_SIZE: *value = (double)*(const int64_t *)field; return true;
    case OPTION_REAL:
    case OPTION_TIME: *value = *(const double *)field; return true;
    default: return false;
    }
}

/** True where the help states a number and the field holds one. A field below its range waits for what is said
 * elsewhere. */
static bool check_number(const struct options *options, const struct option_row *row, const char *stated) {
    double value;
    char *end;
    const double wanted = strtod(stated, &end);
    if (end == stated || !read_number(&value, options, row) || value < row->minimum) return false;
    if (value != wanted) printf("\n    --%s is %g; its help says: %s\n", row->name, value, row->help);
    CU_ASSERT_EQUAL(value, wanted);
    return true;
}

/** The same for one of the words of the option, and nothing behind it. */
static bool check_choice(const struct options *options, const struct option_row *row, const char *stated) {
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)strcspn(stated, ")"), stated);
    const int index = row->kind == OPTION_CHOICE ? options_find_choice(row->argument, word) : -1;
    if (index < 0) return false;
    const int value = *(const int *)(const void *)((const char *)options + row->offset);
    if (value != (int)row->minimum + index) printf("\n    --%s: its help says: %s\n", row->name, row->help);
    CU_ASSERT_EQUAL(value, (int)row->minimum + index);
    return true;
}

static void test_stated(void) {
    int numbers = 0, choices = 0;
    for (int command = 0; command < COMMAND_COUNT; command++) {
        struct options options;
        CU_ASSERT_FATAL(options_parse(&options, (enum command)command, 0, NULL));
        for (size_t i = 0; i < option_count; i++) {
            const struct option_row *row = &option_rows[i];
            const char *stated = stated_default(row);
            if (!stated || !options_takes(row, (enum command)command)) continue;
            numbers += check_number(&options, row, stated);
            choices += check_choice(&options, row, stated);
        }
    }
    CU_ASSERT(numbers >= 40);
    CU_ASSERT(choices >= 8);
}

/** It depends on --on, so that the library is told only later. */
static void test_off(void) {
    ptm_event_options events;
    ptm_event_options_default(&events);
    const char *stated = stated_default(options_find(COMMAND_TIMELINE, "off"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(stated);
    CU_ASSERT_EQUAL(strtod(stated, NULL), events.off);
}

int main(void) {
    static const struct check_case cases[] = {
        {"what the help states", test_stated},
        {"--off", test_off},
    };
    return check_main("defaults of options", cases, CHECK_COUNT(cases));
}
