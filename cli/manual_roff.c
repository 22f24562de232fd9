/* SPDX-License-Identifier: MIT */
/* polytome.1, in roff. */
#include "manual.h"

static const char json_section[] =
    "With --format json each file is one line, one object, whose keys keep their order. \"schema\" is 1. \"path\" is "
    "the path as it was given or found, null for a line of a list that is wrong, whose number is \"line\"; bytes of it "
    "that are not UTF-8 are replaced by U+FFFD, and \"path_bytes\" then holds the exact path in hexadecimal. \"id\" is "
    "the one that a list read with --jsonl gave. \"status\" is \"ok\" or \"error\". \"duration\" is in seconds, as the "
    "file's header says. \"video\" and \"audio\" are null where they were not asked for or no model brings them, an "
    "object with \"missing\" where the file does not have them, else \"model\", \"labels\", \"windows\", \"coverage\" "
    "and \"tokens\": \"in\", \"out\", \"r\", with --static \"static\", the share left out where some was, and with "
    "--trace \"trace\", those that enter each block, then those that leave the last. \"image\" is the same, and stands "
    "there only where an image model was given: null for a file that the video model labels. \"fused\" holds the "
    "labels that video and sound share, or null. A label has \"label\", its \"index\", \"score\" and, with --logits, "
    "\"logit\". \"ms\" holds the milliseconds of decoding, features and network. \"error\" is null or has \"code\" and "
    "\"message\".\n\n"
    "\"coverage\" says what was looked at: \"sampling\", \"from\" and \"to\" in seconds, \"padded\" seconds, "
    "\"frames_decoded\" and \"frames_used\" or \"samples_used\", \"rotation\" in degrees clockwise, \"clock\" "
    "(\"time_stamps\", or \"frame_rate\" where the file has none) and \"decode_errors\", the damaged packets passed "
    "over. \"frames_decoded\" counts the frames gone through; of a long file those that lead to no wanted one are not "
    "decoded. The same file gives the same bytes, apart from \"ms\", for any number of threads and in any order of "
    "files.\n\n"
    "The lines of timeline and stream have a \"kind\". \"window\" has \"modality\", \"model\", its number \"window\", "
    "\"start\" and \"end\" of what was looked at, \"from\" and \"to\" of what the answer stands for, \"padded\", "
    "\"labels\", \"tokens\" and \"ms\"; by stream also \"arrived\" and \"dropped\", and \"ms\" has its \"latency\". "
    "\"event\" has \"modality\", \"start\", \"end\", \"label\", \"index\", \"mean\" and \"peak\" of its scores, and "
    "\"windows\". The closing line of timeline is \"file\", as above; that of stream is \"source\", which counts "
    "windows, losses, connections and damage and has \"latency_ms\".\n\n"
    "compare prints one object: \"a\" and \"b\" say what was asked for, \"files\" and \"failed\" count, and \"video\", "
    "\"audio\" and \"image\" are null where nothing was compared, else \"model\", \"files\", \"agreement\" (the part "
    "of the files whose best label is the same), \"logit_difference\" (\"mean\" and \"max\"), \"score_difference\" (of "
    "A's best label, the mean), \"tokens\" and \"flips\" (the files whose best label differs). \"ms\" holds the "
    "network time of A and of B over all files, and their \"ratio\".\n\n"
    "bench prints a line a row, with \"bench\": \"network\" and \"model\", \"modality\", \"r\", \"precision\", "
    "\"instruction\", \"attention\", \"threads\", \"batch\", \"tokens\" of each block, \"gflop\", \"runs\", \"ms\" of "
    "the fastest pass, its median and its stages, \"speed_up\" over the first row, \"gflops\", \"gemm_gflops\" and "
    "\"peak_bytes\"; and a line a file, with \"bench\": \"file\" and \"path\", \"duration\", \"ms\" of \"decode\", "
    "\"features\" and \"network\", \"video\", \"audio\" or \"image\" with their \"r\" and the \"tokens\" of each "
    "block, and \"peak_bytes\", or \"error\" in place of these. info prints a line a model: \"name\", \"family\", "
    "\"licence\", \"source\", \"backbone\", and each modality with what it takes.";

