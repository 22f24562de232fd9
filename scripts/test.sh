#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All set-up and all tests. Installs what is missing, builds every configuration in its own folder, runs what there is to
# run, and ends with one line "N passed, N failed"; exit code 1 where something failed.
#
#     scripts/test.sh            everything, in well under 25 minutes on two cores
#     scripts/test.sh --quick    gcc and its tests only
#     scripts/test.sh --long     everything, each fuzz target for 10 minutes, and POLYTOME_TEST_LONG=1: ten thousand files
#
# POLYTOME_BUILD_ROOT: where to build; default: build/ beside this folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
# shellcheck source=scripts/deps.sh
. "$root/scripts/deps.sh"
# shellcheck source=scripts/configure.sh
. "$root/scripts/configure.sh"

tier=all
fuzz_seconds=30
case ${1:-} in
'') ;;
--quick) tier=quick ;;
--long)
    fuzz_seconds=600
    export POLYTOME_TEST_LONG=1
    ;;
*)
    echo "usage: scripts/test.sh [--quick|--long]" >&2
    exit 2
    ;;
esac

deps_install test
builds=${POLYTOME_BUILD_ROOT:-$root/build}
unset POLYTOME_MODEL POLYTOME_TEST_CPU OPENBLAS_CORETYPE # what the tests look at is theirs
logs=$builds/logs
mkdir -p "$logs"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Sanitizers of clang 14 cannot place their shadow memory where the kernel spreads addresses too widely.
fixed_addresses=()
if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2> /dev/null || echo 0)" -gt 28 ] && setarch -R true 2> /dev/null; then
    fixed_addresses=(setarch -R)
fi

passed=0
failed=0
skipped=0

