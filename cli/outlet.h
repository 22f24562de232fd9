/* SPDX-License-Identifier: MIT */
/*
 * outlet: a stream to whoever reads the results. It waits for a slow reader, also where writes do not wait by
 * themselves (O_NONBLOCK), and sees signals meanwhile: they end the process where the reader then takes nothing for
 * some seconds.
 */
#ifndef POLYTOME_CLI_OUTLET_H
#define POLYTOME_CLI_OUTLET_H

#include <stdio.h>

/** As fdopen(file, "w"), and as little can be written to the terminal, pipe or file at once; but it has no fileno(). */
FILE *outlet_open(int file);

/** Before anything is written: standard output becomes such a stream. */
void outlet_begin(void);

#endif
