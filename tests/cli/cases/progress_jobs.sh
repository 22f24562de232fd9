# SPDX-License-Identifier: MIT
# How many files are through, how fast, and how long the rest takes, where the number of files is known.
make_wav a.wav 12
for ((i = 0; i < 30; i++)); do echo a.wav; done >list
make_wav long.wav 60
shows() {
    local pattern=$1
    shift
    polytome --progress "$@" 2>&1 >/dev/null | tr '\r' '\n' >shown
    grep -q -E "^$pattern *$" shown || fail "no line like $pattern: $(cat shown)"
}
run='[0-9]+ of [34]0?  +[0-9]+ %  [0-9.e+-]+ files/s(  [0-9.:]+( s)? left)?'
shows "$run" -j 2 --files-from list
grep -q ' left' shown
# It never falls, though the first file ends when others that wait for their turn have long ended.
(echo long.wav && cat list && echo long.wav) >slow_first
shows "${run/\[34]0?/32}" -j 3 --files-from slow_first
sed -n 's/^[0-9]* of 32 *\([0-9]*\) %.*/\1/p' shown >percents
[[ -s percents ]]
sort -c -n percents
# A file that is alone at work is named.
make_wav longer.wav 240
shows "$run  longer.wav  .*" -j 1 longer.wav longer.wav longer.wav longer.wav
shows '[0-9]+  [0-9.e+-]+ files/s' -j 2 --files-from - <list
