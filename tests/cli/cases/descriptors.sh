# SPDX-License-Identifier: MIT
# What a script does with descriptors: files that a shell goes on writing, streams that are closed, sockets.
make_wav one.wav
make_wav two.wav
label() {
    polytome --json -q "$@"
}
# The end of a log is not the place of a new file.
echo begin >log
{
    label -o /dev/stdout one.wav
    label -o /dev/fd/3 two.wav
    label -o /dev/stderr two.wav
    echo end
} >>log 3>&1 2>&1
grep -c '"status":"ok"' log
sed -n '1p;$p' log
# A standard stream that is closed gives its number to no file, into which messages would go.
expect 1 polytome --json -o results --journal journal gone.wav one.wav 2>&-
grep -c '"schema":1' results
polytome --json --journal journal -v one.wav 2>&1 >/dev/null | grep -o '1 of them taken from the journal'
expect 3 label one.wav >&-
expect 1 label - <&-
# Results do not take the place of what a folder or a list brought.
mkdir folder
cp one.wav folder
expect 2 label -o folder/one.wav folder
expect 2 label -o two.wav --files-from - <<<two.wav
expect 2 polytome compare -o folder/one.wav folder
expect 2 polytome timeline one.wav -o a.srt --overlay ./a.srt
cmp one.wav folder/one.wav
cmp one.wav two.wav
# The results of an earlier run are no input, and may be replaced.
label -o folder/results.jsonl folder
label -o folder/results.jsonl folder
grep -c '"schema":1' folder/results.jsonl
# A terminal that goes away is an interruption, though it may say so twice; with nohup it is nothing.
make_wav long.wav 600
slow() {
    "$POLYTOME" timeline long.wav --hop 0.05 --cpu scalar --threads 1 --json -q -o long.json 2>/dev/null &
    run=$!
    for ((i = 0; i < 1500; i++)); do
        grep -qs '"kind":"window"' long.json.* && break
        sleep 0.02
    done
    kill -HUP $run
    sleep 0.01
    kill -HUP $run 2>/dev/null || true # it may be over by then
}
slow
expect 130 wait $run
grep -q '"kind":"window"' long.json
rm long.json
trap '' HUP
slow
trap - HUP
sleep 0.2
kill -0 $run
kill $run
expect 130 wait $run
ls
