/* A perceptual signature of a film: the same picture in another size, format or compression has
 * nearly the same one. */
#ifndef SX_DATA_FILM_SIGNATURE_H
#define SX_DATA_FILM_SIGNATURE_H

#include <stdint.h>

#include "image/image.h"

enum { SX_SIGNATURE_SIDE = 32 };

typedef struct sx_film_signature {
    bool known; /* false: no film was read, or it has one grey value only */
    /* Signs of the 63 lowest frequencies, but the mean, of the cosine transform of the film in 32 x
     * 32 pixels, against their median (Zauner 2010). */
    uint64_t hash;
    /* The film in 32 x 32 pixels, with mean 0 and length 1. */
    float pixels[SX_SIGNATURE_SIDE * SX_SIGNATURE_SIDE];
    double aspect; /* width / height */
} sx_film_signature;

/* Of an image of 8 bits and one channel. Errors: those of sx_image_resize. */
bool sx_film_signature_of(const sx_image *im, sx_film_signature *out, sx_error *err) SX_MUST_USE;

/* The number of hash bits that differ, 0 to 63. */
int sx_signature_distance(const sx_film_signature *a, const sx_film_signature *b);
/* The correlation of the small pictures, -1 to 1. */
double sx_signature_correlation(const sx_film_signature *a, const sx_film_signature *b);
/* Whether both are likely the same picture: aspect within 2 %, at most 8 bits differ, and the
 * correlation is at least 0.995. */
bool sx_signature_same(const sx_film_signature *a, const sx_film_signature *b);

#endif
