/* The checksums of a release: the file SHA256SUMS, as `sha256sum` writes and checks it. */
#ifndef SX_PUBLISH_CHECKSUMS_H
#define SX_PUBLISH_CHECKSUMS_H

#include "base/context_impl.h"
#include "base/files.h"
#include "base/progress.h"

#define SX_CHECKSUMS "SHA256SUMS"

typedef struct sx_checksum {
    const char *path; /* relative to the folder, '/' between folders */
    char hex[65];
} sx_checksum;

typedef struct sx_checksums {
    sx_checksum *items; /* [count] sorted by path */
    size_t count;
    sx_paths paths; /* internal */
} sx_checksums;

/* Hashes every file below `folder` except its SHA256SUMS, SHA256SUMS.sig and SHA256SUMS.minisig, in
 * parallel. Links, pipes, devices and empty folders are an error, as is a name that is not UTF-8 or
 * has a line break or a backslash, which the format would have to escape. Errors: SX_ERR_IO,
 * SX_ERR_UNSUPPORTED, SX_ERR_CANCELLED, SX_ERR_MEMORY. Free *s with sx_checksums_free, also after
 * an error. */
bool sx_checksums_of(const sx_context *context, const char *folder, sx_progress *progress,
                     sx_checksums *s, sx_error *err) SX_MUST_USE;
/* Hashes one more file. */
bool sx_checksums_add(sx_checksums *s, const char *folder, const char *path,
                      sx_error *err) SX_MUST_USE;
const char *sx_checksums_find(const sx_checksums *s, const char *path); /* NULL: not listed */
/* Writes SHA256SUMS into `folder`. */
bool sx_checksums_write(const sx_checksums *s, const char *folder, sx_error *err) SX_MUST_USE;
/* Reads the text of such a file; `name` names it in messages. SX_ERR_FORMAT: a line is no checksum
 * and relative path, a path leads out of the folder, or two lines have one path. */
bool sx_checksums_parse(const char *name, const void *bytes, size_t n, sx_checksums *s,
                        sx_error *err) SX_MUST_USE;
void sx_checksums_free(sx_checksums *s);

/* Appends a sentence to *faults for each file that differs, is missing or is not listed. */
bool sx_checksums_compare(const sx_checksums *listed, const sx_checksums *found, sx_paths *faults,
                          sx_error *err) SX_MUST_USE;

#endif
