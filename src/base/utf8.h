/* UTF-8 (RFC 3629), and an escape for bytes that are not UTF-8, since file names and command lines
 * may contain any bytes. */
#ifndef SX_BASE_UTF8_H
#define SX_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Bytes of the UTF-8 character at p (1..4, at most n); 0: there is none (no overlong forms, no
 * surrogates). */
size_t sx_utf8_length(const void *p, size_t n);
/* How many of the first bytes are UTF-8; n if all are. */
size_t sx_utf8_span(const void *bytes, size_t n);

/* Whether a file begins with the byte order mark of UTF-16, which Windows' editors write. */
bool sx_utf16_is_marked(const void *bytes, size_t n);

/* The code point of the character at p, and its bytes; where there is none (sx_utf8_length), the
 * byte itself, of length 1. n is at least 1. */
uint32_t sx_utf8_decode(const void *p, size_t n, size_t *length);
/* The bytes of a code point, and how many. */
size_t sx_utf8_encode(uint32_t code, uint8_t bytes[4]);
/* Appends a code point as UTF-8. */
void sx_utf8_put(sx_str *out, uint32_t code);
/* Appends `text` as UTF-8. Each byte that belongs to no UTF-8 character becomes four characters, a
 * backslash, an x and two lower-case hexadecimal digits: byte 0xF6 becomes \xf6. Everything else,
 * also a backslash, is copied, so that UTF-8 text never changes and escaping twice has no further
 * effect. Escaped bytes are 0x80 to 0xFF. */
void sx_utf8_escape(sx_str *out, const char *text);
/* Bytes of the character at p[n] if it is one beyond ASCII that programs obey instead of showing
 * it: C1 controls (U+0080 to U+009F), line and paragraph separators (U+2028, U+2029), and marks
 * that change the direction of text (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069).
 * 0: it is none. All output uses this list. */
size_t sx_utf8_control(const void *p, size_t n);
/* Whether a text has control characters of ASCII, except tabs, or characters of sx_utf8_control.
 * With `lines`, ends of lines (LF and CR) are allowed. */
bool sx_utf8_has_controls(const char *text, bool lines);
/* Like sx_utf8_escape, and the characters of sx_utf8_control become escapes of their bytes. */
void sx_utf8_escape_controls(sx_str *out, const char *text);
/* Restores those characters, in place; other escapes remain. Returns the new length. */
size_t sx_utf8_restore_controls(char *text);
/* Appends `text` safely for a terminal: like sx_utf8_escape_controls, and the control characters of
 * ASCII except tab become escapes as well. With `lines`, newlines are kept. */
void sx_utf8_printable(sx_str *out, const char *text, bool lines);
/* Makes the text in buf[size] printable in place, as sx_utf8_printable does; newlines stay. The
 * text may end inside a character. Text that is too long ends in "...". Allocates nothing; size is
 * at most 1024. */
void sx_utf8_clean(char *buf, size_t size);
/* The inverse of sx_utf8_escape: appends `text` with each escape \x80 to \xff (lower case) as that
 * byte. A name that really contains such four characters cannot be distinguished: try the text
 * itself first. */
void sx_utf8_unescape(sx_str *out, const char *text);

#endif
