/* Data from the headers of films; pixels are not read. */
#ifndef SX_DATA_HEADERS_H
#define SX_DATA_HEADERS_H

#include "base/files.h"
#include "base/progress.h"
#include "data/manifest.h"

/* Sets sizes, and ages and sexes that the annotations lack, in parallel. The size of the film's
 * file replaces one that the annotations state. Films without a file are not changed. A film that
 * cannot be read is an error; of several, the first in the manifest is reported. Other errors:
 * SX_ERR_MEMORY, SX_ERR_CANCELLED. */
bool sx_manifest_headers(const sx_context *context, sx_manifest *m, sx_progress *progress,
                         sx_error *err) SX_MUST_USE;

/* The same, but films that cannot be read are left out of the manifest. Their errors are appended
 * to *messages in the order of the manifest. */
bool sx_manifest_headers_readable(const sx_context *context, sx_manifest *m, sx_progress *progress,
                                  sx_paths *messages, sx_error *err) SX_MUST_USE;

/* Appends a metadata CSV: a header row, then a row for each film in the order of the files, which
 * are read in parallel. ids[files->count] are their image_ids. A file that cannot be read has
 * no row; messages[files->count] get its error, on the heap, and NULL for the others. */
bool sx_headers_csv(const sx_context *context, const sx_paths *files, const sx_paths *ids,
                    sx_progress *progress, sx_str *out, char **messages, sx_error *err) SX_MUST_USE;

#endif
