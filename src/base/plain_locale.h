/* SPDX-License-Identifier: MIT */
/* plain_locale: numbers with a decimal point, for uselocale(), whatever the process's own locale is. */
#ifndef POLYTOME_BASE_PLAIN_LOCALE_H
#define POLYTOME_BASE_PLAIN_LOCALE_H

#include <locale.h>

/** The "C" locale, all of it: C libraries have that already, so that nothing is allocated, nor to be freed. */
static inline locale_t plain_locale(void) {
    return newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

#endif
