/* Writes a JPEG stream again without anything that does not describe the image. */
#ifndef SX_IMAGE_JPEG_REWRITE_H
#define SX_IMAGE_JPEG_REWRITE_H

#include "base/str.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Appends a new stream to *out that decodes to the same pixels: a DCT stream of 8 bits (baseline,
 * extended or progressive, and stays so), with the same coefficients, new Huffman tables and no
 * restart intervals. Only tables that the image uses are written; quantisers of coefficients that
 * are 0 in all blocks become 1. JFIF and Adobe segments, which say how colours are coded, are
 * written anew if they are there. `name` names the stream in messages. Errors: SX_ERR_FORMAT
 * (damaged), SX_ERR_UNSUPPORTED (other kinds of JPEG), SX_ERR_LIMIT, SX_ERR_MEMORY. */
bool sx_jpeg_rewrite(const void *bytes, size_t n, const char *name, sx_str *out,
                     sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
