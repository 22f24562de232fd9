# SPDX-License-Identifier: MIT
expect 1 polytome missing.wav
expect 1 polytome --json missing.wav >lines 2>/dev/null
need_jq
jq -c '[.path, .status, .video, .audio, .ms, .error.code]' lines
