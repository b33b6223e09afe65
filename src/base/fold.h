/* Texts that people take for the same: blanks, and letters without their case. */
#ifndef SX_BASE_FOLD_H
#define SX_BASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at p[n] if it shows nothing: a space or end of line of Unicode
 * (PropList.txt, White_Space), or a character without a width (U+00AD, U+180E, U+200B to
 * U+200D, U+2060, U+FEFF). 0: it is none. */
size_t sx_blank_length(const void *p, size_t n);
/* Whether a text is empty or has nothing but such characters. */
bool sx_is_blank(const char *text);
/* Whether a text begins or ends with one. */
bool sx_has_outer_blank(const char *text);

/* The small letter of a capital one, of the Latin, Greek and Cyrillic letters of today's languages,
 * if it is one character (CaseFolding.txt, status C); otherwise the code point itself. */
uint32_t sx_fold_letter(uint32_t code);
/* Whether two texts are equal up to the case of letters, to which characters make a blank, to how
 * many of them stand in a row, and to composed characters (base/compose.h). Characters without a
 * width count as none. */
bool sx_equal_folded(const char *a, const char *b);

#endif
