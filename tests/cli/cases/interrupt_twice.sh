# SPDX-License-Identifier: MIT
# A second signal ends a run in the middle of a window, and its file aside goes, too. Plain C takes long enough for a window
# that the second one comes within it; where it does not, the run has ended in order and is tried again.
for ((i = 0; i < 40; i++)); do echo "$SAMPLES/cut.mp4"; done >names
for ((try = 0; try < 40; try++)); do
    rm -f out.json
    "$POLYTOME" --cpu scalar --threads 1 --only video -r off --json -o out.json --files-from names 2>/dev/null &
    run=$!
    for ((i = 0; i < 200; i++)); do
        grep -qs '"schema":1' out.json.* && break
        sleep 0.05
    done
    sleep 0.0$((try % 8 + 1)) # into the next file, past its decoding
    kill -INT $run
    sleep 0.01 # at once the two would be one
    kill -INT $run 2>/dev/null || true
    expect 130 wait $run
    compgen -G 'out.json.*' && fail "a file was left aside"
    [[ -e out.json ]] || break
done
[[ ! -e out.json ]] || fail "every run ended in order"
