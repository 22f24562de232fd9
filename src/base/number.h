/* SPDX-License-Identifier: MIT */
/* number: decimal numbers in texts, whatever locale the program has set. */
#ifndef POLYTOME_BASE_NUMBER_H
#define POLYTOME_BASE_NUMBER_H

/** As strtod() in the C locale, but decimal only: neither hexadecimal, nor "inf" or "nan". *end: behind the number, or
 * `text` where there is none. */
double number_read(const char *text, const char **end);

#endif
