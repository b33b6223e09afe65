/* What is found out about the file of each film of a data set, for its check. */
#ifndef SX_DATA_FILM_EVIDENCE_H
#define SX_DATA_FILM_EVIDENCE_H

#include "base/progress.h"
#include "data/film_signature.h"
#include "data/manifest.h"
#include "dicom/film_types.h"

typedef struct sx_film_evidence {
    int width, height;
    char hash[65];              /* of the pixels; "": not known */
    char *message;              /* why it cannot be read; NULL: it can */
    sx_film_signature *look;    /* NULL: not known, or the set has one split only */
    sx_film_warnings *warnings; /* those of its header and pixels; NULL: none */
} sx_film_evidence;

typedef struct sx_evidence_options {
    bool headers_only;         /* pixels are neither decoded nor compared */
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* a step for each film; may be NULL */
} sx_evidence_options;

/* [m->film_count], of all films, in parallel. Free with sx_film_evidence_free. SX_ERR_MEMORY,
 * SX_ERR_CANCELLED. */
sx_film_evidence *sx_film_evidence_read(const sx_manifest *m, const sx_evidence_options *o,
                                        sx_error *err) SX_MUST_USE;
/* Logs the warnings in the order of the films (data/film_notes.h). SX_ERR_MEMORY. */
bool sx_film_evidence_warn(const sx_film_evidence *seen, const sx_manifest *m,
                           const sx_context *context, sx_error *err) SX_MUST_USE;
void sx_film_evidence_free(sx_film_evidence *seen, size_t count);

#endif
