/* SPDX-License-Identifier: MIT */
#include "media/device.h"

#include "base/plain_locale.h"

#include <dlfcn.h>
#include <libavdevice/version.h>
#include <stdarg.h>

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)
#define LIBRARY "libavdevice.so." STRING(LIBAVDEVICE_VERSION_MAJOR)

typedef void alsa_handler(const char *file, int line, const char *function, int code, const char *format,
                          va_list arguments);

static void say_nothing(const char *file, int line, const char *function, int code, const char *format,
                        va_list arguments) {
    (void)file, (void)line, (void)function, (void)code, (void)format, (void)arguments;
}

/** ALSA's library prints what it finds missing; callers get it as one sentence. For this thread alone, which is one of
 * the library's own: the process may have a handler, and may go on when this library is gone. */
static void quieten_alsa(void *library) {
    alsa_handler *(*set_handler)(alsa_handler * handler);
    *(void **)&set_handler = dlsym(library, "snd_lib_error_set_local"); /* of a library that it has loaded */
    if (set_handler) set_handler(say_nothing);
}

/** Graphs and a device's options are written with a point, whatever the process's locale says. */
static void speak_plainly(void) {
    (void)uselocale(plain_locale());
}

/* Loaded here, not by the linker: it brings some eighty libraries (X11, SDL, PulseAudio ...) that no other input needs,
 * and opening them takes longer than labelling a short clip. It stays loaded: FFmpeg keeps what it registers. */
static ptm_status load_devices(ptm_error *err) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "avdevice_register_all") : NULL;
    if (!symbol)
        return error_set(err, PTM_EIO, "cameras, microphones and lavfi: need FFmpeg's library " LIBRARY ": install it");
    void (*register_all)(void);
    *(void **)&register_all = symbol;
    register_all();
    quieten_alsa(library);
    speak_plainly();
    return PTM_OK;
}

ptm_status device_find(const AVInputFormat **out, const char *name, ptm_error *err) {
    TRY(load_devices(err));
    *out = av_find_input_format(name);
    return *out ? PTM_OK : error_set(err, PTM_EIO, "FFmpeg's " LIBRARY " was built without %s", name);
}
