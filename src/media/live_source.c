/* SPDX-License-Identifier: MIT */
#include "media/live_source.h"

#include <string.h>
#include <sys/stat.h>

/* What is sent as bare datagrams or bytes: containers that can be joined in the middle, and none that names others. */
#define BARE_FORMATS "mpegts,h264,hevc,mjpeg,flv,matroska,webm,nut,ogg,aac,mp3,ac3"

struct kind {
    const char *prefix;
    bool cut;                  /* the prefix is ours, not FFmpeg's */
    struct live_source source; /* `target` and `name` are filled in */
};

#define NETWORK .kind = LIVE_URL, .comes_back = true, .stalls = true
#define DEVICE(name, list) .kind = LIVE_DEVICE, .device = (name), .lister = (list), .comes_back = true, .stalls = true
#define CAMERA DEVICE("v4l2", "v4l2-ctl --list-devices")
#define HTTP "http,https,tcp,tls,crypto,httpproxy"

static const struct kind KINDS[] = {
    /* Over TCP first: a lost datagram is a damaged picture. The server may say no, then it is UDP. */
    {"rtsp://", false, {NETWORK, .protocols = "rtp,srtp,udp,tcp", .defaults = "rtsp_flags=prefer_tcp"}},
    {"rtsps://", false, {NETWORK, .protocols = "rtp,srtp,udp,tcp,tls"}},
    {"rtmp://", false, {NETWORK, .protocols = "rtmp,tcp", .formats = "flv,live_flv"}},
    {"rtmps://", false, {NETWORK, .protocols = "rtmps,tls,tcp", .formats = "flv,live_flv"}},
    {"udp://",
     false,
     {NETWORK, .protocols = "udp", .formats = BARE_FORMATS, .defaults = "overrun_nonfatal=1", .waits = true}},
    {"rtp://", false, {NETWORK, .protocols = "rtp,udp", .formats = "rtp," BARE_FORMATS, .waits = true}},
    {"tcp://", false, {NETWORK, .protocols = "tcp", .formats = BARE_FORMATS}},
    {"http://", false, {NETWORK, .protocols = HTTP, .recordings = true}},
    {"https://", false, {NETWORK, .protocols = HTTP, .recordings = true}},
    /* ts=abs: the kernel's time stamps on the clock that the microphone's are on. */
    {"/dev/video", false, {CAMERA, .defaults = "ts=abs"}},
    {"/dev/v4l/", false, {CAMERA, .defaults = "ts=abs"}},
    {"alsa:", true, {DEVICE("alsa", "arecord -L")}},
    {"pulse:", true, {DEVICE("pulse", "pactl list short sources")}},
    {"lavfi:", true, {.kind = LIVE_GRAPH, .device = "lavfi"}},
};

/** Whether the path is a FIFO that another writer can open by its name: not a pipe of the shell's (/dev/fd/63). */
static bool is_named_fifo(const char *path) {
    struct stat status;
    const bool by_number = strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
    return !by_number && stat(path, &status) == 0 && S_ISFIFO(status.st_mode);
}

ptm_status live_source_parse(struct live_source *source, const char *name, ptm_error *err) {
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        const size_t length = strlen(KINDS[i].prefix);
        if (strncmp(name, KINDS[i].prefix, length) != 0) continue;
        *source = KINDS[i].source;
        source->name = name;
        source->target = KINDS[i].cut ? name + length : name;
        return PTM_OK;
    }
    if (strstr(name, "://"))
        return error_set(err, PTM_EINVAL,
                         "%s: sources in the network begin with rtsp://, rtsps://, rtmp://, rtmps://, udp://, rtp://, "
                         "tcp://, http:// or https://",
                         name);
    *source = (struct live_source){.kind = LIVE_BYTES, .name = name, .target = name};
    source->comes_back = source->waits = strcmp(name, "-") != 0 && is_named_fifo(name);
    return PTM_OK;
}
