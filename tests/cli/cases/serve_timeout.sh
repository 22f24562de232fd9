# SPDX-License-Identifier: MIT
need_jq
# A pipe that nobody writes into holds the server for so long, and the next request is answered.
make_wav a.wav
mkfifo silent
printf '{"id":%s}\n' '1,"path":"silent"' '2,"path":"a.wav"' |
    timeout 20 "$POLYTOME" serve --timeout-per-request 3 | jq -c '[.id, .status, .error.code, .error.message]'
# Without a limit, until a signal.
echo '{"id":3,"path":"silent"}' >request
"$POLYTOME" serve <request >answer &
server=$!
until [[ $(find /proc/$server/fd -lname '*/silent' 2>/dev/null) ]]; do sleep 0.1; done
kill -TERM $server
expect 130 wait $server
jq -c '[.id, .status, .error.code]' answer
