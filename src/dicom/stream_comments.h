/* What a compressed stream holds besides the image: comments, application data, boxes of metadata
 * and bytes after its end. Any of it may name the patient. */
#ifndef SX_DICOM_STREAM_COMMENTS_H
#define SX_DICOM_STREAM_COMMENTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Overwrites it with zeros in a JPEG, JPEG-LS or JPEG 2000 stream (codestream or JP2 file); lengths
 * and the decoded image stay as they are. Returns how many bytes held something else than zero.
 * Other streams are left alone, and so is what follows a fault of the stream. */
size_t sx_stream_clear_comments(uint8_t *bytes, size_t n);

#ifdef __cplusplus
}
#endif
#endif
