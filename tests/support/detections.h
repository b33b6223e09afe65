/* A whole detector with synthetic weights against reference runs: its anchors and its
 * detections. */
#ifndef TESTS_SUPPORT_DETECTIONS_H
#define TESTS_SUPPORT_DETECTIONS_H

#include "detect/anchors.h"
#include "models/arch.h"

typedef struct detector_run {
    sx_network net;
    sx_graph *graph;
    sx_weights *weights;
    sx_store *store;
    sx_plan *plan;
} detector_run;

void detector_start(detector_run *r, const char *arch, sx_shape shape, sx_dtype compute,
                    sx_part part);
void detector_stop(detector_run *r);

/* eval/anchors<k> of the reference, to the bit. */
void detector_check_anchors(const sx_anchors *a, const sx_weights *ref);

/* eval/det0 (boxes in a film twice as large as the image of width x height, clipped to it; scores;
 * classes) against decoding and the detector's own suppression: boxes within box_bound pixels,
 * scores within score_bound. Pairs whose scores differ by less than twice score_bound may have
 * changed places. */
void detector_check_found(const detector_run *r, const sx_weights *ref, int width, int height,
                          double box_bound, double score_bound);

#endif
