/* SPDX-License-Identifier: MIT */
/* pack: models into one file. */
#include "commands.h"
#include "signals.h"
#include "text.h"

#include <string.h>
#include <sys/stat.h>

/** One line on what was written; a device or a pipe has no size. */
static void say(const char *output) {
    struct stat status;
    if (stat(output, &status) != 0 || !S_ISREG(status.st_mode)) return;
    fputs("polytome: wrote ", stderr);
    text_print(stderr, output);
    fprintf(stderr, ": %.1f MiB\n", (double)status.st_size / (1 << 20));
}

enum exit_status cmd_pack(const struct options *options) {
    if (options->num_operands == 0) return engine_refuse(COMMAND_PACK, "the command 'pack' takes at least one model");
    if (!options->output) return engine_refuse(COMMAND_PACK, "say with -o where the packed file goes");
    ptm_pack_options pack = options->pack;
    pack.video_r = pack.audio_r = pack.image_r = options->recommended;
    ptm_error err = {0};
    const bool piped = strcmp(options->output, "-") == 0;
    const char *output = piped ? "/dev/stdout" : options->output;
    pack.cancelled = signals_interrupted;
    signals_catch(NULL);
    const ptm_status status =
        ptm_pack((const char *const *)options->operands, options->num_operands, output, &pack, &err);
    if (status == PTM_EINTERRUPTED) return STATUS_INTERRUPTED;
    if (status != PTM_OK) return engine_complain(&err);
    if (options->verbosity >= 0 && !piped) say(output);
    return STATUS_GOOD;
}
