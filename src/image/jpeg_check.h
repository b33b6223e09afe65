/* Finds damage in JPEG streams that decoders do not report. */
#ifndef SX_IMAGE_JPEG_CHECK_H
#define SX_IMAGE_JPEG_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* Checks the entropy-coded data of a stream that a decoder accepted. A decoder goes on after
 * damage, because Huffman codes soon fall into step again, and the rest of the image is displaced
 * or has other grey values. SX_ERR_FORMAT if
 *
 * - a code does not exist, or a coefficient is behind the end of its block;
 * - a coefficient or sample is larger than any encoder writes for samples of this precision;
 * - a scan or a restart interval has fewer blocks (lossless: samples) than its image, or more.
 *
 * Other bytes before a marker are allowed, because they are no sign of damage: padding, text, and
 * whole further lines. Damage that changes neither the number of blocks nor leads to impossible
 * values cannot be recognised. Streams of other kinds than sequential, progressive and lossless
 * Huffman coding are not checked. *examined, which may be NULL, says whether the stream was checked
 * to its end or EOI. SX_ERR_MEMORY. */
bool sx_jpeg_check(const uint8_t *bytes, size_t n, bool *examined, sx_error *err) SX_MUST_USE;

/* Whether bytes between the end of an image and the next marker are padding (zeros, ones) or text
 * (UTF-8, UTF-16), and no part of an image. */
bool sx_jpeg_is_filling(const uint8_t *bytes, size_t n);

#endif
