/* Lesion names that identify nobody: they consist of words of radiology. */
#ifndef SX_DATA_LESION_WORDS_H
#define SX_DATA_LESION_WORDS_H

#include "base/str.h"

/* Appends those words of a lesion name that are not in the vocabulary, with blanks between them:
 * "HAGELSTEIN" for "Osteophyte Hagelstein". Nothing is added for a name of known words, with
 * vertebral levels ("L4/5", "LWK 1") and at most two other numbers of one digit, or one of two.
 * Case, accents and separators do not matter, nor whether an umlaut is written as two letters;
 * words may be joined ("DiscSpaceNarrowing"). The name is UTF-8. False: out of memory. */
bool sx_lesion_unknown_words(const char *name, sx_str *words) SX_MUST_USE;

#endif
