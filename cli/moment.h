/* SPDX-License-Identifier: MIT */
/* moment: seconds of a clock that is never set. */
#ifndef POLYTOME_CLI_MOMENT_H
#define POLYTOME_CLI_MOMENT_H

double moment_now(void);

#endif
