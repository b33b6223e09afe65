/* The values that were removed from a film, and the final search for them in the result. */
#ifndef SX_DICOM_DEID_SECRETS_H
#define SX_DICOM_DEID_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "base/names.h"
#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sx_secret_kind {
    SX_SECRET_TEXT,
    SX_SECRET_NAME,
    /* Found by one of its words, or by their initials. It is not compared with the standard's
     * terms: films of a chest clinic may keep the body part CHEST. */
    SX_SECRET_INSTITUTION,
    /* Free text about the patient or the examination, by its words of five letters or more. It is
     * only compared with text of the device, and not searched for. */
    SX_SECRET_WORDS,
    SX_SECRET_ID,
    SX_SECRET_DATE,
    /* A date that the film keeps in another year (--keep-dates). The new dates may equal another
     * old one by chance, so that it is not compared with dates and not searched for. */
    SX_SECRET_SHIFTED,
    SX_SECRET_BIRTH, /* a date that is also searched for with two digits of the year */
    SX_SECRET_UID
} sx_secret_kind;

static inline bool sx_secret_is_date(sx_secret_kind kind) {
    return kind == SX_SECRET_DATE || kind == SX_SECRET_SHIFTED || kind == SX_SECRET_BIRTH;
}

typedef struct sx_secret {
    uint32_t tag;
    sx_secret_kind kind;
    char *raw; /* as in the file, without blanks around it */
    size_t raw_count;
    /* " WORD WORD ": letters and digits in upper case without accents, a blank between words */
    char *words;
    char *joined; /* the same without blanks */
    /* " 12345 ": numbers that repeat the value, without leading zeros. Of an identifier: runs of
     * four digits or more, but 1900 to 2100 only if they are at least half of its letters and
     * digits, and all its digits together, if they are that; with the zeros, " 00999 ", if less
     * than four digits follow them. Of texts: runs of six digits or more. */
    char *numbers;
} sx_secret;

typedef struct sx_secrets {
    sx_secret *items;
    size_t count, cap;
    sx_names seen; /* internal */
} sx_secrets;

/* raw[n]: the bytes of one value; utf8: the same as UTF-8. Empty values and placeholders ("NONE",
 * "UNKNOWN") are left out, and equal values are kept once. SX_ERR_MEMORY; SX_ERR_LIMIT: more than
 * 10,000 different values. */
bool sx_secrets_add(sx_secrets *s, uint32_t tag, sx_secret_kind kind, const char *raw, size_t n,
                    const char *utf8, sx_error *err) SX_MUST_USE;
void sx_secrets_free(sx_secrets *s);

/* The kind of text that is compared with the secrets. */
typedef enum sx_secret_place {
    SX_PLACE_TERM, /* a term of the standard: compared as a whole, or word by word with names */
    SX_PLACE_TEXT, /* free text: also as a part of it */
    /* the name of a manufacturer or a product, which other texts repeat: not compared with these */
    SX_PLACE_PRODUCT,
    SX_PLACE_NUMBER, /* a number, compared by its digits and by its value */
    SX_PLACE_DATE,   /* a date that was moved: as a number, but not with dates that were moved */
    /* a lesion name: names as in a term; identifiers, UIDs and dates also as a part of it */
    SX_PLACE_LABEL,
    /* the words of a lesion name that are not of the vocabulary: names also as a part of it */
    SX_PLACE_FREE_LABEL
} sx_secret_place;

/* The searches below return this when memory runs out, so that the value is not treated as
 * harmless. */
extern const sx_secret sx_secret_no_memory;

/* Finds a secret that the text (ASCII) repeats; NULL: none. Case, accents, order and separators are
 * ignored. A name is found if the text has all its components, or one of four letters or more; in
 * free text also by two components that are joined, if they have five letters or more, and by a
 * part of five letters or more that begins or ends a component. An identifier must have at least
 * four characters, and other text at least six; their `numbers` are found too. A date is found in
 * any order of day, month and year, also with the name of its month (deid_dates.h), and the birth
 * date also as a number of its year and month. */
const sx_secret *sx_secrets_match(const sx_secrets *s, const char *text, sx_secret_place place);

/* Finds a secret that the digits of neighbouring values of an attribute give, at least four of
 * them, or five if a value has a fraction: "1234" and "5678" repeat the identifier 12345678, as do
 * "0.1234" and "0.5678". Dates: at least six. */
const sx_secret *sx_secrets_match_joined(const sx_secrets *s, const char *const *values,
                                         size_t count);

/* The same for values of neighbouring attributes: six digits, or seven with a fraction; dates with
 * seven, or with six that have the century and come from three values. */
const sx_secret *sx_secrets_match_spread(const sx_secrets *s, const char *const *values,
                                         size_t count);

/* Finds a secret of which the bytes have a component of four bytes or more, not all of them ASCII,
 * in the film's own character set. Separators are ignored. */
const sx_secret *sx_secrets_match_raw(const sx_secrets *s, const void *bytes, size_t n);

/* Appends the characters (UTF-8) whose code points the values are, with a blank for any other
 * value: "MO" for 77 and 79. False: these are less than four characters. */
bool sx_deid_text_of_codes(const char *const *values, size_t count, sx_str *out) SX_MUST_USE;

/* Finds a secret of six characters or more that the bytes contain, in any case and also as UTF-16;
 * NULL: none. Numbers that are part of a longer number are not found, nor free text that is part of
 * one of `kept_terms`, nor the standard texts of every result. */
const sx_secret *sx_secrets_find(const sx_secrets *s, const uint8_t *bytes, size_t n,
                                 const char *const *kept_terms, size_t count, sx_error *err);

/* Splits text into words: " A B ". The text is UTF-8; bytes that are not are read as Latin-1. The
 * caller frees the result; NULL: out of memory. With `wide`, umlauts and ligatures become two
 * letters. */
char *sx_deid_fold(const char *text, bool wide) SX_MUST_USE;
/* The words without the blanks. The caller frees the result; NULL: out of memory. */
char *sx_deid_without_blanks(const char *words) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
