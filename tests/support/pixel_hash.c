/* pixel_hash FILE...: size, bits and SHA-256 of the pixels of PNG and JPEG files, a line each. */
#include <stdio.h>

#include "base/hash.h"
#include "image/image_file.h"

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        sx_error err = { 0 };
        sx_image im = { 0 };
        sx_sha256 hash;
        if (!sx_image_read(argv[i], &im, &err) ||
            !sx_sha256_of(im.data, sx_image_bytes(&im), &hash, &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        printf("%dx%d %d %s\n", im.width, im.height, im.bits, hash.hex);
        sx_image_free(&im);
    }
    return 0;
}
