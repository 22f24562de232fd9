# SPDX-License-Identifier: MIT
expect 2 polytome
expect 2 polytome clasify
expect 2 polytome classify
expect 2 polytome --bogus x.wav
expect 2 polytome -y x.wav
expect 2 polytome --top
expect 2 polytome --top=many x.wav
expect 2 polytome --top -1 x.wav
expect 2 polytome --threshold 1.5 x.wav
expect 2 polytome --threshold nan x.wav
expect 2 polytome --only smell x.wav
expect 2 polytome --start 1:60 x.wav
expect 2 polytome --logits=yes x.wav
expect 2 polytome -o '' x.wav
expect 2 polytome - --files-from -
expect 2 polytome -m a -m b -m c -m d -m e x.wav
expect 2 polytome check a b
expect 2 polytome check --expect y.npy
expect 2 polytome check --input x.npy
expect 2 polytome bench --format yaml
expect 2 polytome version please
expect 2 polytome help clasify
expect 2 polytome help timeline stream
