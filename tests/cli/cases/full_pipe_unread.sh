# SPDX-License-Identifier: MIT
# Results that nobody takes keep no signal waiting: some seconds after the first one the command ends, however often it
# was the end of a terminal, and its file aside goes. `sleep` has the reading end, and never reads.
make_wav a.wav 600
mkfifo lines
# shellcheck disable=SC2217 # it only holds the end
sleep 1000 <lines &
for ((i = 0; i < 2000; i++)); do echo '{"op":"info"}'; done >requests
for ((i = 0; i < 2000; i++)); do echo nowhere.wav; done >names

# unread SIGNAL COUNT COMMAND...: its output fills the pipe; then the signals, and the status that it ends with.
unread() {
    local signal=$1 count=$2 before used='' i
    shift 2
    "$POLYTOME" "$@" <&0 >lines 2>/dev/null &
    local run=$!
    until [[ $used && $used != "0 0" && $used == "$before" ]]; do
        sleep 0.7
        before=$used
        used=$(cut -d' ' -f14,15 /proc/$run/stat)
    done
    for ((i = 0; i < count; i++)); do kill "-$signal" $run; sleep 0.1; done
    for ((i = 0; i < 100; i++)); do
        kill -0 $run 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL $run 2>/dev/null || true
    expect 130 wait $run
}
unread TERM 1 serve <requests
unread INT 1 --format json --files-from names
unread TERM 1 timeline --rows all --top 0 --hop 0.2 --only audio a.wav -o - -o events.json
unread HUP 2 stream --json --logits --top 0 --hop 0.2 --only audio -o lines a.wav
ls
