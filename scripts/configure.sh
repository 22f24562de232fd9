# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the scripts that build.

# cache_value BUILD NAME: what CMake knew of itself when it configured that folder; nothing where it never did.
cache_value() {
    sed -n "s/^$2:INTERNAL=//p" "$1/CMakeCache.txt" 2> /dev/null || true
}

# configure PRESET BUILD: CMake's configuration of these sources. A build folder that was moved or copied with its sources,
# or is seen under another path, is configured anew: CMake would refuse it.
configure() {
    local preset=$1 build=$2 sources
    sources=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    if ! [ "$(cache_value "$build" CMAKE_HOME_DIRECTORY)" -ef "$sources" ] ||
        ! [ "$(cache_value "$build" CMAKE_CACHEFILE_DIR)" -ef "$build" ]; then
        rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
    fi
    (cd "$sources" && cmake --preset "$preset" -B "$build")
}
