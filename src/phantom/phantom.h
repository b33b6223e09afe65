/* The phantom: radiographs of a spine, drawn from a geometrical model with known lesions. It is for
 * tests, demonstrations and pretraining. Results on phantoms are no evidence about patients.
 * docs/phantom.md describes the model.
 *
 * Films come in studies of two: film 2 k is the frontal view of study k, film 2 k + 1 the lateral
 * one of the same patient. A film depends only on (seed, index) and the options. Its bytes do not
 * depend on the number of threads. */
#ifndef SX_PHANTOM_PHANTOM_H
#define SX_PHANTOM_PHANTOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "detect/box.h"
#include "image/image.h"

/* The seven findings of VinDr-SpineXR's detector, in the order of its paper's categories. */
typedef enum sx_phantom_finding {
    SX_PHANTOM_DISC,       /* "Disc space narrowing" */
    SX_PHANTOM_STENOSIS,   /* "Foraminal stenosis" */
    SX_PHANTOM_OSTEOPHYTE, /* "Osteophytes" */
    SX_PHANTOM_SLIP,       /* "Spondylolysthesis", spelt as in the data set */
    SX_PHANTOM_IMPLANT,    /* "Surgical implant" */
    SX_PHANTOM_COLLAPSE,   /* "Vertebral collapse" */
    SX_PHANTOM_OTHER,      /* "Other lesions": lytic and sclerotic */
    SX_PHANTOM_FINDINGS
} sx_phantom_finding;

/* As the data set's CSV files spell it. */
const char *sx_phantom_finding_name(sx_phantom_finding f);

typedef enum sx_phantom_region {
    SX_PHANTOM_ANY, /* drawn: mostly lumbar */
    SX_PHANTOM_CERVICAL,
    SX_PHANTOM_THORACIC,
    SX_PHANTOM_LUMBAR,
    SX_PHANTOM_FULL
} sx_phantom_region;
const char *sx_phantom_region_name(sx_phantom_region r); /* "lumbar" */

typedef enum sx_phantom_mix {
    SX_PHANTOM_AS_PUBLISHED, /* boxes per film and class as in the paper's table */
    SX_PHANTOM_EVEN,         /* rare classes as often as possible without crowding a film */
    /* no healthy patients, and every finding for which there is room: for pretraining detectors */
    SX_PHANTOM_CROWDED,
    /* like EVEN, but no healthy patients, and up to four "Other lesions": for training detectors */
    SX_PHANTOM_FOCI
} sx_phantom_mix;

/* {0} is a valid set: one megapixel, every region, the published mix. */
typedef struct sx_phantom_options {
    int long_side; /* pixels of the film's longer side, 64..8192; 0: 1250, about one megapixel */
    sx_phantom_region region;
    sx_phantom_mix mix;
    bool healthy; /* the same patients without any lesion */
    int without;  /* 1 + the lesion (sx_phantom_box.lesion) that is left out; 0: none */
} sx_phantom_options;

enum { SX_PHANTOM_MAX_BOXES = 64 };

typedef struct sx_phantom_box {
    sx_phantom_finding finding;
    sx_box box;     /* pixels, inside the film */
    float severity; /* 0 subtle .. 1 obvious */
    int level;      /* vertebra, 0 C1 .. 24 S1 */
    int lesion;     /* number of the patient's lesion, the same in both views */
    int kind;       /* variety of the finding, e.g. a hole or a dense body (lesion.h) */
} sx_phantom_box;

typedef struct sx_phantom_film {
    sx_image image; /* 1 channel, 16 bit, stored values of `bits` bits; no pixels after a plan */
    int bits;       /* 10..14 */
    bool inverted;  /* MONOCHROME1: the lowest value is white */
    float window_center, window_width; /* in stored values; width 0: none given */
    float spacing;                     /* mm per pixel in the detector plane */
    sx_box field;                      /* the collimated field, in pixels; boxes lie in it */
    sx_phantom_region region;
    bool lateral, facing_left; /* facing_left: direction of view of the patient on a lateral film */
    char sex;                  /* 'F' or 'M' */
    int age;
    size_t study; /* index / 2 */
    int box_count;
    sx_phantom_box boxes[SX_PHANTOM_MAX_BOXES];
} sx_phantom_film;

/* Draws film `index` on the threads of `context` (NULL: one). Free with sx_phantom_film_free.
 * Errors: SX_ERR_USAGE (long_side), SX_ERR_MEMORY. */
bool sx_phantom_draw(const sx_context *context, sx_phantom_film *film, uint64_t seed, size_t index,
                     const sx_phantom_options *options, sx_error *err) SX_MUST_USE;
/* Everything except the pixels: boxes, sizes, patient. A thousand times as fast. */
bool sx_phantom_plan(sx_phantom_film *film, uint64_t seed, size_t index,
                     const sx_phantom_options *options, sx_error *err) SX_MUST_USE;
void sx_phantom_film_free(sx_phantom_film *film); /* {0} is allowed */

#endif
