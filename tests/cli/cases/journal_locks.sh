# SPDX-License-Identifier: MIT
# A file system without locks, or where nothing can be told to keep what was written, can have a journal.
make_wav a.wav
if ! strace -qq -e trace=none true 2>/dev/null; then skip "strace cannot run here"; fi
export ASAN_OPTIONS=detect_leaks=0 # which LeakSanitizer cannot do under strace
with() {
    strace -f -qq -o /dev/null -e "inject=$1" "$POLYTOME" --json --journal journal a.wav
}
for error in ENOSYS ENOLCK EOPNOTSUPP; do with flock:error=$error | wc -l; done
rm journal
for error in EINVAL ENOSYS EOPNOTSUPP; do with fdatasync:error=$error | wc -l; done
wc -l <journal
expect 3 with flock:error=EAGAIN
rm journal
expect 3 with fdatasync:error=EIO
