/* Checks the values that are kept in a de-identified film. A value must be valid for its value
 * representation, and a code must be one of the standard's terms. */
#ifndef SX_DICOM_DEID_VALUES_H
#define SX_DICOM_DEID_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SX_DEID_VALUE = 72 };

/* Checks one value of a text element, without the blanks around it. Returns true if it is kept; it
 * is then written as `out` (the standard's spelling of a term; a decimal with a point instead of a
 * comma, and rounded if it has more than 16 characters). Returns false if it must be emptied. `vr`
 * is CS, DS, IS, TM, DA, DT, AS, UI, LO or SH; no other text is kept.
 *
 * CS: a term of the attribute (deid_terms.c), or YES or NO. DS and IS: a number below a million,
 * because longer numbers are more likely identifiers. DA: 8 digits; DT: at least these. UI: not
 * only digits and dots, but the name of something in the standard (a class, a transfer syntax). LO
 * and SH: a term, where the attribute has some; else printable ASCII. */
bool sx_deid_value(uint32_t tag, const char vr[2], const char *value, char out[SX_DEID_VALUE]);

/* The standard's spelling of a term of the attribute; NULL: the value is not a term. *listed:
 * whether there is a list of terms for the attribute. */
bool sx_deid_term(uint32_t tag, const char *value, bool *listed, char out[SX_DEID_VALUE]);

/* All terms of the attribute, divided by '|'; NULL: there is no list. */
const char *sx_deid_terms(uint32_t tag);

/* The meaning of a coded concept (anatomy, view, derivation); NULL: not a concept that is kept. */
const char *sx_deid_code(const char *scheme, const char *value);

/* Whether a binary number is plausible as a measurement: finite, below a million, not denormal. */
bool sx_deid_number(double v);

/* Writes a decimal number without sign, exponent, leading zeros and zeros at the end of its
 * fraction: "123" for "+1.230E2", "0.5" for ".50". Returns false if the text is no such number, or
 * one of more than 40 digits. */
bool sx_deid_plain_number(const char *text, char out[SX_DEID_VALUE]);

/* Whether the attribute's name in the standard says that it identifies a person, a visit, an order,
 * a study, a specimen, a site or a device: it has the word ID, Identifier, Identification, Number,
 * Barcode or UDI (deid_dictionary.cc). */
bool sx_deid_is_identifier(uint32_t tag);

/* Whether the standard names this UID (deid_dictionary.cc). */
bool sx_deid_uid_is_known(const char *uid);
/* Whether the standard allows the attribute this number of values. */
bool sx_deid_vm_is_due(uint32_t tag, unsigned long vm);

#ifdef __cplusplus
}
#endif
#endif