# run NAME COMMAND...: the command, its output into a log, its exit code into `status`. Never called as a condition: bash
# would then pass over what fails inside of the command, when that is a function.
run() {
    local log=$logs/${1//[^A-Za-z0-9_+-]/-}.log
    shift
    set +e
    (set -e; "$@") > "$log" 2>&1
    status=$?
    set -e
}

# report NAME STATUS START CLOSING: one line for what ran; the end of its log where it failed.
report() {
    local log=$logs/${1//[^A-Za-z0-9_+-]/-}.log verdict=ok
    if [ "$2" -ne 0 ]; then
        verdict=FAILED
        tail -n 60 "$log" | sed 's/^/    /'
        echo "    (all of it: $log)"
    fi
    printf '%-6s  %-34s %5d s  %s\n' "$verdict" "$1" $((SECONDS - $3)) "$4"
}

# count NAME STATUS START: as one test, with the last line of its log.
count() {
    if [ "$2" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
    report "$@" "$(tail -n 1 "$logs/${1//[^A-Za-z0-9_+-]/-}.log" | cut -c 1-100)"
}

# check NAME COMMAND...: counts as one test.
check() {
    local start=$SECONDS status
    run "$@"
    count "$1" "$status" "$start"
}

# check_two_at_a_time FUNCTION NAME...: check "FUNCTION NAME" FUNCTION NAME, for each.
check_two_at_a_time() {
    local function=$1 name status seconds
    shift
    for name; do
        while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
        (
            begun=$SECONDS
            run "$function $name" "$function" "$name"
            echo "$status $((SECONDS - begun))" > "$scratch/$function-$name.status"
        ) &
    done
    wait
    for name; do
        read -r status seconds < "$scratch/$function-$name.status"
        count "$function $name" "$status" $((SECONDS - seconds))
    done
}

# suite NAME BUILD ARGUMENT...: ctest; counts as many tests as its closing line says, or as one failure without one. Those
# that this machine cannot run (as root, without more test data) are counted apart.
suite() {
    local name=$1 build=$2 start=$SECONDS status closing log left_out
    shift 2
    log=$logs/${name//[^A-Za-z0-9_+-]/-}.log
    run "$name" "${fixed_addresses[@]}" ctest --test-dir "$builds/$build" --output-on-failure --no-tests=error \
        --timeout 900 -j 3 "$@" # some only wait for a clock
    closing=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" || true)
    if [[ $closing =~ ,\ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]]; then
        left_out=$(grep -c '\*\*\*Skipped' "$log" || true)
        failed=$((failed + BASH_REMATCH[1]))
        passed=$((passed + BASH_REMATCH[2] - BASH_REMATCH[1] - left_out))
        skipped=$((skipped + left_out))
        if [ "$left_out" -gt 0 ]; then closing="$closing, $left_out skipped"; fi
        if [ "$status" -ne 0 ] && [ "${BASH_REMATCH[1]}" -eq 0 ]; then failed=$((failed + 1)); fi
    else
        failed=$((failed + 1))
        status=1
    fi
    report "$name" "$status" "$start" "$closing"
}

# build PRESET [TARGET...]
build() {
    local preset=$1 targets=()
    shift
    if [ $# -gt 0 ]; then targets=(--target "$@"); fi
    configure "$preset" "$builds/$preset"
    "${fixed_addresses[@]}" cmake --build "$builds/$preset" -j 2 "${targets[@]}"
}

# ---------------------------------------------------------------- the sources

sources() {
    find include src models pipelines cli tests samples -name '*.[ch]'
}

check_format() {
    local version
    version=$(clang-format --version | grep -o -E 'version [0-9]+' | head -n 1)
    if [ "$version" != 'version 14' ]; then
        echo "not compared: the sources are formatted by clang-format 14, and this is $version"
        return
    fi
    sources | xargs clang-format --dry-run -Werror
    echo "$(sources | wc -l) files"
}

check_header() {
    local flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
    gcc -std=c11 "${flags[@]}" -x c include/polytome.h
    clang -std=c99 "${flags[@]}" -x c include/polytome.h
    clang++ -std=c++11 "${flags[@]}" -x c++ include/polytome.h
    if command -v g++ > /dev/null; then g++ -std=c++11 "${flags[@]}" -x c++ include/polytome.h; fi
    echo "C99, C11 and C++11"
}

check_scripts() {
    local scripts
    mapfile -t scripts < <(find scripts samples tests bench -name '*.sh' | LC_ALL=C sort)
    # The cases of tests/cli are read by its runner, which brings their functions: no shebang, nothing to follow.
    shellcheck -x -s bash -e SC1091,SC2016,SC2148 .ci/run "${scripts[@]}"
    echo "${#scripts[@]} scripts"
}

# ---------------------------------------------------------------- fuzzing

# fuzz NAME: libFuzzer from the kept corpus; what it finds goes to a folder of its own.
fuzz() {
    local finds=$builds/fuzz-finds/$1
    rm -rf "$finds"
    mkdir -p "$finds" "$scratch/fuzz/$1"
    "${fixed_addresses[@]}" "$builds/fuzz/tests/fuzz/fuzz_$1" -max_total_time="$fuzz_seconds" -timeout=20 \
        -rss_limit_mb=2048 -artifact_prefix="$finds/" "$scratch/fuzz/$1" "tests/fuzz/corpus/$1"
}

# ---------------------------------------------------------------- the demonstration

# Its exit code says that every sample was labelled; installed_command() looks at the labels themselves.
check_demo() {
    local file
    scripts/demo.sh | tee "$scratch/demo"
    while read -r file; do
        grep -q -F "samples/$file" "$scratch/demo" || { echo "$file is missing"; return 1; }
    done < <(cut -f 1 samples/labels.tsv)
    echo "every sample is labelled"
}

# ---------------------------------------------------------------- the installed package

# compare_labels: standard input, as samples/classify.c prints it, against samples/labels.tsv.
compare_labels() {
    awk -F '\t' '
        NR == FNR { want[$1 FS $2] = $3; next }
        { sub(/.*\//, "", $1) }
        ($1 FS $2) in want {
            seen++
            if ($3 != want[$1 FS $2]) { print $1 " " $2 ": " $3 ", not " want[$1 FS $2]; wrong++ }
        }
        END {
            for (key in want) count++
            print seen - wrong " of " count " labels right"
            exit !(seen == count && !wrong)
        }' samples/labels.tsv -
}

# install_package KIND OPTION...: builds from a copy of the sources, installs, and takes the copy away: what runs after
# that finds its model where it was installed or not at all.
install_package() {
    local kind=$1 from=$scratch/$1-source
    shift
    mkdir -p "$from"
    cp -r CMakeLists.txt CMakePresets.json LICENSE README.md cmake docs include samples src models pipelines cli "$from"
    cmake -S "$from" -B "$from/build" -G Ninja -DCMAKE_INSTALL_PREFIX="$scratch/$kind" -DPOLYTOME_BUILD_TESTS=OFF \
        -DPOLYTOME_WERROR=ON "$@"
    cmake --build "$from/build" -j 2
    cmake --install "$from/build"
    echo "$(grep -c . "$from/build/install_manifest.txt") files"
    rm -rf "$from"
}

label_samples() { # PROGRAM LIBRARY_FOLDER
    LD_LIBRARY_PATH=$2 "$1" samples/*.mp4 samples/*.wav samples/*.flac samples/*.ogg | compare_labels
}

# find_package_config KIND: where pkg-config finds it, and the folder `libraries` of the package.
find_package_config() {
    PKG_CONFIG_PATH=$(dirname "$(find "$scratch/$1" -name polytome.pc)")
    export PKG_CONFIG_PATH
    libraries=$(dirname "$PKG_CONFIG_PATH")
}

with_pkg_config() { # KIND
    local program libraries
    find_package_config "$1"
    for program in classify windows; do
        # shellcheck disable=SC2046 # one word a flag
        gcc -std=c11 -Wall -Wextra -Wpedantic -Werror samples/$program.c $(pkg-config --cflags --libs polytome) \
            -o "$scratch/$program-$1"
    done
    ffmpeg -v error -i samples/rain.ogg -f s16le -ac 1 -ar 16000 - |
        LD_LIBRARY_PATH=$libraries "$scratch/windows-$1" | grep -c ' rain ' | grep -q '^7$'
    label_samples "$scratch/classify-$1" "$libraries"
}

# A program may call its functions as the library calls its own, which are not those then.
with_own_names() { # KIND
    local name libraries
    find_package_config "$1"
    echo '#include <stdlib.h>' > "$scratch/own.c"
    for name in attention clock_ms error_clear error_set linear mem_alloc threads_run vit_run; do
        echo "void $name(void); void $name(void) { abort(); }"
    done >> "$scratch/own.c"
    # shellcheck disable=SC2046 # one word a flag
    gcc -std=c11 samples/classify.c "$scratch/own.c" $(pkg-config --cflags --libs polytome) -o "$scratch/own-$1"
    label_samples "$scratch/own-$1" "$libraries"
}

with_find_package() { # KIND
    local user=$scratch/user-$1
    mkdir -p "$user"
    cat > "$user/CMakeLists.txt" << END
cmake_minimum_required(VERSION 3.22)
project(user LANGUAGES C)
find_package(polytome 0.1 REQUIRED)
add_executable(classify $root/samples/classify.c)
target_link_libraries(classify PRIVATE polytome::polytome)
END
    cmake -S "$user" -B "$user/build" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/$1"
    cmake --build "$user/build"
    label_samples "$user/build/classify" ''
}

installed_command() { # KIND
    local prefix=$scratch/$1
    "$prefix/bin/polytome" version
    test -s "$prefix/share/man/man1/polytome.1"
    "$prefix/bin/polytome" classify --format json samples/ > "$scratch/labels.json"
    jq -r 'select(.status == "ok") | .path as $path | ["video", "audio"][] as $modality
        | .[$modality].labels[0]? // empty | [$path, $modality, .label] | @tsv' "$scratch/labels.json" | compare_labels
}

moved_prefix() { # KIND
    mv "$scratch/$1" "$scratch/moved-$1"
    "$scratch/moved-$1/bin/polytome" samples/two.flac | grep -w two
}

# ---------------------------------------------------------------- all of it

if [ "$tier" != quick ]; then
    check layers scripts/check_layers.sh
    check format check_format
    check 'public header' check_header
    check scripts check_scripts
fi

check 'build gcc' build gcc
suite 'tests gcc' gcc
if [ "$tier" != quick ]; then
    check 'no mutable globals' scripts/check_globals.sh "$builds/gcc"
    check 'build clang' build clang
    suite 'tests clang' clang -E '^cli_' # whose commands run with the sanitizers
    check 'build asan' build asan
    suite 'tests asan, best kernels' asan
    POLYTOME_TEST_CPU=scalar suite 'tests asan, scalar kernels' asan -R '^test_' -E '^test_media' # no kernels there
    kernels=(kernel_check test_compute test_precision test_tome)
    check 'build ubsan' build ubsan "${kernels[@]}"
    suite 'tests ubsan, kernels' ubsan -R "^($(IFS='|' && echo "${kernels[*]}"))\$"
    threaded=(test_base test_compute test_precision test_pipelines test_mistakes test_bench test_batch test_live test_windows test_timeline test_stream fuzz_windows fuzz_stream)
    commands=(jobs jobs_default together journal full_disk changing_files interrupt interrupt_jobs stream)
    check 'build tsan' build tsan "${threaded[@]}" polytome_cli
    suite 'tests tsan' tsan -R "^($(IFS='|' && echo "${threaded[*]}|${commands[*]/#/cli_}"))\$"

    mapfile -t fuzzed < <(find tests/fuzz -maxdepth 1 -name 'fuzz_*.c' ! -name fuzz_main.c -printf '%f\n' |
        LC_ALL=C sort | sed 's/^fuzz_//; s/\.c$//')
    check 'build fuzz' build fuzz "${fuzzed[@]/#/fuzz_}"
    check_two_at_a_time fuzz "${fuzzed[@]}"

    check demo check_demo
    for kind in shared static; do
        shared=ON
        if [ "$kind" = static ]; then shared=OFF; fi
        check "install $kind" install_package "$kind" -DBUILD_SHARED_LIBS=$shared
        check "$kind, pkg-config" with_pkg_config "$kind"
        check "$kind, own names" with_own_names "$kind"
        check "$kind, find_package" with_find_package "$kind"
        check "$kind, installed command" installed_command "$kind"
        check "$kind, moved" moved_prefix "$kind"
    done
fi

echo
echo "$((SECONDS / 60)) min $((SECONDS % 60)) s; logs in $logs"
if [ "$skipped" -gt 0 ]; then echo "$skipped skipped"; fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
