/* SPDX-License-Identifier: MIT */
#include "name_hint.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/** Does the name begin as addresses in the network do, with letters and "://"? */
static bool has_scheme(const char *name) {
    size_t letters = 0;
    while (isalpha((unsigned char)name[letters])) letters++;
    return letters > 0 && strncmp(name + letters, "://", 3) == 0;
}

const char *name_hint(const char *name, ptm_status status) {
    const size_t length = strlen(name);
    if (status != PTM_EIO) return "";
    if (length > 0 && name[length - 1] == '\r')
        return " (the name ends in a carriage return, as where a list has the line ends of Windows)";
    if (strncmp(name, "file://", 7) == 0) return " (leave out file://)";
    if (has_scheme(name)) return " (only files are read here; 'polytome stream URL' reads the network)";
    return "";
}
