/* The pixels of a film as the reading room's pages get them: 16-bit samples, and a description by
 * which the page computes the same 8-bit film as the program.
 *
 * The value of a pixel after the Modality LUT is (sample + offset) * slope + intercept. All pixels
 * that are padding have one sample, which no other pixel has. */
#ifndef SX_SERVICE_READING_PIXEL_SAMPLES_H
#define SX_SERVICE_READING_PIXEL_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef struct sx_pixel_film {
    int width, height;
    uint16_t *samples; /* [height * width], owned */
    bool has_padding;
    uint16_t padding; /* the sample of padding */
    /* JSON, the type FilmPixels of web/api.json; owned. Values are those after the Modality LUT. */
    sx_str description;
} sx_pixel_film;

#endif
