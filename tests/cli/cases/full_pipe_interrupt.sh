# SPDX-License-Identifier: MIT
# A signal while the results wait for a slow reader: every line is whole, the closing one is there, and so is the status.
need_jq
make_wav a.wav 600
mkfifo lines
(exec 3<lines && until [[ -e killed ]]; do sleep 0.1; done && cat <&3 >got) &
reader=$!
"$POLYTOME" timeline --json --logits --top 0 --hop 0.2 --only audio a.wav >lines 2>complaints &
run=$!
# It has begun, and its processor time stands still: it waits for the reader.
used() {
    cut -d' ' -f14,15 /proc/$run/stat
}
before=
while [[ $(used) == "0 0" || $(used) != "$before" ]]; do
    before=$(used)
    sleep 1
done
kill -TERM $run
sleep 0.5
touch killed
expect 130 wait $run
wait $reader
(($(stat -c %s got) > 32768)) || fail "the pipe was not full"
jq -c .kind got | sort | uniq | head -5
tail -c 1 got | od -An -c | tr -d ' '
tail -n 1 got | jq -c '[.kind, .status, .error.code]'
grep -o 'then interrupted' complaints
