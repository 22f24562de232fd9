# SPDX-License-Identifier: MIT
# Files that grow while they are read, or are gone when their turn comes.
need_jq
make_wav still.wav
make_wav grows.wav 60
make_wav gone.wav
expect 0 polytome --json --journal journal gone.wav >/dev/null
while sleep 0.005; do head -c 320 /dev/zero >>grows.wav; done &
growing=$!
rm gone.wav
expect 1 polytome --json -j 2 --journal journal grows.wav gone.wav still.wav >lines
kill $growing
wait $growing 2>/dev/null || true
jq -c '[.path, .status]' lines
# It was labelled, but it is not done.
jq -r 'select(.path) | .path' journal
