# SPDX-License-Identifier: MIT
# A signal while the results wait for a slow reader: every line is whole, the closing one is there, and so is the status.
need_jq
make_wav a.wav 300
mkfifo lines
(exec 3<lines && sleep 2 && cat <&3 >got) &
reader=$!
"$POLYTOME" timeline --json --logits --top 0 --hop 0.5 --only audio a.wav >lines 2>complaints &
run=$!
sleep 1.5 # 64 KiB of a pipe are full by then
kill -TERM $run
expect 130 wait $run
wait $reader
jq -c .kind got | sort | uniq | head -5
tail -c 1 got | od -An -c | tr -d ' '
tail -n 1 got | jq -c '[.kind, .status, .error.code]'
grep -o "then interrupted" complaints
