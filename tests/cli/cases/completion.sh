# SPDX-License-Identifier: MIT
polytome help --completion bash >completion
. ./completion
complete_words() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _polytome
    echo "${COMPREPLY[*]-}"
}
touch boat.mp4
complete_words polytome b
complete_words polytome bench --s
complete_words polytome classify --format ''
complete_words polytome clip.mp4 --sampling w
complete_words polytome clip.mp4 --format ''
complete_words polytome timeline --format c
complete_words polytome bench --precision i
complete_words polytome help st
complete_words polytome --only = v
complete_words polytome bench --precision =
complete_words polytome bench -- --s
complete_words polytome -- --format ''
