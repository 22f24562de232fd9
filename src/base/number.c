/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include "base/plain_locale.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

double number_read(const char *text, const char **end) {
    const char *digits = text + (*text == '-' || *text == '+');
    const bool decimal = strchr("0123456789.", *digits) && *digits;
    *end = text;
    if (!decimal) return 0;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) { /* the number is that 0 */
        *end = digits + 1;
        return 0;
    }
    /* Of this thread alone: the program's own locale stays as it is. */
    const locale_t before = uselocale(plain_locale());
    char *behind;
    const double value = strtod(text, &behind);
    uselocale(before);
    *end = behind;
    return value;
}
