/* Converts text from SpecificCharacterSet (0008,0005) to UTF-8 (PS3.3 C.12.1.1.2, PS3.5 6.1). */
#ifndef SX_DICOM_CHARSETS_H
#define SX_DICOM_CHARSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The initial character set of texts in a data set; with ISO 2022, escape sequences switch to
 * others. */
typedef enum sx_charset {
    SX_CHARSET_DEFAULT, /* ASCII, Latin 1, UTF-8: absent, ISO_IR 6, 100 and 192 */
    SX_CHARSET_LATIN2,
    SX_CHARSET_LATIN3,
    SX_CHARSET_LATIN4,
    SX_CHARSET_LATIN5,
    SX_CHARSET_LATIN9,
    SX_CHARSET_CYRILLIC,
    SX_CHARSET_ARABIC,
    SX_CHARSET_GREEK,
    SX_CHARSET_HEBREW,
    SX_CHARSET_THAI,
    SX_CHARSET_KATAKANA, /* JIS X 0201 */
    SX_CHARSET_KOREAN,   /* KS X 1001 */
    SX_CHARSET_CHINESE,  /* GB 2312 */
    SX_CHARSET_GB18030,
    SX_CHARSET_GBK,
    SX_CHARSET_UNKNOWN /* a value that names none of these */
} sx_charset;

/* Finds the character set for a value of SpecificCharacterSet in any spelling: "ISO_IR 144", "ISO
 * 2022 IR 144"; also by the number of its part of ISO 8859. */
sx_charset sx_charset_find(const char *term);

/* Converts a text, in which backslashes separate values, to UTF-8. Bytes that the character set
 * does not define are read as UTF-8 if valid; with JIS X 0201, a text that has such bytes is read
 * as UTF-8 or Shift JIS if it is valid as a whole. Other undefined bytes are read as Latin 1, and
 * *guessed (which may be NULL) becomes true, except with the default set. Returns the number of
 * bytes written to `out`. A text of more than `size` bytes is truncated at a character boundary. */
size_t sx_charset_to_utf8(sx_charset charset, const uint8_t *text, size_t n, char *out, size_t size,
                          bool *guessed);

/* Loads what conversions need from files, and keeps it: for a process that will not be able to open
 * files. Once, before other threads convert. */
void sx_charsets_load(void);

#ifdef __cplusplus
}
#endif
#endif
