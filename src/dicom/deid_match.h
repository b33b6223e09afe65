/* Comparing a text with names and words; only for deid_match.c. */
#ifndef SX_DICOM_DEID_MATCH_H
#define SX_DICOM_DEID_MATCH_H

#include "dicom/deid_secrets.h"

/* A text that is compared: as the words of a secret, the same without blanks, its digits. */
typedef struct sx_deid_folded {
    char *words, *joined, *digits;
    bool decimal, fraction; /* with a point; below 1 */
} sx_deid_folded;

bool sx_deid_match_name(const sx_secret *x, const sx_deid_folded *f, sx_secret_place place);
bool sx_deid_match_institution(const sx_secret *x, const sx_deid_folded *f);
/* Whether the text has a word of five letters or more of the secret. */
bool sx_deid_match_words(const sx_secret *x, const sx_deid_folded *f);
/* Whether the text has all words of the secret, which have at least `least` characters, in any
 * order. */
bool sx_deid_has_all_words(const sx_deid_folded *f, const sx_secret *x, size_t least);

#endif
