# SPDX-License-Identifier: MIT
# The same bytes apart from the times, for any number of threads, any order of files and any company.
make_wav a.wav 3
make_wav b.wav 5 44100
make_y4m c.y4m 120
lines() {
    polytome --json --logits --top 0 "$@" | sed 's/"ms":{[^}]*}//'
}
lines --threads 1 a.wav b.wav c.y4m >one
[[ $(wc -l <one) == 3 ]] || fail "not three lines"
lines --threads 2 a.wav b.wav c.y4m | cmp - one
lines --threads 3 a.wav b.wav c.y4m | cmp - one
lines --threads 3 c.y4m a.wav b.wav | sort | cmp - <(sort one)
lines --batch 1 a.wav b.wav c.y4m | cmp - one
lines --batch 64 --threads 2 a.wav b.wav c.y4m | cmp - one
lines --jobs 2 a.wav b.wav c.y4m | cmp - one
{ lines a.wav && lines b.wav && lines c.y4m; } | cmp - one
