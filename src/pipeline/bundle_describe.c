#include "pipeline/bundle_describe.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/hash.h"
#include "pipeline/bundle_classes.h"
#include "pipeline/bundle_detectors.h"
#include "pipeline/bundle_threshold.h"

/* The pixel pipeline of a network's films: `wanted`, or for AUTO the one in its metadata. */
static sx_pixels pixels_of(const sx_model *m, sx_pixels wanted) {
    return wanted == SX_PIXELS_AUTO ? sx_bundle_pixels(sx_model_get_info(m)) : wanted;
}

/* The mean of the scores that the detectors store for boxes on normal films; NaN: none does. */
static double stored_keep(const sx_bundle *b, const char **source) {
    double sum = 0, first = (double)NAN;
    int stored = 0;
    bool differ = false;
    for (int d = 0; d < b->detector_count; d++) {
        const double keep = sx_model_get_info(b->detectors[d])->threshold;
        if (isnan(keep)) continue;
        differ = differ || (stored && keep != first);
        if (!stored++) first = keep;
        sum += keep;
    }
    *source = !stored ? "paper" : differ ? "mean of the weights' metadata" : "weights' metadata";
    return differ ? sum / stored : first;
}

/* The operating points decide, so this follows sx_bundle_describe_detectors. */
static void set_kind(sx_bundle_info *i, const sx_predictor_options *o) {
    i->rule.kind = o->rule == SX_RULE_POINTS && !i->rule.points ? SX_RULE_PAPER : o->rule;
    i->rule.least = o->point == SX_POINT_NONE ? SX_POINT_SENSITIVE : o->point;
}

static bool set_rule(sx_bundle_info *i, const sx_bundle *b, const sx_predictor_options *o,
                     sx_error *err) {
    const double stored = stored_keep(b, &i->keep_source);
    i->rule.keep = isnan(stored) ? sx_paper_keep : stored;
    if (o->keep >= 0) {
        i->rule.keep = o->keep;
        i->keep_source = "option";
    }
    set_kind(i, o);
    if (!i->detector_count) i->nms = o->nms >= 0 ? o->nms : sx_bundle_default_nms;
    return sx_bundle_describe_threshold(i, b, o, err) && sx_bundle_describe_gates(i, b, err);
}

/* NULL: out of memory. */
static const char *hash_of(sx_bundle_info *i, const sx_model *m, sx_error *err) {
    sx_sha256 hash;
    return sx_model_hash(m, &hash, err) ? sx_arena_strdup(i->memory, hash.hex) : NULL;
}

static bool add_note(sx_bundle_info *i, const sx_network_info *network) {
    const sx_network_info *earlier = i->networks;
    while (earlier < network && strcmp(earlier->note, network->note) != 0)
        earlier++;
    if (!network->note[0] || earlier < network) return true;
    if (!i->note[0]) {
        i->note = network->note;
        return true;
    }
    const size_t size = strlen(i->note) + strlen(network->note) + 3;
    char *both = sx_arena_alloc(i->memory, size, 1);
    if (both) snprintf(both, size, "%s; %s", i->note, network->note);
    if (both) i->note = both;
    return both != NULL;
}

static bool add_network(sx_bundle_info *i, const sx_model *m, sx_pixels pixels, sx_error *err) {
    const sx_model_info *from = sx_model_get_info(m);
    sx_network_info *to = &i->networks[i->network_count++];
    *to = (sx_network_info){ .task = from->task,
                             .arch = sx_arena_strdup(i->memory, from->arch),
                             .path = sx_arena_strdup(i->memory, from->path),
                             .pixels = pixels_of(m, pixels),
                             .precision = sx_model_precision(m),
                             .threshold = from->threshold,
                             .temperature =
                                 from->task == SX_DETECTOR ? (double)NAN : from->temperature,
                             .input_width = from->input_width,
                             .input_height = from->input_height,
                             .letterbox = from->letterbox,
                             .chosen_on = sx_arena_strdup(i->memory, from->threshold_chosen_on),
                             .note = sx_arena_strdup(i->memory, from->note),
                             .demonstration = from->demonstration,
                             .config = sx_arena_strdup(i->memory, from->config),
                             .sha256 = hash_of(i, m, err) };
    return to->arch && to->path && to->chosen_on && to->note && to->config && to->sha256 &&
           add_note(i, to);
}

/* The origin is that of the first. */
static bool add_familiarity(sx_bundle_info *i, const sx_bundle *b) {
    double sum = 0;
    int count = 0;
    for (int k = 0; k < b->classifier_count; k++) {
        const sx_model_info *from = sx_model_get_info(b->classifiers[k]);
        if (!from->familiarity) continue;
        sum += from->familiarity->limit;
        if (count++) continue;
        i->familiarity_chosen_on = sx_arena_strdup(i->memory, from->familiarity_chosen_on);
        i->familiarity_date = sx_arena_strdup(i->memory, from->familiarity_date);
    }
    i->distance_limit = count ? sum / count : (double)NAN;
    return i->familiarity_chosen_on && i->familiarity_date;
}

static bool describe(sx_bundle_info *i, const sx_bundle *b, const sx_predictor_options *o,
                     sx_error *err) {
    const size_t most = (size_t)b->classifier_count + (size_t)b->detector_count + 1;
    i->memory = sx_arena_new();
    i->networks = i->memory ? sx_arena_alloc(i->memory, most, sizeof *i->networks) : NULL;
    bool ok = i->networks != NULL;
    for (int k = 0; ok && k < b->classifier_count; k++)
        ok = add_network(i, b->classifiers[k], o->pixels, err);
    i->classifier_count = i->network_count;
    for (int d = 0; ok && d < b->detector_count; d++)
        ok = add_network(i, b->detectors[d], o->pixels, err);
    return ok && add_familiarity(i, b) && sx_bundle_describe_classes(i, b, err) &&
           sx_bundle_describe_detectors(i, b, o, err);
}

static sx_bundle_info *tell(sx_bundle_info *i, const sx_bundle *b) {
    for (int k = 0; k < i->warning_count; k++)
        sx_log(b->context, SX_LOG_WARNING, "%s", i->warnings[k]);
    return i;
}

sx_bundle_info *sx_bundle_info_new(const sx_bundle *b, const sx_predictor_options *options,
                                   sx_error *err) {
    sx_error why = { 0 };
    if (options->fuse && (b->classifier_count == 0 || b->detector_count == 0)) {
        sx_fail(err, SX_ERR_USAGE,
                "P(abnormal) cannot be fused with the best box: there is no %s among the weights",
                b->detector_count ? "classifier" : "detector");
        return NULL;
    }
    if (options->tiles > 1 && b->detector_count == 0) {
        sx_fail(err, SX_ERR_USAGE, "tiles are for detectors: there is none among the weights");
        return NULL;
    }
    sx_bundle_info *i = sx_calloc_for(1, sizeof *i, "the networks", err);
    if (!i) return NULL;
    atomic_init(&i->holders, 1);
    i->note = i->points_chosen_on = i->points_date = "";
    i->familiarity_chosen_on = i->familiarity_date = "";
    i->gates_chosen_on = i->gates_date = "";
    i->distance_limit = (double)NAN;
    i->tiles = options->tiles;
    i->threads = sx_threads_of(b->context);
    if (describe(i, b, options, &why) && set_rule(i, b, options, &why)) return tell(i, b);
    if (why.code)
        sx_fail(err, why.code, "%s", why.message);
    else
        sx_fail(err, SX_ERR_MEMORY, "out of memory for the networks");
    sx_bundle_info_release(i);
    return NULL;
}
