/* The one place that decides which spellings of a text are the same: case, accents and full-width
 * forms are ignored. */
#ifndef SX_DICOM_DEID_FOLD_H
#define SX_DICOM_DEID_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SX_FOLD_LATIN = 0x250, /* code points below are Latin letters and marks */
    SX_FOLD_MOST = 3       /* symbols of a code point */
};

/* The code point of the UTF-8 character at p with the marks behind it, as in decomposed Unicode
 * (macOS writes names so), and of the letters of a Hangul syllable: "u" and U+0308 are U+00FC. Of a
 * byte that is no UTF-8 as Latin-1. *length: its bytes. n is not 0. */
uint32_t sx_fold_next(const uint8_t *p, size_t n, size_t *length);
/* The character that a character and the next one are together; 0: they are two. Marks that folding
 * ignores leave the character as it is. */
uint32_t sx_fold_compose(uint32_t code, uint32_t next);

/* Folds a code point to 0, 1, 2 or 3 symbols, and returns their number. Letters with accents become
 * base letters in upper case; with `wide`, umlauts become two. Ligatures become their letters, and
 * letters and digits of the compatibility forms (circled, mathematical, raised) and digits of other
 * scripts become ASCII. Letters of other scripts stay what
 * they are, without marks where Greek, Cyrillic or kana, and in upper case where Greek or Cyrillic.
 * Other characters become ASCII characters that are no letters; control characters stay below
 * U+0020. */
size_t sx_fold_code(uint32_t code, bool wide, uint32_t out[SX_FOLD_MOST]);
/* Whether a symbol is a letter or a digit. */
bool sx_fold_is_letter(uint32_t symbol);

#endif
