# SPDX-License-Identifier: MIT
need_jq
make_wav a.wav
polytome bench --seconds 0.1 --threads 1 -v | sed -E 's/[0-9]+\.[0-9]+/N/g; s/ +/ /g; s/ [0-9]+ %/ P %/'
polytome bench --seconds 0.02 --modality audio -r 'off 10' -r 20 --json a.wav >lines
jq -c '[.bench, .modality, .r, .tokens]' lines
jq -s 'map(select(.bench == "network") |
    .gflop > 0 and .ms.min > 0 and .ms.median >= .ms.min and (.speed_up == 1 or .r != "off") and .speed_up > 0 and
    .gflops > 0 and .gemm_gflops > 0 and .peak_bytes > 1e6) | all' lines
# A row for each number of threads, each with its point and bar in the picture.
polytome bench --seconds 0.02 --modality audio -r 'off 10 40' --threads 1 --threads 2 --json --plot rows.svg | jq -c '[.threads, .r]'
# And for each size of a batch, whose times are those of one window.
polytome bench --seconds 0.02 --modality audio -r 'off 20' --threads 1 --batch 1 --batch 3 --json --plot batches.svg | jq -c '[.batch, .r]'
grep -o '20, 3 windows' batches.svg
expect 2 polytome bench --seconds 0.02 --batch 0 >/dev/null
# A file is timed with the last schedule.
polytome bench --seconds 0.02 --modality audio -r 'off 10' --json a.wav | jq -c 'select(.bench == "file") | .audio'
expect 2 polytome bench --seconds 0.02 -r ' ' >/dev/null
grep -c '<circle' rows.svg
grep -o 'audio, default-v0, f32, [12] threads\?' rows.svg
expect 3 polytome bench --seconds 0.02 --modality audio -r off --plot nowhere/rows.svg >/dev/null
expect 2 polytome bench --seconds 0.02 -r 'off nonsense' >/dev/null
# One that cannot be read takes nothing from the rows to come.
expect 1 polytome bench --seconds 0.02 --modality audio -r off --threads 1 --threads 2 --json missing.wav |
    jq -c '[.threads, .bench, .path, .error.code]'
expect 1 polytome bench --seconds 0.02 --modality audio -r off missing.wav other.wav | grep -c '^files, ms' || true
expect 1 polytome bench --seconds 0.02 --modality audio -r off missing.wav a.wav 2>/dev/null | grep -c '^files, ms'
