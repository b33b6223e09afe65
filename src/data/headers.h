/* What the films' own headers say; pixels are not touched. */
#ifndef SX_DATA_HEADERS_H
#define SX_DATA_HEADERS_H

#include "base/files.h"
#include "base/progress.h"
#include "data/manifest.h"

/* Sizes, ages and sexes that the annotations do not give, from the headers, in parallel. A film
 * that cannot be read is an error (the first in the manifest's order is told); one without a file
 * is left as it is. */
bool sx_manifest_headers(const sx_context *context, sx_manifest *m, sx_progress *progress,
                         sx_error *err) SX_MUST_USE;

/* Appends a metadata CSV of the files: a header row, then a row for each film, in order, read in
 * parallel. A file that cannot be read has no row: its message goes to `trouble` ([count], on the
 * heap, or NULL). image_id is the file's name without ending. */
bool sx_headers_csv(const sx_context *context, const sx_paths *files, sx_progress *progress,
                    sx_str *out, char **trouble, sx_error *err) SX_MUST_USE;

#endif
