# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav 2
polytome --json - <a.wav | jq -c '[.path, .status]'
# What comes through a pipe gets the same labels as the file.
labels() {
    polytome --json --logits "$@" | jq -c '.audio | [.labels, .coverage]'
}
mkfifo pipe
cat a.wav >pipe &
labels - <pipe | cmp - <(labels a.wav)
polytome --top 1 - <a.wav | sed -n 1p
expect 1 polytome --json - </dev/null 2>/dev/null | jq -c '[.path, .status, .error.code]'
