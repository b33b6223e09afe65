/* Composed and decomposed Unicode. Some systems, among them macOS, name files with a letter and the
 * mark behind it ("a" and U+0308), others with one character (U+00E4). */
#ifndef SX_BASE_COMPOSE_H
#define SX_BASE_COMPOSE_H

#include <stdint.h>

/* The character that `code` and a mark behind it make, or two parts of a syllable of Hangul; 0:
 * none. Latin, Greek, Cyrillic, kana and Hangul (UnicodeData.txt; The Unicode Standard, 3.12). */
uint32_t sx_compose(uint32_t code, uint32_t next);
/* The same for Hangul alone. */
uint32_t sx_compose_hangul(uint32_t code, uint32_t next);
/* Composes the characters of a UTF-8 text in place. Bytes that are not UTF-8 stay. */
void sx_compose_text(char *text);

#endif
