# SPDX-License-Identifier: MIT
# A sample that is no number is damage, and silence; sound shorter than one frame of the spectrogram is no sound.
need_jq
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
ffmpeg -v error -f lavfi -i "aevalsrc='if(eq(n,9000),0/0,0.1*sin(n/9))':s=16000:d=2" -c:a pcm_f32le nan.wav
polytome --json nan.wav | jq -c '[.status, .audio.windows, .audio.coverage.decode_errors]'
ffmpeg -v error -f lavfi -i sine=r=16000:d=0.02 short.wav
polytome --json short.wav | jq -c '[.status, .audio.windows]'
expect 1 polytome -m "$CASES/../../golden/ast" short.wav
