# SPDX-License-Identifier: MIT
need_jq
# What was done before the signal is kept. The list never ends, so the run waits for the next name.
make_wav a.wav
mkfifo names
"$POLYTOME" --json -o out.json --files-from names 2>complaints &
run=$!
exec 9>names
echo a.wav >&9
wait_for_results
kill -INT $run
expect 130 wait $run
exec 9>&-
jq -c '[.path, .status]' out.json
cat complaints
ls
