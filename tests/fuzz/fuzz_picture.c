#include "fuzz/fuzz.h"

#include "image/image_file.h"

/* Pictures of a megapixel at most: what a larger claim costs is tested in tests/image. */
static bool large(const uint8_t *data, size_t size) {
    if (sx_image_format_of(data, size) == SX_FORMAT_PNG)
        return size >= 24 &&
               (data[16] || data[17] || data[20] || data[21] || data[18] > 3 || data[22] > 3);
    for (size_t i = 0; i + 8 < size; i++)
        if (data[i] == 0xff && data[i + 1] >= 0xc0 && data[i + 1] <= 0xcf &&
            (data[i + 5] > 3 || data[i + 7] > 3))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_image im = { 0 };
    sx_error err = { 0 };
    if (large(data, size)) return 0;
    if (sx_image_decode(data, size, "fuzz", &im, &err)) {
        volatile unsigned sum = 0; /* every pixel is there to be read */
        for (size_t i = 0; i < sx_image_bytes(&im); i++)
            sum += sx_image_u8(&im)[i];
        (void)sum;
        sx_image_free(&im);
    }
    return 0;
}
