/* JPEG (ITU-T T.81), 8 bits a sample, through libjpeg(-turbo). */
#ifndef SX_IMAGE_JPEG_DECODE_H
#define SX_IMAGE_JPEG_DECODE_H

#include "base/str.h"
#include "image/image.h"

/* A progressive stream of many scans takes long to decode for its size; usual ones have about
 * ten. */
enum { SX_JPEG_MAX_SCANS = 32 };

/* Makes *out with 1 (grey) or 3 channels (R, G, B) of 8 bits, with libjpeg's accurate integer
 * transform, as in OpenCV and Pillow; the pixels are as stored, regardless of an Exif
 * orientation (image_file.h applies it). `name` names the file in
 * messages. Errors: SX_ERR_FORMAT (not a JPEG, damaged, truncated), SX_ERR_UNSUPPORTED (CMYK, 12
 * bits, lossless), SX_ERR_LIMIT (image.h); then *out is empty. */
bool sx_jpeg_decode(const void *bytes, size_t n, const char *name, sx_image *out,
                    sx_error *err) SX_MUST_USE;
bool sx_jpeg_read(const char *path, sx_image *out, sx_error *err) SX_MUST_USE;

/* Appends the file to *out. 8 bits, 1 or 3 channels; quality 1..100 (from 90 on colour is not
 * subsampled). SX_ERR_UNSUPPORTED for other images. */
bool sx_jpeg_encode(const sx_image *im, int quality, sx_str *out, sx_error *err) SX_MUST_USE;
bool sx_jpeg_write(const sx_image *im, int quality, const char *path, sx_error *err) SX_MUST_USE;

#endif
