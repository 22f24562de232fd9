/* SPDX-License-Identifier: MIT */
/* Completion for bash. */
#include "manual.h"

#include <string.h>

/* A word between two % stands for what the tables say. */
static const char script[] =
    "# bash completion for polytome\n"
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
    "  case \"${COMP_WORDS[1]} $previous\" in\n"
    "%CHOICES%"
    "  esac\n"
    "  if [[ -z $words && $current == -* ]]; then\n"
    "    case \"${COMP_WORDS[1]}\" in\n"
    "%OPTIONS%"
    "    esac\n"
    "  elif [[ -z $words && ($COMP_CWORD == 1 || ($COMP_CWORD == 2 && ${COMP_WORDS[1]} == help)) ]]; then\n"
    "    words=\"%COMMANDS%\"\n"
    "  fi\n"
    "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
    "  if [[ $COMP_CWORD == 1 && $current != -* ]]; then\n"
    "    local files\n"
    "    mapfile -t files < <(compgen -f -- \"$current\")\n"
    "    COMPREPLY+=(\"${files[@]}\")\n"
    "    compopt -o filenames 2>/dev/null || :\n"
    "  fi\n"
    "}\n"
    "complete -o default -F _polytome polytome\n";

/** An arm of `case`: the words that may follow an option whose argument is a choice. */
static void print_choice(FILE *stream, const char *command, const struct option_row *row) {
    fprintf(stream, "    %s\" --%s\") words=\"", command, row->name);
    for (const char *c = row->argument; *c; c++) fputc(*c == '|' ? ' ' : *c, stream);
    fputs("\" ;;\n", stream);
}

/** For each command, as options of one name differ; those of classify are last, which may be left out. */
static void print_choices(FILE *stream) {
    for (int command = COMMAND_COUNT - 1; command >= 0; command--)
        for (size_t i = 0; i < option_count; i++) {
            const struct option_row *row = &option_rows[i];
            if (options_has_choices(row) && row->help && options_takes(row, (enum command)command))
                print_choice(stream, command == COMMAND_CLASSIFY ? "*" : command_rows[command].name, row);
        }
}

/** An arm of `case`: the long options of a command. */
static void print_long(FILE *stream, const char *pattern, enum command command) {
    fprintf(stream, "    %s) words=\"", pattern);
    for (size_t i = 0; i < option_count; i++)
        if (options_takes(&option_rows[i], command) && option_rows[i].help)
            fprintf(stream, " --%s", option_rows[i].name);
    fputs("\" ;;\n", stream);
}

/** For each command; those of classify are last, as above. */
static void print_options(FILE *stream) {
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (i != COMMAND_CLASSIFY) print_long(stream, command_rows[i].name, (enum command)i);
    print_long(stream, "*", COMMAND_CLASSIFY);
}

static void print_commands(FILE *stream) {
    for (int i = 0; i < COMMAND_COUNT; i++) fprintf(stream, " %s", command_rows[i].name);
}

void manual_completion(FILE *stream) {
    static const struct {
        const char *word;
        void (*print)(FILE *stream);
    } parts[] = {{"%CHOICES%", print_choices}, {"%OPTIONS%", print_options}, {"%COMMANDS%", print_commands}};
    const char *rest = script;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *word = strstr(rest, parts[i].word);
        fwrite(rest, 1, (size_t)(word - rest), stream);
        parts[i].print(stream);
        rest = word + strlen(parts[i].word);
    }
    fputs(rest, stream);
}
