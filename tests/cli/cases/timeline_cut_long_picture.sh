# SPDX-License-Identifier: MIT
# A picture stays until the next one, however long its packet lasts: what lies inside it can be cut.
command -v ffmpeg >/dev/null || skip "ffmpeg is not installed"
printf "file '$SAMPLES/%s.mp4'\n" pan-right-three tilt-up >list
ffmpeg -v error -f concat -safe 0 -i list -an -vf "setpts='if(gte(N,50),PTS+18/TB,PTS)'" -vsync vfr -c:v mpeg4 -g 10 film.mkv
polytome timeline -q --only video --best --on 0 film.mkv --cut made >/dev/null
for clip in made/*; do
    echo "$clip $(ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$clip") frames"
done
