/* Decodes JPEG and JPEG-LS. The stream's header, not the transfer syntax, determines the decoder.
 * The header is checked first, so a decoder gets only streams that it supports and that match the
 * allocated memory. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/decode.h"
#include "dicom/streams.h"
#include "image/jpeg_check.h"
#include "image/jpeg_decode.h"

/* The transfer syntax of DCMTK's decoder for this frame header; NULL if there is none. JPEG-LS has
 * another decoder (jpegls.c). */
static const char *choose_decoder(const sx_jpeg_header *h) {
    const bool dct = h->precision == 8 || h->precision == 12;
    switch (h->marker) {
    case 0xC0: /* baseline; with 12 bits it is extended, even with this marker */
    case 0xC1: /* extended sequential */
        return !dct                ? NULL
               : h->precision == 8 ? "1.2.840.10008.1.2.4.50"
                                   : "1.2.840.10008.1.2.4.51";
    case 0xC2: /* progressive */
        return dct ? "1.2.840.10008.1.2.4.55" : NULL;
    case 0xC3: /* lossless, any predictor */
        return "1.2.840.10008.1.2.4.57";
    default: /* hierarchical, arithmetic coding */
        return NULL;
    }
}

static bool check(const sx_jpeg_header *h, const sx_frame_format *format, sx_error *err) {
    if (h->components != 1)
        return sx_fail(err, SX_ERR_MISMATCH, "the JPEG stream has %d components, the header says 1",
                       h->components);
    if (h->rows != format->rows || h->columns != format->columns)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG stream is %d x %d pixels, the header says %d x %d", h->columns,
                       h->rows, format->columns, format->rows);
    if (h->precision < 2 || h->precision > format->bits_allocated)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "the JPEG stream has %d bits a sample, the header allocates %d",
                       h->precision, format->bits_allocated);
    if (h->marker != 0xF7 && !choose_decoder(h))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "a JPEG stream of process 0x%02X with %d bits a sample cannot be read",
                       h->marker, h->precision);
    return true;
}

/* Converts what DCMTK writes (bytes for up to 8 bits per sample, otherwise words) to the film's
 * type. */
static void spread(const void *from, bool bytes, const sx_frame_format *format, void *out) {
    const size_t n = (size_t)format->rows * (size_t)format->columns;
    if (bytes && format->bits_allocated == 16)
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)out)[i] = ((const uint8_t *)from)[i];
    else
        memcpy(out, from, n * (size_t)format->bits_allocated / 8);
}

/* Values with another number of bits than BitsStored are sign-extended from their own highest
 * bit. */
static void extend_sign(const sx_frame_format *format, int precision, void *out) {
    const size_t n = (size_t)format->rows * (size_t)format->columns;
    const int sign = 1 << (precision - 1);
    if (!format->is_signed || precision == format->bits_stored) return;
    if (format->bits_allocated == 8)
        for (size_t i = 0; i < n; i++)
            ((uint8_t *)out)[i] = (uint8_t)((((uint8_t *)out)[i] ^ sign) - sign);
    else
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)out)[i] = (uint16_t)((((uint16_t *)out)[i] ^ sign) - sign);
}

static bool decode(const sx_frame *f, const sx_jpeg_header *h, const sx_frame_format *format,
                   void *out, sx_error *err) {
    const size_t bytes =
        (size_t)format->rows * (size_t)format->columns * (size_t)format->bits_allocated / 8;
    /* DCMTK needs room for an even number of bytes; it writes 8-bit samples with 16 bits allocated
     * as bytes */
    const size_t room = bytes + (bytes & 1);
    sx_frame_format coded = *format;
    sx_frame closed;
    if (h->precision <= 8) coded.bits_allocated = 8;
    if (coded.bits_stored > coded.bits_allocated) coded.bits_stored = coded.bits_allocated;
    if (!sx_frame_close(f, &closed, err)) return false;
    uint8_t *buffer = sx_calloc_for(room, 1, "pixels", err);
    const bool ok = buffer &&
                    sx_dcmtk_decode(&closed, &coded, choose_decoder(h), buffer, room, err) &&
                    sx_jpeg_check(closed.data, closed.n, NULL, err);
    if (ok) {
        spread(buffer, coded.bits_allocated == 8, format, out);
        extend_sign(format, h->precision, out);
    }
    free(buffer);
    sx_frame_free(&closed);
    return ok;
}

bool sx_decode_jpeg(const sx_frame *f, const sx_frame_format *format, sx_stream_facts *facts,
                    void *out, sx_error *err) {
    sx_jpeg_header h;
    if (!sx_jpeg_find_header(f->data, f->n, &h))
        return sx_fail(err, SX_ERR_FORMAT, "the JPEG stream has no frame header");
    const sx_jpeg_scans scans = sx_jpeg_find_scans(f->data, f->n);
    if (!check(&h, format, err)) return false;
    if (scans.count > SX_JPEG_MAX_SCANS)
        return sx_fail(err, SX_ERR_LIMIT, "a JPEG stream of %d scans; at most %d are read",
                       scans.count, SX_JPEG_MAX_SCANS);
    if (h.marker == 0xC2 && !scans.complete)
        return sx_fail(err, SX_ERR_FORMAT, "the JPEG stream lacks scans");
    facts->precision = h.precision;
    facts->lossy = h.marker == 0xF7 ? scans.near_lossless > 0 : h.marker != 0xC3;
    if (h.marker != 0xF7) return decode(f, &h, format, out, err);
    if (!sx_decode_jpegls(f, format, h.precision, out, err)) return false;
    extend_sign(format, h.precision, out);
    return true;
}
