/* SPDX-License-Identifier: MIT */
/* commands: one function for each command of the table. */
#ifndef POLYTOME_CLI_COMMANDS_H
#define POLYTOME_CLI_COMMANDS_H

#include "engine.h"

enum exit_status cmd_classify(const struct options *options);
enum exit_status cmd_timeline(const struct options *options);
enum exit_status cmd_stream(const struct options *options);
enum exit_status cmd_compare(const struct options *options);
enum exit_status cmd_explain(const struct options *options);
enum exit_status cmd_check(const struct options *options);
enum exit_status cmd_info(const struct options *options);
enum exit_status cmd_bench(const struct options *options);
enum exit_status cmd_pack(const struct options *options);
enum exit_status cmd_serve(const struct options *options);

#endif
