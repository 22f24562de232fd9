# SPDX-License-Identifier: MIT
# What is read as a file or from standard input opens nothing else, whatever it names: the canary is a FIFO, and whoever
# opened it would let its writer go on. Nor does a name open what only FFmpeg would see in it, or the folder's libraries.
canary=$PWD/canary
mkfifo "$canary"
(: >"$canary" && echo opened >told) &

printf '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%s\n#EXT-X-ENDLIST\n' "$canary" >list.m3u8
cp list.m3u8 list.vob
printf '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="%s"\n#EXTINF:9,\nconcat:%s|%s\n' \
    "$canary" "$canary" "$canary" >key.m3u8
printf "ffconcat version 1.0\nfile '%s'\n" "$canary" >list.ffconcat
printf 'concat:%s|%s\n' "$canary" "$canary" >list.txt
printf 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n' >list.sdp
cat >list.mpd <<END
<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-main:2011"
mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="0" bandwidth="1">
<BaseURL>$canary</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>
END
cat >list.xml <<END
<?xml version="1.0" encoding="UTF-8"?>
<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016"><ContentTitle>$canary</ContentTitle>
<EditRate>24 1</EditRate><SegmentList></SegmentList></CompositionPlaylist>
END
printf '# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n' >canary.idx

# A QuickTime film, made box by box, whose samples lie in another file: an alias of the canary.
box() {
    cat >"body.$1"
    big 4 $(($(wc -c <"body.$1") + 8))
    printf %s "$1"
    cat "body.$1"
}
zeros() {
    head -c "$1" /dev/zero
}
alias_of() { # PATH: version 2, of the volume "Mac", one level up and one down, then the path as Macs had it
    local name=${1##*/} path=Mac${1//\//:}
    zeros 4 && zeros 6 && big 2 2 && zeros 2 && printf '\003Mac' && zeros 24 && zeros 12
    big 1 ${#name} && printf %s "$name" && zeros $((63 - ${#name})) && zeros 16 && big 2 1 && big 2 1 && zeros 16
    big 2 2 && big 2 ${#path} && printf %s "$path" && zeros $((${#path} % 2)) && big 2 65535 && zeros 2
}
{
    { zeros 4 && big 4 1 && alias_of "$canary" | box alis; } | box dref | box dinf
    {
        { zeros 4 && big 4 1 && { zeros 6 && big 2 1 && zeros 8 && big 2 1 && big 2 16 && zeros 4 && big 2 8000 &&
            zeros 2; } | box sowt; } | box stsd
        { zeros 4 && big 4 1 && big 4 8000 && big 4 1; } | box stts
        { zeros 4 && big 4 1 && big 4 1 && big 4 8000 && big 4 1; } | box stsc
        { zeros 4 && big 4 2 && big 4 8000; } | box stsz
        { zeros 4 && big 4 1 && big 4 1000000; } | box stco
    } | box stbl
} | box minf >media
{ { zeros 12 && big 4 8000 && big 4 8000 && zeros 4; } | box mdhd; { zeros 4 && printf mhlrsoun && zeros 13; } | box hdlr
    cat media; } | box mdia | box trak | box moov >alias.mov

for file in list.* key.m3u8 canary.idx; do
    expect 1 polytome classify "$file" 2>complaint
    expect 1 polytome timeline - <"$file" 2>complaint
    expect 1 polytome stream "$file" 2>complaint
    expect 1 polytome stream - <"$file" 2>complaint
done
for command in classify timeline stream; do
    polytome $command alias.mov >>labels 2>complaint || true
    polytome $command - <alias.mov >>labels 2>complaint || true
done
allow=enable_drefs=1:use_absolute_path=1:protocol_whitelist=file
polytome stream --input-format mov --input-options $allow alias.mov >>labels 2>complaint || true
[[ ! -s labels ]] || fail "the film has samples: $(cat labels)"
expect 1 polytome classify list.m3u8 2>&1 | grep -o 'is a playlist (hls)'
expect 1 polytome stream --input-format concat list.ffconcat 2>/dev/null
for name in "concat:$canary|$canary" "subfile,,start,0,end,9,,:$canary" "file:$canary" "async:$canary"; do
    for command in classify stream; do expect 1 polytome $command "$name" 2>/dev/null; done
done
: >libm.so.6
polytome version | cut -d ' ' -f 1
[[ ! -e told ]] || fail "the canary was opened"
: <canary
wait
cat told
