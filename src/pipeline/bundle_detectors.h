/* The detectors of a bundle in its description: the union of their classes, their weights in the
 * fusion, and the operating points that apply to the fused boxes. */
#ifndef SX_PIPELINE_BUNDLE_DETECTORS_H
#define SX_PIPELINE_BUNDLE_DETECTORS_H

#include "pipeline/bundle_info.h"

/* Adds what `info` says of the detectors, whose networks it has already. Weights and operating
 * points count only if all detectors of one calibration are there and no other; otherwise the boxes
 * are fused with equal weights, no operating points are used, and a warning says so. Nor do
 * operating points count that were fitted with another number of tiles. Errors: SX_ERR_VALUE (no
 * detector has a weight above 0 for a class), SX_ERR_MEMORY. */
bool sx_bundle_describe_detectors(sx_bundle_info *info, const sx_bundle *b,
                                  const sx_predictor_options *options, sx_error *err) SX_MUST_USE;

/* For messages: "with 2 x 2 tiles", "without tiles". */
enum { SX_TILES_TEXT = 32 };
void sx_bundle_tell_tiles(int tiles, char out[SX_TILES_TEXT]);

#endif
