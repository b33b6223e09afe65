#include "dicom/picture.h"

#include "dicom/byte_order.h"
#include "dicom/streams.h"
#include "image/image_file.h"
#include "image/orientation.h"

bool sx_picture_kind(const uint8_t *bytes, size_t n, sx_film_kind *kind) {
    switch (sx_image_format_of(bytes, n)) {
    case SX_FORMAT_PNG:
        *kind = SX_FILM_PNG;
        return true;
    case SX_FORMAT_JPEG:
        *kind = SX_FILM_JPEG;
        return true;
    default:
        return false;
    }
}

/* IHDR comes first (ISO/IEC 15948 11.2.2). */
static bool find_png_header(const uint8_t *bytes, size_t n, sx_jpeg_header *h) {
    static const int components[] = { 1, 0, 3, 3, 1, 0, 3 };
    if (n < 29 || sx_be16(bytes + 16) || sx_be16(bytes + 20))
        return false; /* sides of 65536 and more */
    int type = bytes[25];
    *h = (sx_jpeg_header){ .precision = bytes[24],
                           .rows = sx_be16(bytes + 22),
                           .columns = sx_be16(bytes + 18),
                           .components = type < 7 ? components[type] : 0 };
    return h->components > 0;
}

static bool read_image(sx_film *f, const uint8_t *bytes, size_t n, const char *name,
                       sx_error *err) {
    if (!sx_image_decode(bytes, n, name, &f->image, err)) return false;
    f->width = f->image.width;
    f->height = f->image.height;
    f->info.samples = f->image.channels;
    f->info.bits_allocated = f->image.bits;
    return true;
}

static bool read_header(sx_film *f, const uint8_t *bytes, size_t n, const char *name,
                        sx_error *err) {
    sx_jpeg_header h;
    bool ok =
        f->kind == SX_FILM_PNG ? find_png_header(bytes, n, &h) : sx_jpeg_find_header(bytes, n, &h);
    bool whole;
    const int orientation = sx_picture_orientation(bytes, n, &whole);
    if (!ok || !whole) return read_image(f, bytes, n, name, err); /* it says what is wrong */
    const bool swap = sx_orientation_swaps(orientation);
    f->width = swap ? h.rows : h.columns;
    f->height = swap ? h.columns : h.rows;
    f->info.samples = h.components;
    f->info.bits_allocated = h.precision > 8 ? 16 : 8;
    return true;
}

bool sx_picture_read(sx_film *f, const uint8_t *bytes, size_t n, const char *name, bool header_only,
                     sx_error *err) {
    if (!(header_only ? read_header : read_image)(f, bytes, n, name, err)) return false;
    f->frame = 1;
    f->info.frames = 1;
    f->info.rows = f->height;
    f->info.columns = f->width;
    f->info.bits_stored = f->info.bits_allocated;
    f->info.high_bit = f->info.bits_stored - 1;
    f->info.has_pixels = true;
    return true;
}
