#include "pipeline/lanes.h"

/* In one lane of all threads a film takes 1 / (threads * 0.9) of its time on one thread: threads
 * wait for one another, and some steps are short. With several lanes some of them are idle while
 * the last films are in the networks. */
static bool is_worthwhile(size_t films, size_t lanes) {
    const size_t rounds = (films + lanes - 1) / lanes;
    return rounds * lanes * 9 <= films * 10;
}

/* Whether so many lanes leave few threads unused. */
static bool divides(int lanes, int threads) {
    return threads % lanes <= threads / 8;
}

int sx_lane_count(size_t films, int threads) {
    for (int n = threads < SX_MOST_LANES ? threads : SX_MOST_LANES; n > 1; n--)
        if (divides(n, threads) && is_worthwhile(films, (size_t)n)) return n;
    return 1;
}

void sx_lane_open(sx_lane *lane, sx_predictor *p, int threads) {
    *lane = (sx_lane){ .predictor = p };
    if (threads == 0) return;
    lane->context = sx_context_child(sx_predictor_context(p), threads);
    lane->own = sx_bundle_share(&p->bundle, &lane->context, &lane->networks, NULL);
}

void sx_lane_close(sx_lane *lane) {
    if (lane->own) sx_bundle_close(&lane->networks);
    lane->own = false;
}

sx_prediction *sx_lane_predict(sx_lane *lane, sx_film_views *views,
                               const sx_predict_options *options, sx_error *err) {
    sx_predictor *const p = lane->predictor;
    sx_error why = { 0 };
    if (lane->own) {
        sx_prediction *out = sx_predict_views_with(p, &lane->networks, views, options, &why);
        if (out || why.code != SX_ERR_MEMORY) {
            if (!out) *err = why;
            return out;
        }
        sx_lane_close(lane);
    }
    return sx_predict_views(p, views, options, err);
}
