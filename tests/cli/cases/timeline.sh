# SPDX-License-Identifier: MIT
# Windows, events and the closing line; where they go; what cannot be done is one sentence and leaves nothing behind.
need_jq
clip=$SAMPLES/pan-right-three.mp4
polytome timeline --only video "$clip" | sed -E "s/ +[0-9.]+ %/ N %/g; s|$SAMPLES/||"
polytome timeline --json "$clip" >lines
jq -r '[.kind, .modality, .window, .from, .to, (.labels // [] | length), .label] | map(. // "-") | @tsv' lines
# The closing line is what classify says of windows side by side.
polytome --json --sampling windows "$clip" | jq -c 'del(.ms)' >wanted
jq -c 'select(.kind == "file") | del(.ms, .kind)' lines | cmp - wanted
polytome timeline --json - <"$clip" | jq -c 'del(.ms, .path)' >piped
jq -c 'del(.ms, .path)' lines | cmp - piped
# Closer windows, what is written of them, and events that need more.
polytome timeline --json --hop 0.25 --rows windows --top 1 --only audio "$clip" | jq -c '[.from, .to]'
polytome timeline --json --rows events --min 3 "$clip" | jq -c .kind
polytome timeline --json --rows events --on 0.999 "$clip" | jq -c .kind
polytome timeline --format csv --rows windows --threshold 0.5 "$clip" | cut -d, -f 1-5,9 | tr -d '\r'
# Several outputs: with -o for each, with braces, and with braces that the shell has resolved, before and after the file.
polytome timeline "$clip" -o - -o one.csv >out
grep -c 'pan right' out one.csv
polytome timeline "$clip" -o 'a.{srt,selections.txt,txt}'
polytome timeline "$clip" -q -o b.{srt,selections.txt,txt}
polytome timeline -q -o c.srt c.selections.txt c.txt "$clip"
for name in srt selections.txt txt; do
    cmp a.$name b.$name
    cmp a.$name c.$name
done
mkdir clean
cd clean || exit
echo old >kept.srt
expect 2 polytome timeline -o kept.srt
expect 2 polytome timeline "$clip" kept.csv -o other.srt
expect 2 polytome timeline "$clip" -o kept.mp3
expect 2 polytome timeline "$clip" -o kept.srt -o kept.srt
expect 2 polytome timeline "$clip" -o kept.{srt,csv} --json
expect 2 polytome timeline "$clip" -o kept.srt --on 0.2 --off 0.3
expect 2 polytome timeline "$clip" -o kept.srt -r nonsense 2>/dev/null
expect 1 polytome timeline missing.wav -o kept.srt
expect 1 polytome timeline ../lines -o kept.csv
expect 1 polytome timeline "$SAMPLES/two.flac" --only video -o kept.srt 2>/dev/null
expect 3 polytome timeline "$clip" -o kept.csv -o nowhere/kept.srt
expect 1 polytome timeline --json missing.wav 2>/dev/null | jq -c '[.kind, .status, .error.code]'
[[ $(ls -A) == kept.srt && $(cat kept.srt) == old ]] || fail "left behind: $(ls -A)"
