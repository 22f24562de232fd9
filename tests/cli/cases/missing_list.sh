# SPDX-License-Identifier: MIT
# A list that is not there takes nothing from the results of yesterday.
make_wav a.wav
mkdir folder
for command in classify compare; do
    echo yesterday >out.json
    expect 3 polytome $command --json --files-from nowhere -o out.json
    expect 3 polytome $command --json --files-from folder -o out.json a.wav
    expect 3 polytome $command --json --files-from nowhere --shard 2/3
    expect 3 polytome $command --json --files-from - -o out.json <folder
    expect 3 polytome $command --json --files-from - -o out.json <&-
    cat out.json
done
expect 3 polytome --json --files-from nowhere --journal journal
# Standard input and a pipe are read when their turn comes.
echo a.wav >list
polytome --json --files-from - <list | wc -l
mkfifo pipe
cat list >pipe &
polytome --json --files-from pipe | wc -l
polytome --json --files-from <(cat list) | wc -l
if ((UID != 0)); then
    chmod 0 list
    expect 3 polytome --files-from list -o out.json 2>/dev/null
fi
ls
