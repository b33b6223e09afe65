/* A film's pixels at a size, packed for the reading room's pages.
 *
 *     offset  bytes
 *          0      4  "SXPX"
 *          4      2  version, 1
 *          6      2  level: 1, 4 or 8; each sample is the mean of so many columns and rows
 *          8      8  columns, rows of the level
 *         16      8  columns, rows of the film
 *         24      2  the sample of padding
 *         26      2  1: there may be padding; else 0
 *         28      4  bytes that follow
 *         32         a zlib stream
 *
 * Numbers are little-endian. The stream holds the low bytes, then the high bytes, of the
 * differences from sample to sample modulo 65536, row by row; the first is the difference from 0.
 * zlib's checksum covers the content. */
#ifndef SX_SERVICE_READING_PIXEL_LEVEL_H
#define SX_SERVICE_READING_PIXEL_LEVEL_H

#include "service/reading/pixel_samples.h"

enum { SX_PIXEL_LEVEL_HEAD = 32 };

/* Appends the packed level to an empty *out. Padding is left out of the means; a mean of padding
 * alone is padding. Errors: SX_ERR_LIMIT: it does not fit in 4 GB; SX_ERR_MEMORY. */
bool sx_pixel_level_pack(const sx_pixel_film *p, int level, sx_str *out, sx_error *err) SX_MUST_USE;

#endif
