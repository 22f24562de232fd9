#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Asks one `polytome serve` about each file that is named, and prints the best label of each: serve.sh FILE...
# POLYTOME: the program; needs jq.
set -euo pipefail

coproc SERVER { exec "${POLYTOME:-polytome}" serve --top 1; }
for path; do
    jq -n -c --arg path "$path" '{id: $path, path: $path}' >&"${SERVER[1]}"
    read -r answer <&"${SERVER[0]}"
    jq -r '.error.message // "\(.id): \([.video, .audio | .labels[0].label? // empty] | join(", "))"' <<<"$answer"
done
server=$SERVER_PID requests=${SERVER[1]}
exec {requests}>&- # the end of the requests ends it
wait "$server"
