#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the command-line cases: run.sh [CASE...], with the program to test in $POLYTOME.
#
# A case is cases/NAME.sh, run by bash in an empty directory of its own. It passes where it ends with status 0 and prints
# what cases/NAME.stdout and cases/NAME.stderr hold; a file that is not there stands for no output. NAME.stdout.glob
# and NAME.stderr.glob hold patterns of the shell instead. Times are masked. Status 77 skips the case, with the
# reason as its output; where all are skipped it is the runner's status as well.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
POLYTOME=$(realpath -e -- "${POLYTOME:?set it to the program to test}") || exit 2
export POLYTOME CASES=$here/cases SAMPLES=$here/../../samples LIB=$here/lib.sh LC_ALL=C.UTF-8
export SHARED=${POLYTOME_SHARED:-$here/../../../shared}
unset POLYTOME_MODEL NO_COLOR

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Times differ from run to run.
mask() {
    sed -E 's/[0-9]+\.[0-9]+ ms/N ms/g; s/"ms":\{[^}]*\}/"ms":{}/g'
}

# matches STREAM: does what the case printed agree with the file beside it?
matches() {
    local expected=$CASES/$name.$1 actual
    actual=$(cat "$scratch/$1"; echo .)
    if [[ -e $expected.glob ]]; then
        # shellcheck disable=SC2053 # the right side is a pattern
        [[ ${actual%.} == $(cat "$expected.glob")$'\n' ]] && return
        expected=$expected.glob
    else
        [[ -e $expected ]] || expected=/dev/null
        cmp -s "$expected" "$scratch/$1" && return
    fi
    echo "--- $1 differs from what was expected"
    diff "$expected" "$scratch/$1"
    return 1
}

run_case() {
    local work=$scratch/work.$name status
    mkdir "$work"
    (cd "$work" && timeout -k 10 300 bash -euo pipefail -c '. "$LIB"; . "$0"' "$CASES/$name.sh" </dev/null \
        >"$scratch/out" 2>"$scratch/err")
    status=$?
    chmod -R u+rwX "$work" && rm -rf "$work"
    mask <"$scratch/out" >"$scratch/stdout"
    mask <"$scratch/err" >"$scratch/stderr"
    if ((status == 77)); then
        echo "skipped $name: $(cat "$scratch/stdout")"
        skipped=$((skipped + 1))
    elif ((status == 0)) && matches stdout && matches stderr; then
        echo "ok      $name"
        passed=$((passed + 1))
    else
        echo "FAILED  $name (status $status)"
        sed 's/^/    /' "$scratch/stdout" "$scratch/stderr"
        failed=$((failed + 1))
    fi
}

passed=0 failed=0 skipped=0
if (($# == 0)); then
    for case in "$CASES"/*.sh; do set -- "$@" "$(basename "$case" .sh)"; done
fi
for name; do run_case; done
((skipped == 0)) || echo "$skipped skipped"
echo "$passed passed, $failed failed"
((failed == 0)) || exit 1
((passed > 0)) || exit 77
