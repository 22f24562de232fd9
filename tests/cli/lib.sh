# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the cases share.

# What a case has started in the background ends with it, however that comes, and writes nothing any more.
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

polytome() {
    "$POLYTOME" "$@"
}

# expect STATUS COMMAND...: the command must end with that status.
expect() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    if ((status != wanted)); then
        echo "status $status instead of $wanted: $*" >&2
        exit 1
    fi
}

fail() {
    echo "$*" >&2
    exit 1
}

skip() {
    echo "$*"
    exit 77
}

need_jq() {
    type -P jq >/dev/null || skip "jq is not installed"
}

# From 1.7 on it writes a number as it was read, 2.0; before that, 2.
jq() {
    command jq "$@" | sed -E ':again; s/(^|[^0-9.])([0-9]+)\.0($|[^0-9])/\1\2\3/; t again'
}

# little BYTES NUMBER: the number as little-endian bytes.
little() {
    local number=$2 i
    for ((i = 0; i < $1; i++)); do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\x$(printf %02x $((number >> 8 * i & 255)))"
    done
}

# big BYTES NUMBER: the number as big-endian bytes.
big() {
    local i
    for ((i = $1 - 1; i >= 0; i--)); do little 1 $(($2 >> 8 * i & 255)); done
}

# make_wav FILE [SECONDS [RATE]]: a buzz of rate / 16 Hz, mono, 16 bits.
make_wav() {
    local seconds=${2:-1} rate=${3:-16000}
    local bytes=$((seconds * rate * 2))
    {
        printf RIFF
        little 4 $((36 + bytes))
        printf 'WAVEfmt '
        little 4 16
        little 2 1
        little 2 1
        little 4 "$rate"
        little 4 $((rate * 2))
        little 2 2
        little 2 16
        printf data
        little 4 $bytes
        yes "$(printf '\020\001\040\010\060\020\100\020\120\001\140\010\160\020\001\020\021\001\041\010\061\020\101\020\121\001\141\010\161\020\002\077')" |
            tr -d '\n' | head -c $bytes || true
    } >"$1"
}

# make_y4m FILE [FRAMES]: 32x32 pictures at 25 a second, raw, each a little brighter than the one before.
make_y4m() {
    local frames=${2:-25} i shade
    {
        printf 'YUV4MPEG2 W32 H32 F25:1 C420jpeg\n'
        for ((i = 0; i < frames; i++)); do
            printf 'FRAME\n'
            shade=$(printf %03o $((64 + i % 128)))
            head -c 1024 /dev/zero | tr '\0' "\\$shade"
            head -c 512 /dev/zero | tr '\0' '\200'
        done
    } >"$1"
}

# wait_for_results: until there is one in what is written aside and will be out.json when the run ends.
wait_for_results() {
    local i
    for ((i = 0; i < 1500; i++)); do
        grep -qs '"schema":1' out.json.* && return
        sleep 0.02
    done
    fail "nothing was written"
}

# interrupt_in_window OPTION...: polytome with these is ended by a second signal in the middle of a window, and leaves
# nothing aside. Plain C takes long enough for a window that the signal comes within it; where it does not, the run has
# ended in order and is tried again.
interrupt_in_window() {
    local try run
    for ((try = 0; try < 40; try++)); do
        rm -f out.json
        "$POLYTOME" --cpu scalar --threads 1 --only video -r off --json -o out.json "$@" 2>/dev/null &
        run=$!
        wait_for_results
        sleep 0.0$((try % 8 + 1)) # into the next file, past its decoding
        kill -INT $run
        sleep 0.01 # at once the two would be one
        kill -INT $run 2>/dev/null || true
        expect 130 wait $run
        compgen -G 'out.json.*' && fail "a file was left aside"
        [[ -e out.json ]] || return 0
    done
    fail "every run ended in order"
}
