# SPDX-License-Identifier: MIT
# A file that is mounted, as into a container, cannot be replaced: it is written over.
make_wav a.wav
seq 1000 >mounted.json
seq 1000 >out.json
inside() {
    unshare --mount --map-root-user bash -c "mount --bind mounted.json out.json && $1"
}
inside 'mount -o remount,ro,bind out.json' 2>/dev/null || skip "nothing can be mounted here"
export POLYTOME
inside '"$POLYTOME" --json -o out.json a.wav'
wc -l <mounted.json
wc -l <out.json
# Where it must not be written either, the results stay aside.
expect 3 inside 'mount -o remount,ro,bind out.json && "$POLYTOME" --json -o out.json a.wav' 2>complaints
sed -E "s|$PWD/||; s/[A-Za-z0-9]{6}$/XXXXXX/" complaints
cat out.json.?????? | wc -l
