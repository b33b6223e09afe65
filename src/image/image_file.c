#include "image/image_file.h"

#include <string.h>

#include "base/ascii.h"
#include "base/files.h"
#include "image/jpeg_decode.h"
#include "image/orientation.h"
#include "image/png.h"

sx_image_format sx_image_format_of(const void *bytes, size_t n) {
    if (n >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) return SX_FORMAT_PNG;
    if (n >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0) return SX_FORMAT_JPEG;
    return SX_FORMAT_UNKNOWN;
}

static bool decode_stored(const void *bytes, size_t n, const char *name, sx_image *out,
                          sx_error *err) {
    switch (sx_image_format_of(bytes, n)) {
    case SX_FORMAT_PNG:
        return sx_png_decode(bytes, n, name, out, err);
    case SX_FORMAT_JPEG:
        return sx_jpeg_decode(bytes, n, name, out, err);
    default:
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: neither a PNG nor a JPEG file", name);
    }
}

bool sx_image_decode(const void *bytes, size_t n, const char *name, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (!decode_stored(bytes, n, name, out, err)) return false;
    if (sx_image_orient(out, sx_picture_orientation(bytes, n, NULL), err)) return true;
    sx_image_free(out);
    return sx_fail_in(err, "%s", name);
}

bool sx_image_read(const char *path, sx_image *out, sx_error *err) {
    sx_file f;
    *out = (sx_image){ 0 };
    if (!sx_file_open(&f, path, err)) return false;
    bool ok = sx_image_decode(f.data, f.size, path, out, err);
    sx_file_close(&f);
    return ok;
}

bool sx_image_write(const sx_image *im, const char *path, sx_error *err) {
    if (sx_path_has_ending(path, ".png")) return sx_png_write(im, SX_PNG_QUICK, path, err);
    if (sx_path_has_ending(path, ".jpg") || sx_path_has_ending(path, ".jpeg"))
        return sx_jpeg_write(im, 92, path, err);
    return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: pictures are written as .png or .jpg", path);
}