/** Text for roff: backslashes and hyphens are escaped, an empty line is a paragraph, a leading dot or quote is text. */
static void print_roff(FILE *stream, const char *text) {
    bool line_start = true;
    for (; *text; text++) {
        if (text[0] == '\n' && text[1] == '\n') {
            fputs("\n.PP\n", stream);
            text++;
            line_start = true;
            continue;
        }
        if (line_start && (*text == '.' || *text == '\'')) fputs("\\&", stream);
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else
            fputc(*text, stream);
        line_start = *text == '\n';
    }
}

static void roff_option(FILE *stream, const struct option_row *row) {
    fputs(".TP\n\\fB", stream);
    if (row->letter) fprintf(stream, "\\-%c\\fR, \\fB", row->letter);
    fputs("\\-\\-", stream);
    print_roff(stream, row->name);
    fputs("\\fR", stream);
    if (row->argument) {
        fputs(" \\fI", stream);
        print_roff(stream, row->argument);
        fputs("\\fR", stream);
    }
    fputc('\n', stream);
    print_roff(stream, row->help);
    fputc('\n', stream);
}

static void roff_command(FILE *stream, enum command command) {
    const struct command_row *row = &command_rows[command];
    fprintf(stream, ".SS %s\n\\fBpolytome %s\\fR [\\fIOPTION\\fR...] ", row->name, row->name);
    print_roff(stream, row->operands);
    fputs("\n.PP\n", stream);
    print_roff(stream, row->summary);
    fputs(".\n", stream);
    if (*row->details) {
        fputs(".PP\n", stream);
        print_roff(stream, row->details);
        fputc('\n', stream);
    }
    for (size_t i = 0; i < option_count; i++)
        if (options_takes(&option_rows[i], command) && option_rows[i].help) roff_option(stream, &option_rows[i]);
    if (*row->examples) {
        fputs(".PP\nExamples:\n.PP\n.nf\n.RS 4\n", stream);
        print_roff(stream, row->examples);
        fputs("\n.RE\n.fi\n", stream);
    }
}

static void roff_section(FILE *stream, const char *title, const char *text) {
    fprintf(stream, ".SH %s\n", title);
    print_roff(stream, text);
    fputc('\n', stream);
}

void manual_roff(FILE *stream) {
    fprintf(stream, ".TH POLYTOME 1 \"\" \"polytome %s\" \"User Commands\"\n", ptm_version());
    fputs(".SH NAME\npolytome \\- label video clips, sound files and images\n"
          ".SH SYNOPSIS\n\\fBpolytome\\fR [\\fICOMMAND\\fR] [\\fIOPTION\\fR...] [\\fIFILE\\fR...]\n",
          stream);
    roff_section(
        stream, "DESCRIPTION",
        "polytome labels video clips, sound files and images on an ordinary processor, with one Vision "
        "Transformer for all and token merging (ToMe), which joins similar tokens from block to block. Results go to "
        "standard output and all else to standard error. An argument that starts with - is an option until "
        "-- is met.");
    fputs(".SH COMMANDS\n", stream);
    for (int i = 0; i < COMMAND_COUNT; i++) roff_command(stream, (enum command)i);
    roff_section(stream, "JSON", json_section);
    roff_section(stream, "EXIT STATUS",
                 "0 where all went well, 1 where some input failed or a check differs, 2 for wrong usage, 3 where the "
                 "model, the list, the memory or the place for the results fails, 130 when interrupted; what was done "
                 "by then is kept.");
    roff_section(stream, "ENVIRONMENT",
                 "POLYTOME_MODEL is the model to use where none is named. NO_COLOR, when set and not empty, keeps "
                 "colours off.");
}
