# SPDX-License-Identifier: MIT
# Two checkpoints in one file: it proves itself, answers as they do, and what goes wrong leaves nothing behind.
golden=$CASES/../../golden
clip=$SAMPLES/pan-right-three.mp4
polytome pack "$golden/videomae" "$golden/ast" -o both.safetensors
polytome check both.safetensors
polytome info both.safetensors >described
for family in videomae audio-spectrogram-transformer; do grep -q "family *$family$" described; done
# The same bytes as from the directories, apart from the times and the name of the model.
lines() {
    polytome --json --logits --top 0 "$@" "$clip" | sed 's/"ms":{[^}]*}//; s/"model":"[^"]*"//g'
}
lines -m "$golden/videomae" -m "$golden/ast" >wanted
lines -m both.safetensors | cmp - wanted
lines -r 4 -m "$golden/videomae" -m "$golden/ast" >wanted
lines -r 4 -m both.safetensors | cmp - wanted

# What is said of the file, and packing it again.
polytome pack -q both.safetensors --name two --licence CC0-1.0 -r 4:-1 -o two.safetensors
polytome info two.safetensors >described
grep -c 'model *two$' described
grep -c 'licence *CC0-1.0$' described
grep -c 'merging r 4:-1,' described
polytome check two.safetensors --modality audio
polytome pack -q two.safetensors -o two.safetensors
polytome check two.safetensors --modality audio | tail -n 1
polytome pack two.safetensors -o - | cmp - two.safetensors
# In int8: a smaller file, which runs so by itself and gives the same answer as int8 on the directory.
polytome pack -q "$golden/videomae" --precision int8 -o small.safetensors
polytome info small.safetensors | grep -c 'stored in int8$'
polytome check small.safetensors | tail -n 1
polytome check small.safetensors --precision f32 | tail -n 1
polytome pack -q "$golden/videomae" -o large.safetensors
(($(wc -c <small.safetensors) < $(wc -c <large.safetensors) / 2)) || fail "int8 is no smaller"
if polytome info | grep -q 'int8 by'; then
    lines -m "$golden/videomae" --precision int8 >wanted
    lines -m small.safetensors | cmp - wanted
fi
expect 2 polytome pack small.safetensors --precision bf16 -o other.safetensors
expect 2 polytome pack "$golden/videomae" --precision int4 -o other.safetensors
# A file that is replaced keeps its mode.
chmod 640 small.safetensors
polytome pack -q "$golden/videomae" --precision int8 -o small.safetensors
stat -c %a small.safetensors
mkdir clean
cd clean || exit
expect 2 polytome pack -o out.safetensors
expect 2 polytome pack "$golden/ast"
expect 2 polytome pack "$golden/ast" "$golden/audiomae" -o out.safetensors
expect 2 polytome pack ../both.safetensors "$golden/ast" -o out.safetensors
expect 2 polytome pack "$golden/ast" -r 40ms -o out.safetensors
expect 2 polytome pack "$CASES/../../../models/default/default-v0.safetensors" -o out.safetensors
expect 3 polytome pack nowhere -o out.safetensors
expect 3 polytome pack "$golden/ast" -o nowhere/out.safetensors
touch weights.pth
expect 3 polytome pack weights.pth -o out.safetensors
rm weights.pth
if [[ -c /dev/full ]]; then
    expect 3 polytome pack "$golden/ast" -o /dev/full
fi
(
    ulimit -f 100
    expect 3 polytome pack "$golden/ast" -o out.safetensors
)
[[ -z $(ls -A) ]] || fail "left behind: $(ls -A)"
