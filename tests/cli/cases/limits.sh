# SPDX-License-Identifier: MIT
# A limit that is reached is an error that names it, as C callers and, but for its dashes, the command know it.
need_jq
make_wav a.wav 4
make_y4m b.y4m
limited() {
    expect 1 polytome --json "$@" 2>complaints | jq -r .error.code
    local name=${1#--}
    grep -q -e "${name//-/_} of $2" complaints || fail "no complaint names $1: $(cat complaints)"
}
limited --max-seconds 2 a.wav
limited --max-frames 3 b.y4m
limited --max-pixels 1000 b.y4m
