#include "image/image.h"

#include <stdlib.h>

#include "base/mem.h"

bool sx_image_new(sx_image *im, int width, int height, int channels, int bits, sx_error *err) {
    *im = (sx_image){ 0 };
    if ((channels != 1 && channels != 3 && channels != 4) || (bits != 8 && bits != 16))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "image with %d channels of %d bits", channels,
                       bits);
    if (width <= 0 || height <= 0)
        return sx_fail(err, SX_ERR_VALUE, "image of %d x %d pixels", width, height);
    if (width > SX_IMAGE_MAX_SIDE || height > SX_IMAGE_MAX_SIDE ||
        (size_t)width * (size_t)height > SX_IMAGE_MAX_PIXELS)
        return sx_fail(err, SX_ERR_LIMIT,
                       "image of %d x %d pixels is larger than the limit (%d a side, %zu in all)",
                       width, height, (int)SX_IMAGE_MAX_SIDE, SX_IMAGE_MAX_PIXELS);
    size_t samples = (size_t)width * (size_t)height * (size_t)channels;
    void *data = sx_calloc_for(samples, (size_t)(bits / 8), "image pixels", err);
    if (!data) return false;
    *im = (sx_image){
        .width = width, .height = height, .channels = channels, .bits = bits, .data = data
    };
    return true;
}

void sx_image_free(sx_image *im) {
    free(im->data);
    *im = (sx_image){ 0 };
}
