#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a bare Debian or Ubuntu machine to labels: installs what is missing, builds, and labels the clips and sounds in
# samples/ with the model that ships inside. Safe to run again.
#
# POLYTOME_BUILD_ROOT: where to build; default: build/ beside this folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/deps.sh
. "$root/scripts/deps.sh"
# shellcheck source=scripts/configure.sh
. "$root/scripts/configure.sh"
deps_install run

builds=${POLYTOME_BUILD_ROOT:-$root/build}
mkdir -p "$builds"
builds=$(cd "$builds" && pwd)
build=$builds/release
log=$builds/demo.log
echo "polytome: building in $build"
if ! (configure release "$build" && cmake --build "$build") > "$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "polytome: the build failed; all that it printed is in $log" >&2
    exit 1
fi

cd "$root"
exec "$build/cli/polytome" classify --top 3 samples/
