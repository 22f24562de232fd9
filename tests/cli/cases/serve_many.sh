# SPDX-License-Identifier: MIT
# Two hundred requests through one process; answers come as they are ready; a signal ends it in order.
need_jq
make_wav a.wav
for ((i = 0; i < 200; i++)); do
    if ((i % 10 == 9)); then echo "{\"id\":$i,\"path\":\"gone$i.wav\"}"; else echo "{\"id\":$i,\"path\":\"a.wav\",\"r\":$((i % 3))}"; fi
done >requests
polytome serve --top 1 <requests >answers
jq -c .id answers | cmp - <(seq 0 199)
jq -r .status answers | sort | uniq -c | tr -s ' '
jq -r '.audio.tokens.r // empty' answers | sort | uniq -c | tr -s ' '

coproc SERVER { exec "$POLYTOME" serve --top 1; }
server=$SERVER_PID
for name in a.wav gone.wav a.wav; do
    echo "{\"path\":\"$name\"}" >&"${SERVER[1]}"
    read -r answer <&"${SERVER[0]}"
    jq -c '[.line, .status]' <<<"$answer"
done
kill -TERM "$server"
expect 130 wait "$server"

"$SAMPLES/serve.sh" "$SAMPLES/pan-right-three.mp4" nowhere.wav | sed "s|$SAMPLES/||"
