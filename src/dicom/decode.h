/* Decodes compressed frames to stored values. */
#ifndef SX_DICOM_DECODE_H
#define SX_DICOM_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "dicom/dataset.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The bytes of one frame: in the file, or joined from its fragments. */
typedef struct sx_frame {
    const uint8_t *data;
    size_t n;
    uint8_t *heap; /* internal */
} sx_frame;

/* Frame `index` (0..) of `frames` from encapsulated Pixel Data (PS3.5 A.4): found by the Basic
 * Offset Table, by one fragment per frame, or by the beginnings of streams. The delimiter of the
 * fragments may be missing at the end of the file. */
bool sx_frame_get(sx_frame *f, const sx_element *pixel_data, int index, int frames,
                  sx_error *err) SX_MUST_USE;
void sx_frame_free(sx_frame *f);
/* Adds the end marker that some writers omit (EOI of JPEG and JPEG-LS, EOC of a JPEG 2000
 * codestream), for decoders that require it. The decoder checks whether the data before the marker
 * are complete. The result may borrow the bytes of `f`; the caller frees both. */
bool sx_frame_close(const sx_frame *f, sx_frame *closed, sx_error *err) SX_MUST_USE;

/* A fragment of encapsulated Pixel Data: its bytes, and the offset of its item as in the Basic
 * Offset Table. */
typedef struct sx_fragment {
    const uint8_t *data;
    size_t n, offset;
} sx_fragment;

typedef struct sx_fragments {
    const uint8_t *table; /* the Basic Offset Table: little-endian 32-bit offsets */
    size_t table_count;
    sx_fragment *items; /* [count] */
    size_t count, cap;
} sx_fragments;

/* Fragments [*first, *last) are frame `index` of `frames`, found as in sx_frame_get. False: it
 * cannot be located. */
bool sx_fragments_find_frame(const sx_fragments *f, size_t index, size_t frames, size_t *first,
                             size_t *last);

/* RLE (PS3.5 annex G): where segment s of a stream of at least 64 bytes begins; the bytes of
 * segment[n] from which `values` values are decoded, of which a last run that is too long counts
 * only as far as it is used. False: the segment ends before. */
size_t sx_rle_offset(const uint8_t *stream, size_t s);
bool sx_rle_used(const uint8_t *segment, size_t n, size_t values, size_t *used);

/* A frame of one sample per pixel, as the header describes it. */
typedef struct sx_frame_format {
    int rows, columns;
    int bits_allocated; /* 8 or 16 */
    int bits_stored;
    bool is_signed;
    int halvings; /* JPEG 2000: rows and columns are read at 1 / 2^halvings, rounded up */
    const struct sx_context *context; /* threads; NULL: one */
} sx_frame_format;

/* What a stream turned out to be. */
typedef struct sx_stream_facts {
    int precision; /* bits of a sample */
    bool lossy;    /* JPEG, JPEG-LS, JPEG XL: decoded values may exceed bits_stored */
} sx_stream_facts;

/* Each of these functions fills out[rows][columns] of uint8_t or uint16_t, depending on
 * bits_allocated. Signed values of fewer bits than bits_stored are sign-extended. Errors:
 * SX_ERR_MISMATCH (the stream has another size, or more samples or bits), SX_ERR_FORMAT (it cannot
 * be decoded). */
bool sx_decode_rle(const sx_frame *f, const sx_frame_format *format, void *out,
                   sx_error *err) SX_MUST_USE;
bool sx_decode_jpeg2000(const sx_frame *f, const sx_frame_format *format, sx_stream_facts *facts,
                        void *out, sx_error *err) SX_MUST_USE;
/* How often a JPEG 2000 stream can be halved before it is decoded: its wavelet levels, 0..32; 0 if
 * the header cannot be read (decoding then reports why). */
int sx_jpeg2000_levels(const sx_frame *f);
/* SX_ERR_UNSUPPORTED: more than one plain grey image of integers. */
bool sx_decode_jpegxl(const sx_frame *f, const sx_frame_format *format, sx_stream_facts *facts,
                      void *out, sx_error *err) SX_MUST_USE;
/* JPEG and JPEG-LS, by the stream's own header. SX_ERR_UNSUPPORTED: hierarchical, arithmetic
 * coding; SX_ERR_LIMIT: too many scans. */
bool sx_decode_jpeg(const sx_frame *f, const sx_frame_format *format, sx_stream_facts *facts,
                    void *out, sx_error *err) SX_MUST_USE;

/* A JPEG-LS stream of one component whose size was checked; precision: 2..16. */
bool sx_decode_jpegls(const sx_frame *f, const sx_frame_format *format, int precision, void *out,
                      sx_error *err) SX_MUST_USE;

/* Decodes with DCMTK. The caller has checked the stream's header: `out` has room for `room` bytes,
 * and the bytes are in the format that the codec expects. Thread-safe; registers DCMTK's codecs on
 * first use. */
bool sx_dcmtk_decode(const sx_frame *f, const sx_frame_format *format, const char *transfer_syntax,
                     void *out, size_t room, sx_error *err) SX_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
