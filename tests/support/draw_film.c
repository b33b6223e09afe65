/* draw-film OUT.png WIDTH HEIGHT: a film of noise for the tests of whole programs. */
#include <stdio.h>
#include <stdlib.h>

#include "image/noise.h"
#include "image/png.h"

int main(int argc, char **argv) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    if (argc != 4 || !sx_noise_image("film", atoi(argv[2]), atoi(argv[3]), false, &im, &err) ||
        !sx_png_write(&im, SX_PNG_SMALL, argv[1], &err)) {
        fprintf(stderr, "draw-film: %s\n", err.message);
        return 1;
    }
    sx_image_free(&im);
    return 0;
}
