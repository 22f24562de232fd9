# SPDX-License-Identifier: MIT
# Someone else's file in a folder like /tmp may be written, but not replaced; and file systems without permissions.
make_wav a.wav
if ! strace -qq -e trace=none true 2>/dev/null; then skip "strace cannot run here"; fi
export ASAN_OPTIONS=detect_leaks=0 # which LeakSanitizer cannot do under strace
seq 1000 >out.json
for error in EPERM EXDEV; do
    strace -f -qq -o /dev/null -e inject=rename:error=$error "$POLYTOME" --json -o out.json a.wav
    wc -l <out.json
done
strace -f -qq -o /dev/null -e inject=fchmod:error=EPERM "$POLYTOME" --json -o new.json a.wav
wc -l <new.json
ls
