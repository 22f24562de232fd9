#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing of the packages that polytome needs, on Debian 12 or newer and Ubuntu 24.04 or newer.
#
#     scripts/deps.sh run        to build and run it
#     scripts/deps.sh test       to test it, too
#
# Looks first: where nothing is missing it does nothing, and needs neither the network nor root.
set -euo pipefail

# A package, and how to see that what it brings is here: a command, a pkg-config module, or a file (a pattern).
deps_run='
    gcc                     command  gcc
    libc6-dev               file     /usr/include/stdio.h
    cmake                   command  cmake
    ninja-build             command  ninja
    pkg-config              command  pkg-config
    libavformat-dev         module   libavformat >= 59
    libavcodec-dev          module   libavcodec >= 59
    libavdevice-dev         module   libavdevice >= 59
    libavutil-dev           module   libavutil >= 57
    libswscale-dev          module   libswscale >= 6
    libswresample-dev       module   libswresample >= 4
    libfftw3-dev            module   fftw3f
    libjansson-dev          module   jansson >= 2.13
    libopenblas-serial-dev  file     /usr/lib/*/openblas-serial/libopenblas.a
'
deps_test='
    clang                   command  clang
    clang-format            command  clang-format
    libclang-rt-dev         file     /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.asan-*.a
    libcunit1-dev           module   cunit
    ffmpeg                  command  ffmpeg
    jq                      command  jq
    locales                 file     /usr/share/i18n/locales/de_DE
    shellcheck              command  shellcheck
    strace                  command  strace
'

deps_stop() {
    echo "polytome: $*" >&2
    return 1
}

# deps_here KIND WHAT: is it on this machine?
deps_here() {
    case $1 in
    command) command -v "$2" > /dev/null ;;
    module) command -v pkg-config > /dev/null && pkg-config --exists "$2" ;;
    file) compgen -G "$2" > /dev/null ;;
    esac
}

# deps_missing GROUP: the packages of the group that are not here, one a line.
deps_missing() {
    local list=$deps_run package kind what
    if [ "$1" = test ]; then list+=$deps_test; fi
    while read -r package kind what; do
        if [ -n "$package" ] && ! deps_here "$kind" "$what"; then echo "$package"; fi
    done <<< "$list"
}

# deps_apt ARGUMENT...: apt-get that never asks, as root.
deps_apt() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    "${as_root[@]}" env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@"
}

# deps_install GROUP: makes sure that all packages of the group ("run" or "test") are here, or says why they cannot be.
deps_install() {
    local missing log retries=()
    missing=$(deps_missing "$1" | tr '\n' ' ')
    missing=${missing% }
    if [ -z "$missing" ]; then return 0; fi

    if ! command -v apt-get > /dev/null; then
        deps_stop "there is no apt-get here; install what these Debian packages bring, and run this again: $missing"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null; then
        deps_stop "installing needs root, and there is no sudo; run as root: apt-get install $missing"
        return 1
    fi
    echo "polytome: installing $missing (a minute or two)"
    log=$(mktemp)
    # An update can fail for a repository that has none of these packages: the installation is what counts. But where
    # nothing answers it should not be tried again and again, for minutes.
    deps_apt update > "$log" 2>&1 || true
    if grep -q -E 'Temporary failure resolving|Could not (connect|resolve)|Network is unreachable' "$log"; then
        retries=(-o Acquire::Retries=0)
    fi
    # shellcheck disable=SC2086 # one word a package
    if ! deps_apt "${retries[@]}" install --no-install-recommends $missing >> "$log" 2>&1; then
        grep -E '^(E|Err|W):' "$log" | tail -n 6 >&2 || tail -n 6 "$log" >&2
        rm -f "$log"
        deps_stop "apt-get could not install $missing; the lines above say why (no network? no such package in its sources?)"
        return 1
    fi
    rm -f "$log"

    missing=$(deps_missing "$1" | tr '\n' ' ')
    if [ -n "$missing" ]; then
        deps_stop "installed, but too old or not where they were expected: ${missing% }; Debian 12 and Ubuntu 24.04 have what is needed"
        return 1
    fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    case ${1:-} in
    run | test) deps_install "$1" ;;
    *)
        echo "usage: scripts/deps.sh run|test" >&2
        exit 2
        ;;
    esac
fi
