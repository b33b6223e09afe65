/* De-identification of one DICOM file after PS3.15 annex E, Basic Application Level Confidentiality
 * Profile.
 *
 * The rules list what is kept (image geometry, grey scale, coded anatomy and view), not what is
 * removed. Any text, date, identifier or unknown element that is not listed is removed, which is
 * more than the profile requires. docs/deidentify.md has the table. */
#ifndef SX_DICOM_DEID_H
#define SX_DICOM_DEID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How films with likely text in their pixels (image/text.h) are treated. */
typedef enum sx_deid_text {
    SX_DEID_TEXT_REFUSE, /* rejected */
    /* Clean Pixel Data: the text is blanked; such films are written uncompressed */
    SX_DEID_TEXT_CLEAN,
    SX_DEID_TEXT_KEEP /* not searched for */
} sx_deid_text;

typedef struct sx_deid_options {
    const uint8_t *key; /* of HMAC-SHA-256: equal keys give equal replacements */
    size_t key_size;    /* at least 16 */
    /* Retain Longitudinal Temporal Information, Modified Dates: shifted, per patient */
    bool keep_dates;
    bool keep_device;  /* Retain Device Identity */
    bool keep_patient; /* Retain Patient Characteristics: sex, size, weight, age (over 89: 90) */
    sx_deid_text text;
    bool numbered_patients; /* the Patient ID 0 is a patient, no placeholder (base/patient_id.h) */
    /* Lesion names of a data set that is de-identified with the film; 0: none. A film is rejected
     * if one of them is or contains a name, an identifier or a date that is removed from the film.
     * label_found, if not NULL, is then called with its index, in the thread of the film.
     * label_words: the words of each that may be names, which are also compared with parts. */
    const char *const *labels, *const *label_words;
    size_t label_count;
    void (*label_found)(void *ctx, size_t label);
    void *label_ctx;
} sx_deid_options;

/* The action codes of PS3.15 table E.1-1 and their meaning here. */
typedef enum sx_deid_action {
    SX_DEID_KEEP,    /* K; in a sequence the rules apply to its items */
    SX_DEID_REMOVE,  /* X */
    SX_DEID_EMPTY,   /* Z: zero length */
    SX_DEID_SUBJECT, /* D: the patient's new identifier */
    SX_DEID_UID,     /* U: replaced, the same everywhere */
    SX_DEID_SHIFT,   /* C: a date, moved back by the patient's days */
    SX_DEID_AGE      /* C: ages over 89 become 90 */
} sx_deid_action;

/* Whether the standard gives the element this value representation; false if the standard does not
 * define the element. A file may declare another VR for a name, by mistake or to prevent its
 * removal. */
bool sx_deid_vr_is_due(uint32_t tag, const char vr[2]);
/* The standard's value representation; false if the standard does not define the element, or leaves
 * a choice. */
bool sx_deid_due_vr(uint32_t tag, char vr[3]) SX_MUST_USE;
bool sx_deid_dictionary(sx_error *err) SX_MUST_USE; /* SX_ERR_MISSING: no data dictionary */

/* The action for an element. vr: its two letters in the file; an element with another VR than the
 * standard's is removed or emptied. */
sx_deid_action sx_deid_rule(uint32_t tag, const char vr[2], const sx_deid_options *o);

/* Replacements that are computed with the key. Without the key, the original cannot be computed
 * from them. A UID begins with "2.25.", a subject is "SX" and 16 letters, days are 1 to 3650.
 * Error: SX_ERR_MEMORY. */
bool sx_deid_uid(const sx_deid_options *o, const char *uid, char out[65],
                 sx_error *err) SX_MUST_USE;
bool sx_deid_subject(const sx_deid_options *o, const char *patient, char out[24],
                     sx_error *err) SX_MUST_USE;
/* Whether the text has the form of a subject: "SX" and 16 letters from A to P. */
bool sx_deid_is_subject(const char *text);
bool sx_deid_days(const sx_deid_options *o, const char *patient, int *days,
                  sx_error *err) SX_MUST_USE;
