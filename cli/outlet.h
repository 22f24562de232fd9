/* SPDX-License-Identifier: MIT */
/*
 * outlet: a stream to whoever reads the results. It waits for a slow reader, also where writes do not wait by
 * themselves (O_NONBLOCK), and sees signals meanwhile: they end the process where the reader then takes nothing for
 * some seconds.
 */
#ifndef POLYTOME_CLI_OUTLET_H
#define POLYTOME_CLI_OUTLET_H

#include <stdio.h>

/** As fdopen(file, "w"), buffered likewise; but it has no fileno(). NULL where the descriptor cannot be written to. */
FILE *outlet_open(int file);

/** Before anything is written: standard output becomes such a stream. */
void outlet_begin(void);

#endif
