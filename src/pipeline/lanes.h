/* Lanes: several copies of a predictor's networks that share their weights, so that several films
 * are in the networks at the same time, each with a part of the threads. */
#ifndef SX_PIPELINE_LANES_H
#define SX_PIPELINE_LANES_H

#include "pipeline/prediction.h"
#include "pipeline/predictor_impl.h"

enum { SX_MOST_LANES = 8 };

/* The number of lanes, 1 to SX_MOST_LANES, with which `films` films are done soonest by `threads`
 * threads in all. */
int sx_lane_count(size_t films, int threads);

/* One lane. Opened, used and closed by one thread. */
typedef struct sx_lane {
    sx_predictor *predictor;
    sx_context context; /* of this lane's threads */
    sx_bundle networks;
    bool own; /* `networks` are open; otherwise the predictor's own are used, under its lock */
} sx_lane;

/* A lane with `threads` threads. It takes little time: plans are made for the first film. With 0
 * threads, or without the memory for it, the lane uses the predictor's own networks. */
void sx_lane_open(sx_lane *lane, sx_predictor *p, int threads);
void sx_lane_close(sx_lane *lane);
/* sx_predict_views in this lane. If its networks find no memory they are closed, and the film and
 * all later ones are predicted with the predictor's own. */
sx_prediction *sx_lane_predict(sx_lane *lane, sx_film_views *views,
                               const sx_predict_options *options, sx_error *err) SX_MUST_USE;

#endif
