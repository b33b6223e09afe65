/* The codec of a compressed stream, recognised by its own bytes, because transfer syntaxes are
 * often wrong. */
#ifndef SX_DICOM_STREAMS_H
#define SX_DICOM_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "dicom/syntax.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The codec of a stream that begins with these bytes: SX_CODEC_JPEG, SX_CODEC_JPEG_2000 (codestream
 * or JP2 file), SX_CODEC_JPEG_XL (codestream or file of boxes), SX_CODEC_RLE; JPEG-LS is
 * distinguished from JPEG by its header. Too few bytes or another stream: SX_CODEC_NONE. */
sx_codec sx_stream_codec(const uint8_t *bytes, size_t n);

/* The first start of frame of a JPEG or JPEG-LS stream (ITU-T T.81 B.2.2, T.87 C.2.2). */
typedef struct sx_jpeg_header {
    uint8_t marker; /* its second byte: 0xC0 baseline .. 0xCF; 0xF7 JPEG-LS */
    int precision, rows, columns, components;
} sx_jpeg_header;
bool sx_jpeg_find_header(const uint8_t *bytes, size_t n, sx_jpeg_header *h);

/* The scans of a JPEG or JPEG-LS stream of one component. */
typedef struct sx_jpeg_scans {
    int count;
    /* together they hold every bit of every coefficient, as progressive scans must */
    bool complete;
    int near_lossless; /* NEAR of the first scan of JPEG-LS: the maximum error of values */
} sx_jpeg_scans;
sx_jpeg_scans sx_jpeg_find_scans(const uint8_t *bytes, size_t n);

/* The image and tile size (SIZ) of a JPEG 2000 codestream, alone or in a JP2 or JPH file (ITU-T
 * T.800 A.5.1, annex I). False: it is not where it must be, or damaged. */
typedef struct sx_jpeg2000_header {
    int components;
    uint64_t tiles;
    size_t bytes; /* of the codestream */
} sx_jpeg2000_header;
bool sx_jpeg2000_find_header(const uint8_t *bytes, size_t n, sx_jpeg2000_header *h);

/* Whether OpenJPEG may be given the codestream: always, unless it is of high throughput. Then its
 * end marker must be there, and no marker in its code blocks. SX_ERR_FORMAT; SX_ERR_UNSUPPORTED:
 * with markers between packets, which cannot be told from those in code blocks. */
bool sx_htj2k_check(const uint8_t *codestream, size_t n, sx_error *err) SX_MUST_USE;

/* The bytes of a stream after which its end marker (0xFF 0xD9: EOI of JPEG and JPEG-LS, EOC of JPEG
 * 2000) is missing; 0 if it is there, or where none is expected (JP2, RLE). */
size_t sx_stream_unclosed(const uint8_t *bytes, size_t n);

#ifdef __cplusplus
}
#endif

#endif
