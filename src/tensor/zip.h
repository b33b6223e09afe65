/* Members of a zip archive in memory, without copying, as far as PyTorch's files need it: stored
 * members, zip64. Source: PKWARE APPNOTE 6.3.9, 4.3. */
#ifndef SX_TENSOR_ZIP_H
#define SX_TENSOR_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_zip_member {
    const char *name; /* into the archive; not NUL-terminated */
    size_t name_length;
    uint64_t size, packed_size, header; /* header: offset of the local header */
    unsigned method, flags;
} sx_zip_member;

typedef struct sx_zip {
    const uint8_t *bytes; /* the caller's */
    size_t n;
    size_t directory;       /* start of the central directory; the members are before it */
    sx_zip_member *members; /* sorted by name (bytes) */
    size_t count;
} sx_zip;

/* Reads the central directory. Free it with sx_zip_close, which may also be called after a
 * failure. */
bool sx_zip_open(sx_zip *z, const uint8_t *bytes, size_t n, sx_error *err) SX_MUST_USE;
void sx_zip_close(sx_zip *z);

/* NULL if absent. */
const sx_zip_member *sx_zip_find(const sx_zip *z, const char *name, size_t length);
/* The member->size bytes of a member in the archive. SX_ERR_UNSUPPORTED: the member is
 * compressed. */
bool sx_zip_data(const sx_zip *z, const sx_zip_member *m, const uint8_t **data,
                 sx_error *err) SX_MUST_USE;

#endif
