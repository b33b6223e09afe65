/* XML in an encoding that Expat does not read: Windows code pages, GBK, Big5, Shift_JIS. */
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/ascii.h"
#include "data/manifest_voc.h"

/* iconv gives some characters meanings of their own, such as "//IGNORE". */
static bool is_name(const char *s) {
    if (!*s) return false;
    for (; *s; s++)
        if (!sx_is_letter(*s) && !sx_is_digit(*s) && !strchr("-_.:", *s)) return false;
    return true;
}

static size_t line_at(const char *text, const char *at) {
    size_t line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

static bool convert(iconv_t cd, const sx_manifest_build *b, const char *encoding, const char *text,
                    size_t size, sx_str *out, sx_error *err) {
    char *in = (char *)(uintptr_t)text, part[4096]; /* iconv does not write to `in` */
    size_t left = size;
    while (left) {
        char *to = part;
        size_t room = sizeof part;
        const bool all = iconv(cd, &in, &left, &to, &room) != (size_t)-1;
        const int fault = errno;
        sx_str_append(out, part, sizeof part - room);
        if (!all && fault != E2BIG)
            return sx_manifest_fail(b, line_at(text, in), SX_ERR_FORMAT, err,
                                    "the byte 0x%02x is not %s, the encoding that the file states: "
                                    "save it as UTF-8",
                                    (unsigned char)*in, encoding);
    }
    return sx_str_ok(out, err);
}

bool sx_voc_to_utf8(const sx_manifest_build *b, const char *encoding, const char *text, size_t size,
                    sx_str *out, sx_error *err) {
    const iconv_t cd = is_name(encoding) ? iconv_open("UTF-8", encoding) : (iconv_t)-1;
    if (cd == (iconv_t)-1)
        return sx_manifest_fail(b, 0, SX_ERR_UNSUPPORTED, err,
                                "the encoding %.40s is not known: save the file as UTF-8, and "
                                "state encoding=\"UTF-8\" in its first line",
                                encoding);
    const bool ok = convert(cd, b, encoding, text, size, out, err);
    iconv_close(cd);
    return ok;
}
