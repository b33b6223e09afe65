/* What a compressed stream holds besides the image: comments, application data, boxes of metadata
 * and bytes after its end or after that of an RLE segment. Any of it may name the patient. */
#ifndef SX_DICOM_STREAM_COMMENTS_H
#define SX_DICOM_STREAM_COMMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Overwrites it with zeros in the stream of one frame of `pixels` pixels: JPEG, JPEG-LS, JPEG 2000
 * (codestream or JP2 file) or RLE. Lengths and the decoded image stay as they are. False: a stream
 * of another kind, or one with a fault, behind which nothing was overwritten. */
bool sx_stream_clear_comments(uint8_t *bytes, size_t n, size_t pixels);

#ifdef __cplusplus
}
#endif
#endif
