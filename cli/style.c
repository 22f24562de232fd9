/* SPDX-License-Identifier: MIT */
#include "style.h"

#include <stdlib.h>

struct report_style style_choose(const struct options *options, const struct engine *engine, bool terminal) {
    const char *no_colour = getenv("NO_COLOR");
    ptm_model_info image;
    return (struct report_style){.top = options->top,
                                 .threshold = options->threshold,
                                 .logits = options->logits,
                                 .trace = options->trace,
                                 .image = engine_get_info(engine, PTM_IMAGE, &image),
                                 .terminal = terminal,
                                 .colour = terminal && !(no_colour && *no_colour)};
}
