#include "image/orientation.h"

#include <string.h>

/* ---- the Exif block ---- */

/* A TIFF header: the byte order and the offset of the first directory. */
typedef struct tiff {
    const uint8_t *bytes;
    size_t n;
    bool big_endian; /* "MM" */
} tiff;

static unsigned read16(const tiff *t, size_t at) {
    const uint8_t *b = t->bytes + at;
    return t->big_endian ? (unsigned)b[0] << 8 | b[1] : (unsigned)b[1] << 8 | b[0];
}

static size_t read32(const tiff *t, size_t at) {
    const size_t first = read16(t, at), second = read16(t, at + 2);
    return t->big_endian ? first << 16 | second : second << 16 | first;
}

/* Only the first directory is read, so offsets that form a loop are not followed. */
static int exif_orientation(const uint8_t *bytes, size_t n) {
    enum { TAG = 0x0112, SHORT = 3, LONG = 4, ENTRY = 12 };
    tiff t = { bytes, n, false };
    if (n < 8) return SX_ORIENTATION_STORED;
    t.big_endian = bytes[0] == 'M';
    if (memcmp(bytes, t.big_endian ? "MM\0*" : "II*\0", 4) != 0) return SX_ORIENTATION_STORED;
    const size_t directory = read32(&t, 4);
    if (directory < 8 || directory > n - 2) return SX_ORIENTATION_STORED;
    const unsigned count = read16(&t, directory);
    size_t at = directory + 2;
    for (unsigned i = 0; i < count && n - at >= ENTRY; i++, at += ENTRY) {
        if (read16(&t, at) != TAG) continue;
        const unsigned type = read16(&t, at + 2);
        const size_t value = type == LONG ? read32(&t, at + 8) : read16(&t, at + 8);
        return (type == SHORT || type == LONG) && read32(&t, at + 4) == 1 && value >= 1 &&
                       value <= 8
                   ? (int)value
                   : SX_ORIENTATION_STORED;
    }
    return SX_ORIENTATION_STORED;
}

/* ---- where it is in the file ---- */

/* Segments up to the start of scan: FF, marker, length (with itself), data. */
static int jpeg_orientation(const uint8_t *b, size_t n, bool *whole) {
    static const char exif[] = { 'E', 'x', 'i', 'f', 0, 0 };
    size_t at = 2;
    while (n - at >= 4) {
        const unsigned marker = b[at + 1];
        if (b[at] == 0xff && marker == 0xff) { /* a fill byte */
            at++;
            continue;
        }
        const size_t length = (size_t)b[at + 2] << 8 | b[at + 3];
        *whole = b[at] != 0xff || marker == 0xda || marker == 0xd9 || length < 2;
        if (*whole) break;
        if (length > n - at - 2) return SX_ORIENTATION_STORED;
        if (marker == 0xe1 && length >= 2 + sizeof exif &&
            memcmp(b + at + 4, exif, sizeof exif) == 0) {
            *whole = true;
            return exif_orientation(b + at + 4 + sizeof exif, length - 2 - sizeof exif);
        }
        at += 2 + length;
    }
    return SX_ORIENTATION_STORED;
}

/* Chunks up to the pixels: length, name, data, checksum. */
static int png_orientation(const uint8_t *b, size_t n, bool *whole) {
    const tiff t = { b, n, true };
    size_t at = 8;
    while (n - at >= 8) {
        const size_t length = read32(&t, at);
        const char *name = (const char *)b + at + 4;
        *whole = memcmp(name, "IDAT", 4) == 0 || memcmp(name, "IEND", 4) == 0;
        if (*whole || length > n - at - 8) break;
        if (memcmp(name, "eXIf", 4) == 0) {
            *whole = true;
            return exif_orientation(b + at + 8, length);
        }
        if (n - at - 8 - length < 4) break;
        at += 12 + length;
    }
    return SX_ORIENTATION_STORED;
}

int sx_picture_orientation(const void *bytes, size_t n, bool *whole) {
    bool ended = false;
    int orientation = SX_ORIENTATION_STORED;
    if (n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        orientation = jpeg_orientation(bytes, n, &ended);
    else if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        orientation = png_orientation(bytes, n, &ended);
    else
        ended = true;
    if (whole) *whole = ended;
    return orientation;
}

/* ---- turning ---- */

/* The pixel of the stored picture that is shown at (x, y). */
static size_t stored_at(const sx_image *im, int orientation, int x, int y) {
    const bool swap = sx_orientation_swaps(orientation);
    int column = swap ? y : x, row = swap ? x : y;
    if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
        column = im->width - 1 - column;
    if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
        row = im->height - 1 - row;
    return (size_t)row * (size_t)im->width + (size_t)column;
}

bool sx_image_orient(sx_image *im, int orientation, sx_error *err) {
    if (orientation <= SX_ORIENTATION_STORED || orientation > 8) return true;
    const bool swap = sx_orientation_swaps(orientation);
    sx_image out;
    if (!sx_image_new(&out, swap ? im->height : im->width, swap ? im->width : im->height,
                      im->channels, im->bits, err))
        return false;
    const size_t size = (size_t)im->channels * (size_t)(im->bits / 8);
    uint8_t *to = out.data;
    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.width; x++, to += size)
            memcpy(to, sx_image_u8(im) + stored_at(im, orientation, x, y) * size, size);
    sx_image_free(im);
    *im = out;
    return true;
}
