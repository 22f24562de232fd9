# SPDX-License-Identifier: MIT
# Behind an input that takes its time hundreds of others are done, and written down.
make_wav a.wav
mkfifo slow.wav
{
    echo slow.wav
    for ((i = 0; i < 300; i++)); do echo a.wav; done
} >list
"$POLYTOME" --json -j 2 --files-from list --journal journal -o out.json &
run=$!
exec 9>slow.wav
for ((try = 0; try < 1200; try++)); do
    if [[ -e journal ]] && (($(wc -l <journal) == 301)); then break; fi
    sleep 0.1
done
wc -l <journal
cat a.wav >&9
exec 9>&-
wait $run
wc -l <out.json
