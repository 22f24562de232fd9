#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds all for arm64 on another machine and runs its test programs and some cases of the command line in an emulator:
# that NEON's kernels keep to the scalar ones, that models give the reference's logits, that the rest is at home there.
#
#     scripts/test_arm64.sh [TESTS]    TESTS: those whose names match, as ctest -R has it; default: what the processor
#                                      matters to, about half an hour on two cores
#
# Debian's packages for arm64 are unpacked beside the build, not installed; the compiler and the emulator are installed
# where they are missing; that and the build are 700 MB. test_batch, whose subject is what share a pass, would take as long
# as all others. POLYTOME_BUILD_ROOT: where to build; default: build/ beside this folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/deps.sh
. "$root/scripts/deps.sh"

# shellcheck disable=SC2034 # what deps_install looks at
deps_run='
    cmake                   command  cmake
    ninja-build             command  ninja
    pkg-config              command  pkg-config
    gcc-aarch64-linux-gnu   command  aarch64-linux-gnu-gcc
    qemu-user               command  qemu-aarch64
    jq                      command  jq
'
packages=(libc6-dev libavformat-dev libavcodec-dev libavdevice-dev libavutil-dev libswscale-dev libswresample-dev
    libfftw3-dev libjansson-dev libopenblas-serial-dev libcunit1-dev)
cases='check|compare|image|info|json|pack|precision|reference|samples|version'
tests=${1:-"^(test_.*|fuzz_.*|kernel_check|cli_($cases))\$"}

build=${POLYTOME_BUILD_ROOT:-$root/build}/arm64
mkdir -p "$build"
build=$(cd "$build" && pwd)
sysroot=$build/root

# An apt that knows arm64 only, and writes nothing outside of the build.
apt_arm64() {
    local state=$build/apt
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    touch "$state/status"
    apt-get -q -y -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Install-Recommends=false \
        -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state" "$@"
}

make_sysroot() {
    local package
    apt_arm64 update && apt_arm64 --download-only install "${packages[@]}" && mkdir -p "$sysroot" || return 1
    for package in "$build"/apt/archives/*.deb; do dpkg-deb -x "$package" "$sysroot" || return 1; done
    touch "$sysroot/complete"
}

deps_install run
[ -e "$sysroot/complete" ] || make_sysroot > "$build/sysroot.log" 2>&1 || {
    tail -n 5 "$build/sysroot.log" >&2
    deps_stop "the packages for arm64 could not be had; the lines above say why ($build/sysroot.log)"
    exit 1
}

cmake -S "$root" -B "$build/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DPOLYTOME_WERROR=ON \
    -DCMAKE_TOOLCHAIN_FILE="$root/cmake/arm64.cmake" -DCMAKE_SYSROOT="$sysroot"
cmake --build "$build/build"
ctest --test-dir "$build/build" --output-on-failure --timeout 3600 -j 2 -R "$tests" -E '^test_batch$'
