/* A ZIP archive in memory, its members stored without compression. */
#ifndef SX_BASE_ZIP_WRITER_H
#define SX_BASE_ZIP_WRITER_H

#include "base/str.h"

typedef struct sx_zip {
    sx_str bytes;     /* the members so far; after sx_zip_end the archive */
    sx_str directory; /* the records of the end */
    size_t count;
} sx_zip;

/* Appends a member. `name` is a path with /, of plain characters. On {0}; members have no date (1
 * January 1980), so that the same content gives the same bytes. */
void sx_zip_add(sx_zip *z, const char *name, const void *bytes, size_t n);
/* Completes z->bytes. Errors: SX_ERR_MEMORY, SX_ERR_LIMIT (over 4 GiB or 65,535 members). */
bool sx_zip_end(sx_zip *z, sx_error *err) SX_MUST_USE;
void sx_zip_free(sx_zip *z);

#endif
