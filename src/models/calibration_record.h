/* Which run of `model calibrate` wrote a weight file, of how many networks, and how the detectors
 * saw its films: spinexr.calibration, spinexr.calibration_classifiers, _detectors and _tiles
 * (docs/weights.md). */
#ifndef SX_MODELS_CALIBRATION_RECORD_H
#define SX_MODELS_CALIBRATION_RECORD_H

#include "tensor/weights.h"

enum { SX_CALIBRATION_NAME = 16, SX_CALIBRATION_MOST_TILES = 8, SX_CALIBRATION_MOST = 64 };

typedef struct sx_calibration_record {
    /* 16 hexadecimal digits: the same in all files of the calibration; "": none is stored. */
    char name[SX_CALIBRATION_NAME + 1];
    int tiles; /* along each side of a film, 1 to 8; 1: the whole film, also if none is stored */
    int classifiers, detectors; /* that it calibrated together; 0: none, or not stored */
} sx_calibration_record;

/* Error: SX_ERR_FORMAT (names file, key and the expected value). */
bool sx_calibration_record_read(const sx_weights *w, sx_calibration_record *out,
                                sx_error *err) SX_MUST_USE;
/* Sets the keys, but no number of 0; removes them if r->name is "". Error: SX_ERR_MEMORY. */
bool sx_calibration_record_set(sx_weights *w, const sx_calibration_record *r,
                               sx_error *err) SX_MUST_USE;

#endif
