#define SX_BASE_FAIL_C
#include "base/fail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/c_locale.h"
#include "base/str.h"
#include "base/utf8.h"

/* Not inside a character: what follows its first byte is 10xxxxxx. */
static void mark_cut(char *buf, size_t size, int needed) {
    if (needed < 0 || (size_t)needed < size) return;
    size_t at = size - 4;
    for (int i = 0; i < 3 && (buf[at] & 0xC0) == 0x80; i++)
        at--;
    memcpy(buf + at, "...", 4);
}

bool sx_vfail(sx_error *err, sx_error_code code, const char *fmt, va_list args) {
    if (!err) return false;
    err->code = code;
    mark_cut(err->message, sizeof err->message,
             sx_vformat(err->message, sizeof err->message, fmt, args));
    sx_utf8_clean(err->message, sizeof err->message);
    return false;
}

bool sx_fail(sx_error *err, sx_error_code code, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    sx_vfail(err, code, fmt, args);
    va_end(args);
    return false;
}

bool sx_fail_errno(sx_error *err, const char *path, const char *what) {
    const int number = errno;
    /* strerror has other languages */
    SX_IN_C_LOCALE;
    return sx_fail(err, number == ENOMEM ? SX_ERR_MEMORY : SX_ERR_IO, "%s: cannot %s: %s", path,
                   what, number == ENOMEM ? "out of memory" : strerror(number));
}

bool sx_fail_in(sx_error *err, const char *fmt, ...) {
    if (!err) return false;
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    char context[256];
    va_list args;
    va_start(args, fmt);
    mark_cut(context, sizeof context, sx_vformat(context, sizeof context, fmt, args));
    va_end(args);
    mark_cut(err->message, sizeof err->message,
             sx_format(err->message, sizeof err->message, "%s: %s", context, old));
    sx_utf8_clean(err->message, sizeof err->message);
    return false;
}

void sx_fail_rename(sx_error *err, const char *path, const char *name) {
    char old[sizeof err->message];
    const char *at = old, *hit;
    int n = 0;
    const int size = (int)sizeof old;
    if (!err || !*path) return;
    memcpy(old, err->message, sizeof old);
    for (; n < size && (hit = strstr(at, path)); at = hit + strlen(path))
        n += sx_format(err->message + n, (size_t)(size - n), "%.*s%s", (int)(hit - at), at, name);
    if (n < size) n += sx_format(err->message + n, (size_t)(size - n), "%s", at);
    mark_cut(err->message, sizeof err->message, n);
    sx_utf8_clean(err->message, sizeof err->message);
}

const char *sx_error_name(sx_error_code code) {
    switch (code) {
    case SX_OK:
        return "ok";
    case SX_ERR_IO:
        return "io";
    case SX_ERR_FORMAT:
        return "format";
    case SX_ERR_UNSUPPORTED:
        return "unsupported";
    case SX_ERR_LIMIT:
        return "limit";
    case SX_ERR_MISSING:
        return "missing";
    case SX_ERR_MISMATCH:
        return "mismatch";
    case SX_ERR_VALUE:
        return "value";
    case SX_ERR_MEMORY:
        return "memory";
    case SX_ERR_CANCELLED:
        return "cancelled";
    case SX_ERR_USAGE:
        return "usage";
    case SX_ERR_INTERNAL:
        return "internal";
    case SX_ERR_REFUSED:
        return "refused";
    }
    return "unknown";
}
