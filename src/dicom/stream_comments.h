/* Clears what a compressed stream holds besides the image and may identify the patient: comments,
 * application data, metadata boxes, and bytes after the end of the stream or of an RLE segment. */
#ifndef SX_DICOM_STREAM_COMMENTS_H
#define SX_DICOM_STREAM_COMMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Overwrites these bytes with zeros in the stream of one frame of `pixels` pixels: JPEG, JPEG-LS,
 * JPEG 2000 (codestream or JP2 file) or RLE. Lengths and the decoded image do not change. Returns
 * false for a stream of another kind, or for a damaged one, which may be cleared only in part. */
bool sx_stream_clear_comments(uint8_t *bytes, size_t n, size_t pixels);

#ifdef __cplusplus
}
#endif
#endif
