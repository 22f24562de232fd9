# SPDX-License-Identifier: MIT
# Answers written by one run prove the next one; with other merging they differ. The input is a .npy made here.
{
    header="{'descr': '<f4', 'fortran_order': False, 'shape': (1, 128, 128), }"
    printf '\x93NUMPY\x01\x00'
    little 2 118
    printf '%-117s\n' "$header"
    yes "$(printf '\001\002\177\077\003\004\277\276')" | tr -d '\n' | head -c 65536 || true
} >input.npy
run() {
    polytome check --modality audio --input input.npy "$@"
}
run --output logits.npy --source source.npy >/dev/null
run --expect logits.npy --expect-source source.npy
expect 1 run -r off --expect logits.npy --tolerance 1e-6 | tail -n 1
expect 1 run -r off --expect-source source.npy | tail -n 2
expect 3 run --expect missing.npy 2>/dev/null

# NaN agrees with nothing, wherever it stands: here it is the first of the logits, and all after it agree.
header_bytes=$((10 + $(od -A n -t u2 -j 8 -N 2 logits.npy)))
cp logits.npy spoilt.npy
printf '\x00\x00\xc0\x7f' | dd of=spoilt.npy bs=1 seek="$header_bytes" conv=notrunc status=none
expect 1 run --expect spoilt.npy | tail -n 1
