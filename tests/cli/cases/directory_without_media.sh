# SPDX-License-Identifier: MIT
mkdir -p tree/empty/.hidden
cp "$SAMPLES/two.flac" tree/empty/.hidden
echo "only words here" >tree/readme.txt
: >tree/nothing
polytome tree
polytome -q tree
polytome tree/empty
polytome compare tree/empty
polytome -v tree
# Lists, and a part of one, that lead to nothing.
: >list
polytome --files-from list
polytome -q --files-from list
echo tree/empty >list
polytome --files-from list
echo "$SAMPLES/two.flac" >list
for part in 1/2 2/2; do polytome --json --shard $part --files-from list >>lines; done
(($(wc -l <lines) == 1))
