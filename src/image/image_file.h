/* Picture files, recognised by their first bytes. */
#ifndef SX_IMAGE_IMAGE_FILE_H
#define SX_IMAGE_IMAGE_FILE_H

#include "image/image.h"

typedef enum sx_image_format { SX_FORMAT_UNKNOWN, SX_FORMAT_PNG, SX_FORMAT_JPEG } sx_image_format;
sx_image_format sx_image_format_of(const void *bytes, size_t n);

/* PNG or JPEG; see png.h and jpeg_decode.h. The picture is turned as its Exif block says
 * (image/orientation.h). SX_ERR_UNSUPPORTED for anything else. */
bool sx_image_decode(const void *bytes, size_t n, const char *name, sx_image *out,
                     sx_error *err) SX_MUST_USE;
bool sx_image_read(const char *path, sx_image *out, sx_error *err) SX_MUST_USE;

/* By the ending of the path: .png (quick), .jpg or .jpeg (quality 92). SX_ERR_UNSUPPORTED for
 * others. */
bool sx_image_write(const sx_image *im, const char *path, sx_error *err) SX_MUST_USE;

#endif
