# SPDX-License-Identifier: MIT
# A signal while the results wait for a slow reader: every line is whole, the closing one is there, and so is the status.
need_jq
make_wav a.wav 600
mkfifo lines
(exec 3<lines && IFS= read -r first <&3 && echo "$first" >got && touch begun && sleep 8 && cat <&3 >>got) &
reader=$!
"$POLYTOME" timeline --json --logits --top 0 --hop 0.2 --only audio a.wav >lines 2>complaints &
run=$!
until [[ -e begun ]]; do sleep 0.1; done
sleep 5 # the pages of the pipe are full by then
kill -TERM $run
expect 130 wait $run
wait $reader
(($(stat -c %s got) > 32768)) || fail "the pipe was not full"
jq -c .kind got | sort | uniq | head -5
tail -c 1 got | od -An -c | tr -d ' '
tail -n 1 got | jq -c '[.kind, .status, .error.code]'
grep -o 'then interrupted' complaints
