# SPDX-License-Identifier: MIT
# Pictures through a pipe are answered as they come, not when FFmpeg has looked at five seconds of them (125 pictures).
send() {
    for _ in $(seq 100); do cat "$CASES/../../fuzz/corpus/media/still.png"; done
    for _ in $(seq 300); do
        if [[ -s out ]]; then break; fi
        sleep 0.1
    done
    wc -l <out >before
}
send | polytome stream --json -m "$CASES/../../golden/vit" - >out 2>summary
if (($(<before) > 0)); then echo "answered before the end"; fi
jq -r "select(.status).status" out | sort | uniq -c | sed 's/^ *[0-9]* //'
