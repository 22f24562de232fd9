# SPDX-License-Identifier: MIT
# A reader that goes away ends the run without a word.
make_wav a.wav
set +o pipefail
for ((i = 0; i < 20; i++)); do echo a.wav; done | polytome --files-from - | head -n 1
