/* SPDX-License-Identifier: MIT */
#include "manual.h"

#include <string.h>

enum { WIDTH = 100, INDENT = 28 };

/** Prints words, broken at spaces to fit WIDTH, each new line indented; the cursor is at `column`. */
static void print_wrapped(FILE *stream, const char *text, int column, int indent) {
    bool first = true;
    while (*text) {
        const int length = (int)strcspn(text, " \n");
        if (!first && column + 1 + length > WIDTH) {
            fprintf(stream, "\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", length, text);
        column += length;
        text += length;
        first = false;
        if (*text == ' ') text++;
        if (*text == '\n') {
            const int lines = (int)strspn(text, "\n");
            for (int i = 0; i < lines; i++) fputc('\n', stream);
            fprintf(stream, "%*s", indent, "");
            text += lines;
            column = indent;
            first = true;
        }
    }
    fputc('\n', stream);
}

static void print_option(FILE *stream, const struct option_row *row) {
    int column = fprintf(stream, row->letter ? "  -%c, " : "      ", row->letter);
    column += fprintf(stream, "--%s%s%s", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    if (column + 2 > INDENT) {
        fputc('\n', stream);
        column = 0;
    }
    fprintf(stream, "%*s", INDENT - column, "");
    print_wrapped(stream, row->help, INDENT, INDENT);
}

void manual_overview(FILE *stream) {
    fputs("polytome labels video clips, sound files and images with one Vision Transformer and token merging.\n\n"
          "Usage: polytome [COMMAND] [OPTION...] [FILE...]\n\nCommands:\n",
          stream);
    for (int i = 0; i < COMMAND_COUNT; i++)
        fprintf(stream, "  %-10s%s\n", command_rows[i].name, command_rows[i].summary);
    fputs("\n'polytome help COMMAND' shows the options of a command; 'polytome FILE...' is 'polytome classify "
          "FILE...'.\n",
          stream);
}

void manual_command(FILE *stream, enum command command) {
    const struct command_row *row = &command_rows[command];
    fprintf(stream, "polytome %s: %s\n\nUsage: polytome %s [OPTION...]%s%s\n", row->name, row->summary, row->name,
            *row->operands ? " " : "", row->operands);
    if (*row->details) {
        fputc('\n', stream);
        print_wrapped(stream, row->details, 0, 0);
    }
    fputs("\nOptions:\n", stream);
    for (size_t i = 0; i < option_count; i++)
        if (options_takes(&option_rows[i], command) && option_rows[i].help) print_option(stream, &option_rows[i]);
    if (*row->examples) {
        fputs("\nExamples:\n  ", stream);
        for (const char *c = row->examples; *c; c++) {
            fputc(*c, stream);
            if (*c == '\n') fputs("  ", stream);
        }
        fputc('\n', stream);
    }
}

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

/** The long options of a command, as words for compgen. */
static void completion_words(FILE *stream, enum command command) {
    for (size_t i = 0; i < option_count; i++)
        if (options_takes(&option_rows[i], command) && option_rows[i].help)
            fprintf(stream, " --%s", option_rows[i].name);
}

/** An arm of `case`: the words that may follow an option whose argument is a choice. */
static void completion_choice(FILE *stream, const char *command, const struct option_row *row) {
    fprintf(stream, "    %s\" --%s\") words=\"", command, row->name);
    for (const char *c = row->argument; *c; c++) fputc(*c == '|' ? ' ' : *c, stream);
    fputs("\" ;;\n", stream);
}

/** For each command, as options of one name differ; those of classify are last, which may be left out. */
static void completion_choices(FILE *stream) {
    for (int command = COMMAND_COUNT - 1; command >= 0; command--)
        for (size_t i = 0; i < option_count; i++) {
            const struct option_row *row = &option_rows[i];
            if (options_has_choices(row) && row->help && options_takes(row, (enum command)command))
                completion_choice(stream, command == COMMAND_CLASSIFY ? "*" : command_rows[command].name, row);
        }
}

void manual_completion(FILE *stream) {
    fputs("# bash completion for polytome\n"
          "_polytome() {\n"
          "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" words=\n"
          "  local word\n"
          "  COMPREPLY=()\n"
          "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
          "    if [[ $word == -- ]]; then return; fi # what follows are files\n"
          "  done\n"
          "  if [[ $current == = ]]; then # \"--only=v\" is three words\n"
          "    current=\n"
          "  elif [[ $previous == = ]]; then\n"
          "    previous=\"${COMP_WORDS[COMP_CWORD-2]}\"\n"
          "  fi\n"
          "  case \"${COMP_WORDS[1]} $previous\" in\n",
          stream);
    completion_choices(stream);
    fputs("  esac\n"
          "  if [[ -z $words && $current == -* ]]; then\n"
          "    case \"${COMP_WORDS[1]}\" in\n",
          stream);
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (i == COMMAND_CLASSIFY) continue;
        fprintf(stream, "    %s) words=\"", command_rows[i].name);
        completion_words(stream, (enum command)i);
        fputs("\" ;;\n", stream);
    }
    fputs("    *) words=\"", stream);
    completion_words(stream, COMMAND_CLASSIFY);
    fputs("\" ;;\n"
          "    esac\n"
          "  elif [[ -z $words && ($COMP_CWORD == 1 || ($COMP_CWORD == 2 && ${COMP_WORDS[1]} == help)) ]]; then\n"
          "    words=\"",
          stream);
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(stream, " %s", command_rows[i].name);
    fputs("\"\n"
          "  fi\n"
          "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "  if [[ $COMP_CWORD == 1 && $current != -* ]]; then\n"
          "    local files\n"
          "    mapfile -t files < <(compgen -f -- \"$current\")\n"
          "    COMPREPLY+=(\"${files[@]}\")\n"
          "    compopt -o filenames 2>/dev/null || :\n"
          "  fi\n"
          "}\n"
          "complete -o default -F _polytome polytome\n",
          stream);
}
