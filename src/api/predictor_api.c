/* spinexr/predictor.h: checks the arguments and calls src/pipeline. */
#include <math.h>

#include "api/film_options.h"
#include "base/c_locale.h"
#include "base/context_impl.h"
#include "base/option_struct.h"
#include "pipeline/prediction.h"
#include "pipeline/predictor_impl.h"
#include "pipeline/tiles.h"

/* ---- opening ---- */

static bool check_choice(const char *name, int value, int last, sx_error *err) {
    return (value >= 0 && value <= last) ||
           sx_fail(err, SX_ERR_USAGE, "sx_predictor_options.%s is %d, not 0 to %d", name, value,
                   last);
}

/* A negative value is valid: it selects the value in the weights. */
static bool check_fraction(const char *name, double value, sx_error *err) {
    return (!isnan(value) && value <= 1) ||
           sx_fail(err, SX_ERR_USAGE,
                   "sx_predictor_options.%s is %g, not from 0 to 1 (or below 0: the weights')",
                   name, value);
}

static bool check_predictor_options(const sx_predictor_options *o, sx_error *err) {
    return check_choice("precision", (int)o->precision, SX_PRECISION_BF16, err) &&
           check_choice("pixels", (int)o->pixels, SX_PIXELS_VINDR, err) &&
           check_choice("tta", (int)o->tta, SX_TTA_BOTH, err) &&
           check_fraction("threshold", o->threshold, err) && check_fraction("keep", o->keep, err) &&
           check_fraction("nms", o->nms, err) &&
           check_choice("rule", (int)o->rule, SX_RULE_ALL, err) &&
           check_choice("point", (int)o->point, SX_POINT_SPECIFIC, err) &&
           check_choice("tiles", o->tiles, SX_MOST_TILES, err);
}

static bool check_weights(const char *const *weights, size_t count, sx_error *err) {
    if (!weights && count) return sx_fail(err, SX_ERR_USAGE, "weights is NULL");
    for (size_t i = 0; i < count; i++)
        if (!weights[i]) return sx_fail(err, SX_ERR_USAGE, "weights[%zu] is NULL", i);
    return true;
}

sx_predictor *sx_predictor_open(const sx_context *context, const char *const *weights, size_t count,
                                const sx_predictor_options *options, sx_error *err) {
    SX_IN_C_LOCALE;
    static const sx_options_names names = { "sx_predictor_options", "SX_PREDICTOR_DEFAULTS" };
    sx_predictor_options o = SX_PREDICTOR_DEFAULTS;
    const size_t least = offsetof(sx_predictor_options, rule); /* of version 0.1 */
    if (!sx_options_complete(&o, sizeof o, options, least, &names, err) ||
        !check_predictor_options(&o, err) || !check_weights(weights, count, err) ||
        !sx_context_check(context, err))
        return NULL;
    return sx_predictor_new(context, weights, count, &o, err);
}

/* ---- what was opened ---- */

int sx_predictor_network_count(const sx_predictor *p) {
    return p ? p->info->network_count : 0;
}

const sx_network_info *sx_predictor_network(const sx_predictor *p, int index) {
    return index >= 0 && index < sx_predictor_network_count(p) ? &p->info->networks[index] : NULL;
}

double sx_predictor_threshold(const sx_predictor *p) {
    return p ? p->info->rule.threshold : (double)NAN;
}

const char *sx_predictor_threshold_source(const sx_predictor *p) {
    return p ? p->info->threshold_source : "";
}

double sx_predictor_keep(const sx_predictor *p) {
    return p ? p->info->rule.keep : (double)NAN;
}

sx_rule_kind sx_predictor_rule(const sx_predictor *p) {
    return p ? p->info->rule.kind : SX_RULE_PAPER;
}

double sx_predictor_point(const sx_predictor *p, int label, sx_point point) {
    const bool there = p && p->info->rule.points && label >= 0 && label < p->info->label_count;
    if (!there || point == SX_POINT_NONE) return (double)NAN;
    const sx_class_points *of = &p->info->rule.points[label];
    return point == SX_POINT_SPECIFIC ? of->specific : of->sensitive;
}

double sx_predictor_distance_limit(const sx_predictor *p) {
    return p ? p->info->distance_limit : (double)NAN;
}

const char *sx_predictor_note(const sx_predictor *p) {
    return p ? p->info->note : "";
}

int sx_predictor_label_count(const sx_predictor *p) {
    return p ? p->info->label_count : 0;
}

const char *sx_predictor_label(const sx_predictor *p, int label) {
    return p ? sx_bundle_info_label(p->info, label) : "";
}

/* ---- one film ---- */

bool sx_predict_options_complete(sx_predict_options *out, const sx_predict_options *given,
                                 sx_error *err) {
    static const sx_options_names names = { "sx_predict_options", "SX_PREDICT_DEFAULTS" };
    *out = (sx_predict_options)SX_PREDICT_DEFAULTS;
    const size_t least = offsetof(sx_predict_options, any_film); /* of version 0.1 */
    if (!sx_options_complete(out, sizeof *out, given, least, &names, err)) return false;
    return out->frame >= 0 ||
           sx_fail(err, SX_ERR_USAGE, "sx_predict_options.frame is %d, not 0 or more", out->frame);
}

static sx_prediction *predict(sx_predictor *p, const sx_film_source *source,
                              const sx_predict_options *options, sx_error *err) {
    sx_predict_options o;
    if (!p) {
        sx_fail(err, SX_ERR_USAGE, "the predictor is NULL");
        return NULL;
    }
    return sx_predict_options_complete(&o, options, err) ? sx_predict(p, source, &o, err) : NULL;
}

sx_prediction *sx_predict_file(sx_predictor *p, const char *path, const sx_predict_options *options,
                               sx_error *err) {
    SX_IN_C_LOCALE;
    if (path) return predict(p, &(sx_film_source){ .path = path }, options, err);
    sx_fail(err, SX_ERR_USAGE, "the path is NULL");
    return NULL;
}

sx_prediction *sx_predict_memory(sx_predictor *p, const void *bytes, size_t size, const char *name,
                                 const sx_predict_options *options, sx_error *err) {
    SX_IN_C_LOCALE;
    if (bytes)
        return predict(p, &(sx_film_source){ .path = name, .bytes = bytes, .size = size }, options,
                       err);
    sx_fail(err, SX_ERR_USAGE, "the bytes of the film are NULL");
    return NULL;
}

sx_prediction *sx_predict_pixels(sx_predictor *p, const sx_pixel_view *view,
                                 const sx_predict_options *options, sx_error *err) {
    SX_IN_C_LOCALE;
    if (view) return predict(p, &(sx_film_source){ .pixels = view }, options, err);
    sx_fail(err, SX_ERR_USAGE, "the pixels are NULL");
    return NULL;
}
