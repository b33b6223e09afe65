/* JPEG and JPEG-LS: the stream's own header is checked here, so that DCMTK's decoders only get
 * streams whose size matches the allocated memory. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/decode.h"
#include "dicom/picture.h"

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
    return true;
}

bool sx_decode_jpeg(const sx_frame *f, const sx_frame_format *format, const char *transfer_syntax,
                    void *out, sx_error *err) {
    sx_jpeg_header h;
    if (!sx_jpeg_find_header(f->data, f->n, &h))
        return sx_fail(err, SX_ERR_FORMAT, "the JPEG stream has no frame header");
    if (!check(&h, format, err)) return false;
    size_t n = (size_t)format->rows * (size_t)format->columns;
    size_t bytes = n * (size_t)format->bits_allocated / 8;
    /* DCMTK needs room for an even number of bytes; it writes 8-bit samples with 16 bits allocated
     * as bytes */
    sx_frame_format coded = *format;
    if (h.precision <= 8) coded.bits_allocated = 8;
    if (coded.bits_stored > coded.bits_allocated) coded.bits_stored = coded.bits_allocated;
    size_t room = bytes + (bytes & 1);
    uint8_t *buffer = sx_calloc_for(room, 1, "pixels", err);
    bool ok = buffer && sx_dcmtk_decode(f, &coded, transfer_syntax, buffer, room, err);
    if (ok && coded.bits_allocated == format->bits_allocated)
        memcpy(out, buffer, bytes);
    else if (ok)
        for (size_t i = 0; i < n; i++)
            ((uint16_t *)out)[i] = buffer[i];
    free(buffer);
    return ok;
}
