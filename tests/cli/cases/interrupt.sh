# SPDX-License-Identifier: MIT
need_jq
# What was done before the signal is kept. The list never ends, so the run waits for the next name.
make_wav a.wav
mkfifo names
"$POLYTOME" --json -o out.json --files-from names 2>complaints &
run=$!
exec 9>names
echo a.wav >&9
for ((i = 0; i < 200; i++)); do
    # The file is written aside until the run ends.
    grep -qs '"schema":1' out.json.* && break
    sleep 0.05
done
kill -INT $run
expect 130 wait $run
exec 9>&-
jq -c '[.path, .status]' out.json
cat complaints
ls
