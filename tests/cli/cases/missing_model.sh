# SPDX-License-Identifier: MIT
make_wav a.wav
expect 3 polytome -m nowhere a.wav
expect 3 polytome check nowhere
expect 3 polytome info nowhere
expect 3 polytome bench -m nowhere
expect 2 polytome -r nonsense a.wav
