/* The results of a study as DICOM objects for a PACS: a structured report of all its films
 * (Comprehensive 3D SR or Comprehensive SR, TID 1500), and for each film a presentation state with
 * the boxes (GSPS) and a secondary capture.
 *
 * The objects belong to the patient and study of the films: those modules are copied with their
 * bytes, whatever the character set says. The program's own texts are ASCII. No object depends on
 * the clock: the same input, in the same time zone, gives the same bytes. UIDs derive from the
 * input as well (sx_results_uid), so an object that is made a second time is the same object.
 *
 * Sources: PS3.3 A.35.13, A.33.1, A.8; PS3.16 TID 1500, 1501, 1410. */
#ifndef SX_DICOM_RESULTS_H
#define SX_DICOM_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "dicom/film_types.h"
#include "dicom/sr_content.h"

typedef struct sx_result_box {
    const char *label;    /* class, UTF-8 */
    sx_code code;         /* of the class: dicom/finding_codes.h */
    float x0, y0, x1, y1; /* pixels of the film; 0, 0 is the corner of its first pixel */
    double score;         /* 0..1 */
    /* false: below the specific operating point. The box is dashed, and its label says so. */
    bool specific;
} sx_result_box;

typedef enum sx_outcome {
    SX_OUTCOME_SCORED,
    SX_OUTCOME_NOT_SCORED /* failed, refused or unfamiliar: `reason` says why; there is no verdict
                           */
} sx_outcome;

typedef struct sx_result_film {
    const void *file; /* the film's file; borrowed. NULL: it cannot be read, and is not scored */
    size_t size;
    const char *digest;       /* its SHA-256: 64 hexadecimal digits */
    const sx_film_info *info; /* of its header; borrowed */
    sx_outcome outcome;
    const char *reason; /* ASCII; NULL: scored */
    double probability; /* P(abnormal), 0..1; NaN: there is no classifier */
    bool abnormal;
    const sx_result_box *boxes; /* in the order of the report */
    size_t box_count;
} sx_result_film;

/* What is said of the whole study. Texts are ASCII and not NULL. */
typedef struct sx_result_study {
    const sx_result_film *films; /* at least one; of one study */
    size_t film_count;
    const char *version;       /* of the program */
    const char *weights;       /* SHA-256 of the weights: 64 hexadecimal digits */
    const char *configuration; /* digest of the configuration that changes results */
    const char *device_uid;    /* of this installation */
    const char *serial;        /* its name: Device Serial Number */
    int64_t completed;         /* the event that completed the study: seconds since 1970, UTC */
    int revision;              /* of the result: 1, 2, ..: later films make a new one */
    bool demonstration;        /* the weights are no use for patients: every object says so */
    bool says_normal;          /* a film without findings is coded as normal; off by default */
    const char *predecessor;   /* SOP Instance UID of the report that this one replaces; NULL */
} sx_result_study;

/* The kinds of objects. */
typedef enum sx_result_kind {
    SX_RESULT_SR_3D,   /* Comprehensive 3D SR */
    SX_RESULT_SR,      /* Comprehensive SR, for archives that refuse the former */
    SX_RESULT_GSPS,    /* of one film */
    SX_RESULT_CAPTURE, /* of one film */
    SX_RESULT_KINDS
} sx_result_kind;

const char *sx_result_sop_class(sx_result_kind kind);

#define SX_RESULT_UID 65

/* The SOP Instance UID of an object, or with `series` its Series Instance UID: "2.25." and 128 bits
 * of a SHA-256 of the films' UIDs and files, the weights, the kind, the program's version, the
 * configuration and the revision. `film`: of a GSPS or a capture. The only error is
 * SX_ERR_MEMORY. */
bool sx_results_uid(const sx_result_study *s, sx_result_kind kind, size_t film, bool series,
                    char out[SX_RESULT_UID], sx_error *err) SX_MUST_USE;

/* The functions below make a file: *bytes by malloc, which the caller frees. Errors: those of
 * sx_object_encode and sx_object_copy; SX_ERR_VALUE: a film without a UID that a reference needs;
 * SX_ERR_MISMATCH: films of two studies; SX_ERR_FORMAT: no film has a file. */

/* The report. SX_ERR_MISSING: there are no films. */
bool sx_result_report(const sx_result_study *s, sx_result_kind kind, uint8_t **bytes, size_t *n,
                      sx_error *err) SX_MUST_USE;
/* The boxes of films[film] as graphics that a viewer can switch off. */
bool sx_result_gsps(const sx_result_study *s, size_t film, uint8_t **bytes, size_t *n,
                    sx_error *err) SX_MUST_USE;
/* A picture of films[film] with the boxes drawn: RGB, [rows][columns][3]. */
bool sx_result_capture(const sx_result_study *s, size_t film, const uint8_t *rgb, int rows,
                       int columns, uint8_t **bytes, size_t *n, sx_error *err) SX_MUST_USE;

#endif
