#include "image/letterbox.h"

#include <string.h>

#include "image/resize.h"

/* a * b / c, rounded, at least 1 */
static int scaled(int a, int b, int c) {
    const int v = (int)(((int64_t)a * b + c / 2) / c);
    return v < 1 ? 1 : v;
}

void sx_letterbox_size(int film_width, int film_height, int width, int height, int *new_width,
                       int *new_height) {
    const bool wide = (int64_t)film_width * height >= (int64_t)film_height * width;
    *new_width = wide ? width : scaled(film_width, height, film_height);
    *new_height = wide ? scaled(film_height, width, film_width) : height;
}

bool sx_image_pad(sx_image *im, int width, int height, sx_error *err) {
    if (im->width == width && im->height == height) return true;
    sx_image to;
    if (!sx_image_new(&to, width, height, im->channels, 8, err)) return false;
    const size_t from_row = (size_t)im->width * (size_t)im->channels,
                 to_row = (size_t)width * (size_t)im->channels;
    memset(to.data, SX_LETTERBOX_GREY, sx_image_bytes(&to));
    for (size_t y = 0; y < (size_t)im->height; y++)
        memcpy(sx_image_u8(&to) + y * to_row, sx_image_u8(im) + y * from_row, from_row);
    sx_image_free(im);
    *im = to;
    return true;
}

bool sx_image_letterbox(const sx_context *context, const sx_image *src, int width, int height,
                        sx_image *dst, sx_error *err) {
    int w, h;
    sx_letterbox_size(src->width, src->height, width, height, &w, &h);
    if (!sx_image_resize(context, src, w, h, dst, err)) return false;
    if (sx_image_pad(dst, width, height, err)) return true;
    sx_image_free(dst);
    return false;
}
