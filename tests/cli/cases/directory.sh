# SPDX-License-Identifier: MIT
need_jq
mkdir -p tree/B tree/a/deep tree/.hidden elsewhere
make_wav tree/z.wav
for copy in tree/B/2.wav tree/B/10.wav tree/a/deep/x.wav tree/.hidden/no.wav tree/.no.wav elsewhere/e.wav; do
    cp tree/z.wav $copy
done
ln -s ../elsewhere tree/linked_directory
ln -s ../elsewhere/e.wav tree/linked_file.wav
ln -s nowhere tree/dangling.wav
mkfifo tree/fifo.wav
echo "not a movie" >tree/broken.mp4
expect 1 polytome --json --top 1 tree/ elsewhere 2>/dev/null >lines
jq -r '.path + " " + .status' lines
