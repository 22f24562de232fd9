# SPDX-License-Identifier: MIT
# Several jobs give the bytes of one, in its order; so do all shards together, and a run that ends early gives their start.
need_jq
plain() {
    sed 's/"ms":{[^}]*}/"ms":{}/'
}
for ((i = 1; i <= 24; i++)); do make_wav $i.wav $((i % 3 + 1)) $((8000 + 400 * i)); done
make_wav 1.wav 60 # the first is the slowest
echo "not sound" >7.wav
rm 9.wav
for ((i = 1; i <= 24; i++)); do echo $i.wav; done >list
expect 1 polytome --json -j 1 --files-from list 2>complaints | plain >one
wc -l <one
sed 's/:.*//' complaints
expect 1 polytome --json --files-from list 2>/dev/null | plain | cmp - one
expect 1 polytome --json --jobs 4 --files-from list 2>/dev/null | plain | cmp - one
expect 1 polytome --json -j 3 --threads 2 --unordered --files-from list 2>/dev/null | plain | sort | cmp - <(sort one)
for ((i = 1; i <= 3; i++)); do
    polytome --json -j 2 --shard $i/3 --files-from list 2>/dev/null | plain >shard.$i || (($? == 1))
    [[ -s shard.$i ]] || fail "shard $i is empty"
done
sort shard.* | cmp - <(sort one)
expect 1 polytome --json -j 4 --fail-fast --files-from list 2>/dev/null | plain | cmp - <(head -n 7 one)
expect 1 polytome --json -j 2 --max-errors 2 --files-from list 2>complaints | plain | cmp - <(head -n 9 one)
tail -n 2 complaints
# The part of a path is the same in every version: shards of different versions must fit together.
printf '%s.wav\n' x{1..8} | expect 1 polytome --json --shard 2/3 --files-from - 2>/dev/null | jq -r .path
expect 1 polytome --json --timeout-per-file 0.001 1.wav 2>/dev/null | jq -c '.error'
