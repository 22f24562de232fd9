# SPDX-License-Identifier: MIT
# As many files at a time as there are threads, where nothing is asked for.
need_jq
available=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
group=$(cat /sys/fs/cgroup/{memory.max,memory/memory.limit_in_bytes} 2>/dev/null | grep -v max | head -n 1) || true
((available > 4000000 && ${group:-5000000000} > 4000000000)) || skip "too little memory is free for three jobs"
for ((i = 1; i <= 4; i++)); do make_wav $i.wav $i; done
mkfifo a b c
# Three are read at once: the last can be written first.
polytome --json --unordered --threads 3 a b c >lines &
for ((i = 3; i >= 1; i--)); do
    fifo=$(echo abc | cut -c $i)
    timeout 60 cp $i.wav "$fifo" || fail "nobody reads $fifo"
    for ((wait = 0; wait < 600 && $(wc -l <lines) + i < 4; wait++)); do sleep 0.05; done
done
wait
jq -r '[.path, .duration] | @tsv' lines
# One thread reads one at a time; so do two that measure merging, which is done once: nobody reads the second before.
for options in '--threads 1' '--threads 2 -r 1000ms'; do
    # shellcheck disable=SC2086 # several words
    polytome --json $options a b >lines &
    expect 124 timeout 2 cp 4.wav b
    timeout 60 cp 2.wav a
    timeout 60 cp 4.wav b
    wait
    jq -r '[.path, .duration] | @tsv' lines
done
expect 2 polytome -j 2 -r 1000ms 1.wav
# Standard input can be read once.
expect 2 polytome - - <1.wav
