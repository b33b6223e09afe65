/* JPEG-LS encoding with CharLS. DCMTK's encoder is not used: it pads the stream to an even length
 * beyond its buffer where the stream is longer than the pixels. */
#include <charls/charls.h>
#include <stdlib.h>

#include "base/mem.h"
#include "dicom/write.h"

/* The length of a fragment has 32 bits, and is even. */
static const size_t most_bytes = UINT32_MAX - 1;

/* The samples as CharLS reads them: bytes up to 8 bits, otherwise words. */
typedef struct samples {
    void *data;
    size_t bytes;
} samples;

static bool fits(const sx_encode_image *image, uint16_t pixel) {
    const int32_t value = image->is_signed ? (int16_t)pixel : pixel,
                  whole = (int32_t)1 << image->bits, low = image->is_signed ? -whole / 2 : 0;
    return value >= low && value < low + whole;
}

/* JPEG-LS has no signed samples: the low bits of a signed value are its sample. */
static bool collect(const sx_encode_image *image, samples *to, sx_error *err) {
    const size_t count = (size_t)image->rows * (size_t)image->columns,
                 size = image->bits > 8 ? 2 : 1;
    const unsigned mask = (1u << image->bits) - 1;
    to->bytes = count * size;
    to->data = sx_realloc(NULL, count, size);
    if (!to->data) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the pixels");
    for (size_t i = 0; i < count; i++) {
        const unsigned sample = image->pixels[i] & mask;
        if (!fits(image, image->pixels[i]))
            return sx_fail(err, SX_ERR_VALUE, "pixel %zu does not have %d bits", i, image->bits);
        if (size == 2)
            ((uint16_t *)to->data)[i] = (uint16_t)sample;
        else
            ((uint8_t *)to->data)[i] = (uint8_t)sample;
    }
    return true;
}

static charls_jpegls_errc encode_into(const sx_encode_image *image, const samples *from,
                                      uint8_t *bytes, size_t room, size_t *n) {
    const charls_frame_info info = { (uint32_t)image->columns, (uint32_t)image->rows, image->bits,
                                     1 };
    charls_jpegls_encoder *e = charls_jpegls_encoder_create();
    if (!e) return CHARLS_JPEGLS_ERRC_NOT_ENOUGH_MEMORY;
    charls_jpegls_errc fault = charls_jpegls_encoder_set_frame_info(e, &info);
    if (!fault) fault = charls_jpegls_encoder_set_destination_buffer(e, bytes, room);
    if (!fault) fault = charls_jpegls_encoder_encode_from_buffer(e, from->data, from->bytes, 0);
    if (!fault) fault = charls_jpegls_encoder_get_bytes_written(e, n);
    charls_jpegls_encoder_destroy(e);
    return fault;
}

static bool fail(const sx_encode_image *image, charls_jpegls_errc fault, sx_error *err) {
    if (fault == CHARLS_JPEGLS_ERRC_NOT_ENOUGH_MEMORY)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a JPEG-LS stream");
    return sx_fail(err, SX_ERR_INTERNAL, "a film of %d x %d could not be encoded as JPEG-LS: %s",
                   image->columns, image->rows, charls_get_error_message(fault));
}

/* Noise becomes longer than its pixels, at most four times as long: the room grows until the
 * stream fits. */
static bool encode_samples(const sx_encode_image *image, const samples *from, uint8_t **bytes,
                           size_t *n, sx_error *err) {
    charls_jpegls_errc fault = CHARLS_JPEGLS_ERRC_DESTINATION_BUFFER_TOO_SMALL;
    size_t room = from->bytes + 1024;
    while (fault == CHARLS_JPEGLS_ERRC_DESTINATION_BUFFER_TOO_SMALL && room <= most_bytes) {
        *bytes = malloc(room);
        if (!*bytes) return fail(image, CHARLS_JPEGLS_ERRC_NOT_ENOUGH_MEMORY, err);
        fault = encode_into(image, from, *bytes, room, n);
        if (!fault) return true;
        free(*bytes);
        *bytes = NULL;
        room *= 2;
    }
    return fail(image, fault, err);
}

bool sx_encode_jpegls(const sx_encode_image *image, uint8_t **bytes, size_t *n, sx_error *err) {
    if (image->bits < 2 || image->bits > 16)
        return sx_fail(err, SX_ERR_VALUE, "JPEG-LS has samples of 2 to 16 bits, not %d",
                       image->bits);
    samples from = { 0 };
    const bool ok = collect(image, &from, err) && encode_samples(image, &from, bytes, n, err);
    free(from.data);
    return ok;
}
