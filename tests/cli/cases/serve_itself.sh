# SPDX-License-Identifier: MIT
need_jq
# What the requests come from is no file to label, by none of its names; the next request is still there.
make_wav a.wav
mkfifo requests
ln -s /dev/stdin link
ask() {
    local name
    for name; do
        printf '{"id":"%s","path":"%s"}\n' "$name" "$name"
        sleep 0.3 # they are not in the server's memory yet while it answers the one before
    done
    printf '{"id":"last","path":"a.wav"}\n'
}
answers() {
    timeout 20 "$POLYTOME" serve | jq -r '"\(.id): \(.error.message // .status)"'
}
ask /dev/stdin /dev/fd/0 /proc/self/fd/0 /proc/thread-self/fd/0 link | answers
ask ./requests /dev/stdin >requests &
answers <requests
wait $!
echo '{"id":"file","path":"/dev/stdin"}' >file
answers <file
