/* Whether a file is a film, by its content. */
#ifndef SX_DATA_FILM_CLAIM_H
#define SX_DATA_FILM_CLAIM_H

#include "base/files.h"
#include "dicom/dicom_film.h"

typedef enum sx_film_claim {
    SX_CLAIMS_FILM,    /* its header can be read, and it has an image */
    SX_CLAIMS_DAMAGED, /* it cannot be read, but its name or its first bytes are those of a film */
    SX_CLAIMS_OTHER,   /* a DICOM file without an image: a directory, a report, a plan */
    SX_CLAIMS_NOTHING  /* not a film */
} sx_film_claim;

/* Reads the header of a file. *film is the opened film where there is one (SX_CLAIMS_FILM,
 * SX_CLAIMS_OTHER), which the caller frees, otherwise NULL. *why has the error or, for
 * SX_CLAIMS_OTHER, the reason. */
sx_film_claim sx_film_claim_of(const char *path, sx_film **film, sx_error *why);

/* Moves the files of a folder that are not films from `files`, from index `from` on, to *others,
 * whose items are the reasons ("PATH: not a DICOM, PNG or JPEG file"). A DICOM file without an
 * image is kept. */
bool sx_film_claims_filter(const sx_context *context, sx_paths *files, size_t from,
                           sx_paths *others, sx_error *err) SX_MUST_USE;

#endif
