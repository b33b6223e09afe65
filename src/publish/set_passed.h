/* Whether a data set has passed de-identification, films and annotations. */
#ifndef SX_PUBLISH_SET_PASSED_H
#define SX_PUBLISH_SET_PASSED_H

#include "base/context_impl.h"
#include "base/hash.h"
#include "base/progress.h"
#include "data/manifest.h"
#include "dicom/deid_passed.h"

typedef struct sx_set_passed {
    sx_paths faults;     /* a sentence each, in the order of the films; none: it has passed */
    sx_deid_passed kept; /* options that were used for any film; its texts are empty */
    sx_sha256 *hashes;   /* [film_count] of the films that have passed */
} sx_set_passed;

/* Reads every film in parallel (sx_deid_check_passed). Annotations must agree with the headers:
 * the id of a film is its SOP Instance UID or at least 16 hexadecimal digits, which name nobody;
 * study, series and patient are empty or those of the header; ages are at most 90; readers have
 * plain names (sx_deid_plain_reader) or replacements; lesion names are words of radiology or in
 * `approved` (NULL: none are). Errors: SX_ERR_CANCELLED, SX_ERR_MEMORY. Free *out with
 * sx_set_passed_free, also after an error. */
bool sx_set_check_passed(const sx_context *context, const sx_manifest *m, const sx_names *approved,
                         sx_progress *progress, sx_set_passed *out, sx_error *err) SX_MUST_USE;
/* Reads every film again: its file still has the bytes that have passed. Call it after the films
 * were written elsewhere, for which they were read once more. Errors: SX_ERR_MISMATCH (a film
 * changed), those of sx_file_open, SX_ERR_CANCELLED, SX_ERR_MEMORY. */
bool sx_set_check_unchanged(const sx_context *context, const sx_manifest *m, const sx_set_passed *p,
                            sx_progress *progress, sx_error *err) SX_MUST_USE;
void sx_set_passed_free(sx_set_passed *p);

#endif
