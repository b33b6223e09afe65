#include "dicom/element_writer.h"

#include <string.h>

#include "dicom/elements.h"

void sx_put_file_meta(sx_str *out, const char *syntax) {
    static const char preamble[128] = { 0 };
    static const char head[] = "DICM\2\0\x10\0UI"; /* and the length of the value */
    const size_t n = strlen(syntax), padded = n + n % 2;
    sx_str_append(out, preamble, sizeof preamble);
    sx_str_append(out, head, sizeof head - 1);
    sx_str_append_le(out, padded, 2);
    sx_str_append(out, syntax, padded); /* with its NUL if the length is odd */
}

static void put_number(sx_str *out, bool big, uint32_t v, int bytes) {
    for (int i = 0; big && i < bytes; i++)
        sx_str_append_le(out, v >> 8 * (bytes - 1 - i) & 0xFF, 1);
    if (!big) sx_str_append_le(out, v, bytes);
}

bool sx_put_element_header(sx_str *out, bool explicit_vr, bool big_endian, uint32_t tag,
                           const char *vr, uint32_t n) {
    const bool is_long = !explicit_vr || sx_vr_is_long((const uint8_t *)vr);
    if (!is_long && n > 0xFFFF) return false;
    put_number(out, big_endian, tag >> 16, 2);
    put_number(out, big_endian, tag & 0xFFFF, 2);
    if (explicit_vr) {
        sx_str_append(out, vr, 2);
        if (is_long) put_number(out, big_endian, 0, 2);
    }
    put_number(out, big_endian, n, is_long ? 4 : 2);
    return true;
}
