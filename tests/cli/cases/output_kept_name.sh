# SPDX-License-Identifier: MIT
# Someone else's file in a folder like /tmp may be written, but not replaced; and file systems without permissions.
make_wav a.wav
if ! strace -qq -e trace=none true 2>/dev/null; then skip "strace cannot run here"; fi
export ASAN_OPTIONS=detect_leaks=0 # which LeakSanitizer cannot do under strace
for error in EPERM EXDEV; do
    seq 1000 >out.json
    strace -f -qq -o /dev/null -e "inject=/^rename:error=$error" "$POLYTOME" --json -o out.json a.wav
    wc -l <out.json
done
# What cannot be finished in place is told of, and is whole aside.
seq 1000 >out.json
many=()
for _ in $(seq 60); do many+=(a.wav); done
expect 3 strace -f -qq -o /dev/null -e 'inject=/^rename:error=EBUSY' -e inject=pwrite64:error=ENOSPC:when=2+ \
    "$POLYTOME" --json --top 0 -o out.json "${many[@]}" 2>&1 | sed "s#$PWD##; s/json\.[A-Za-z0-9]*$/json.ASIDE/"
wc -l <"$(ls out.json.*)"
rm out.json.*
# Nor do signals end it, two of which would end a run at once.
seq 1000 >out.json
strace -f -qq -o /dev/null -e 'inject=/^rename:error=EBUSY' -e inject=pwrite64:signal=TERM \
    "$POLYTOME" --json --top 0 -o out.json "${many[@]}"
wc -l <out.json
strace -f -qq -o /dev/null -e inject=fchmod:error=EPERM "$POLYTOME" --json -o new.json a.wav
wc -l <new.json
ls
