/* SPDX-License-Identifier: MIT */
/* inline: for the functions whose callers count on what they pass being a constant inside. */
#ifndef POLYTOME_BASE_INLINE_H
#define POLYTOME_BASE_INLINE_H

#define ALWAYS_INLINE inline __attribute__((always_inline))

#endif