/* "YYYYMMDD" at the beginning of text, moved back by `days`; false if there is no such date. */
bool sx_deid_shift(char *text, int days);

/* Whether our own reader accepts the bytes as a DICOM file up to the end of Pixel Data: every
 * length fits, sequences are at most 32 deep, and no attribute whose values are removed occurs
 * twice in the data set or in an item. What is not written as the standard says is rewritten before
 * (dicom/deid_rewrite.h). */
bool sx_deid_readable(const void *bytes, size_t n, const char *name, sx_error *err) SX_MUST_USE;
/* Always false, SX_ERR_FORMAT: the film is a PNG or JPEG file. */
bool sx_deid_refuse_picture(const char *name, sx_error *err) SX_MUST_USE;

/* How many bytes that is, in a file that is not deflated. Not *delimited: these lack the delimiter
 * of the fragments of Pixel Data. */
bool sx_deid_extent(const void *bytes, size_t n, size_t *used, bool *delimited,
                    sx_error *err) SX_MUST_USE;

/* Whether a result is still a film. */
bool sx_deid_is_film(const void *bytes, size_t n, sx_error *err) SX_MUST_USE;

/* Old and new identifiers, for a mapping table. kind: "patient", "study", "series", "image". */
typedef struct sx_deid_pair {
    const char *kind;
    char was[132], now[65];
} sx_deid_pair;
enum { SX_DEID_PAIRS = 4, SX_DEID_NOTE = 256 };

/* Computes only the pairs and does not examine pixels. Errors: as below. */
bool sx_deid_pairs(const void *bytes, size_t n, const char *name, const sx_deid_options *o,
                   sx_deid_pair pairs[SX_DEID_PAIRS], sx_error *err) SX_MUST_USE;
/* Checks that bytes[n], a result of an earlier run, was made with the same options. Error:
 * SX_ERR_MISMATCH. */
bool sx_deid_same_options(const void *bytes, size_t n, const char *name, const sx_deid_options *o,
                          sx_error *err) SX_MUST_USE;

/* De-identifies the DICOM file bytes[n]. *out is the new file, which the caller frees with free().
 * Compressed pixels are encoded again in the same transfer syntax, without changing a value; where
 * that is not possible, they become Explicit VR Little Endian. `name` names the file in messages.
 * Before the new file is returned, it is searched for every identifier, name and date that was
 * removed. `cleaned` describes where text was blanked; "" if nowhere. Films with blanked text are
 * written as Explicit VR Little Endian. Errors: SX_ERR_FORMAT (no DICOM), SX_ERR_MISSING (no SOP
 * Instance UID, no Pixel Data, no data dictionary), SX_ERR_UNSUPPORTED (Burned In Annotation is
 * YES, and no text was found to clean; likely text; functional groups; the result still contains an
 * original value; the result is not a film), SX_ERR_USAGE (key), SX_ERR_MEMORY, and those of
 * sx_film_from_memory for a film that cannot be read. Any number of threads at once. */
bool sx_deid_file(const void *bytes, size_t n, const char *name, const sx_deid_options *o,
                  uint8_t **out, size_t *size, sx_deid_pair pairs[SX_DEID_PAIRS],
                  char cleaned[SX_DEID_NOTE], sx_error *err) SX_MUST_USE;

/* De-identifies a film that has been de-identified with the options keep_dates, keep_device and
 * keep_patient; others are ignored. UIDs, subjects and dates that have the form of replacements
 * stay, the record keeps what it says of text in the pixels, and nothing is searched for removed
 * values. So *out equals bytes[n] exactly if sx_deid_file could have written these. Otherwise as
 * sx_deid_file. */
bool sx_deid_again(const void *bytes, size_t n, const char *name, const sx_deid_options *o,
                   uint8_t **out, size_t *size, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
