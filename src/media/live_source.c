/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memrchr */
#include "media/live_source.h"

#include "base/memory.h"

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

/** Where in a URL its password stands, "user:password@" before the host as av_url_split() reads it, or as it was meant
 * where one of "/?#" in it cuts the host off; NULL: nowhere. */
static const char *find_password(const char *url, size_t *length) {
    const char *const scheme = strstr(url, "://");
    if (!scheme || scheme[3] == '[') return NULL; /* a host by number */
    const char *const user = scheme + 3, *const path = user + strcspn(user, "/?#");
    const char *const colon = memchr(user, ':', (size_t)(path - user));
    if (!colon) return NULL;
    const char *at = memrchr(user, '@', (size_t)(path - user));
    const bool port = colon + 1 + strspn(colon + 1, "0123456789") == path;
    if (!at && !port) at = strrchr(path, '@');
    if (!at || at < colon) return NULL;
    *length = (size_t)(at - colon - 1);
    return colon + 1;
}

char *live_source_name(const char *given) {
    static const char mask[] = "***";
    size_t hidden = 0;
    const char *const password = find_password(given, &hidden);
    if (!password) return mem_strdup(given);
    const size_t before = (size_t)(password - given), after = strlen(password + hidden) + 1;
    char *name = mem_alloc(before + strlen(mask) + after, 1);
    if (!name) return NULL;
    memcpy(name, given, before);
    memcpy(name + before, mask, strlen(mask));
    memcpy(name + before + strlen(mask), password + hidden, after);
    return name;
}

ptm_status live_source_parse(struct live_source *source, const char *given, const char *name, ptm_error *err) {
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        const size_t length = strlen(KINDS[i].prefix);
        if (strncmp(given, KINDS[i].prefix, length) != 0) continue;
        *source = KINDS[i].source;
        source->name = name;
        source->target = KINDS[i].cut ? given + length : given;
        return PTM_OK;
    }
    if (strstr(given, "://"))
        return error_set(err, PTM_EINVAL,
                         "%s: sources in the network begin with rtsp://, rtsps://, rtmp://, rtmps://, udp://, rtp://, "
                         "tcp://, http:// or https://",
                         name);
    *source = (struct live_source){.kind = LIVE_BYTES, .name = name, .target = given};
    source->comes_back = source->waits = strcmp(given, "-") != 0 && is_named_fifo(given);
    return PTM_OK;
}
