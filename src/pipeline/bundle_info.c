#include "pipeline/bundle_info.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/hash.h"

/* The IoU of the suppression that the authors add at evaluation. */
static const double default_nms = 0.7;

sx_pixels sx_bundle_pixels(const sx_model_info *network) {
    return network->pixels == SX_PIXELS_VINDR ? SX_PIXELS_VINDR : SX_PIXELS_DICOM;
}

/* The pixel pipeline of a network's films: `wanted`, or for AUTO the one in its metadata. */
static sx_pixels pixels_of(const sx_model *m, sx_pixels wanted) {
    return wanted == SX_PIXELS_AUTO ? sx_bundle_pixels(sx_model_get_info(m)) : wanted;
}

double sx_bundle_nms(const sx_model_info *detector) {
    return detector->nms > 0 ? detector->nms : default_nms;
}

/* The copied operating points decide, so this follows add_points. */
static void set_kind(sx_bundle_info *i, const sx_predictor_options *o) {
    i->rule.kind = o->rule == SX_RULE_POINTS && !i->rule.points ? SX_RULE_PAPER : o->rule;
    i->rule.least = o->point == SX_POINT_NONE ? SX_POINT_SENSITIVE : o->point;
}

static void set_rule(sx_bundle_info *i, const sx_bundle *b, const sx_predictor_options *o) {
    i->rule.threshold = sx_bundle_threshold(b, &i->threshold_source);
    if (o->threshold >= 0) {
        i->rule.threshold = o->threshold;
        i->threshold_source = "option";
    }
    const double stored = b->detector ? sx_model_get_info(b->detector)->threshold : NAN;
    i->rule.keep = isnan(stored) ? sx_paper_keep : stored;
    i->keep_source = isnan(stored) ? "paper" : "weights' metadata";
    if (o->keep >= 0) {
        i->rule.keep = o->keep;
        i->keep_source = "option";
    }
    set_kind(i, o);
    i->nms = o->nms >= 0   ? o->nms
             : b->detector ? sx_bundle_nms(sx_model_get_info(b->detector))
                           : default_nms;
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
                             .chosen_on = sx_arena_strdup(i->memory, from->threshold_chosen_on),
                             .note = sx_arena_strdup(i->memory, from->note),
                             .demonstration = from->demonstration,
                             .config = sx_arena_strdup(i->memory, from->config),
                             .sha256 = hash_of(i, m, err) };
    return to->arch && to->path && to->chosen_on && to->note && to->config && to->sha256 &&
           add_note(i, to);
}

static bool add_labels(sx_bundle_info *i, const sx_model *detector) {
    const sx_model_info *from = sx_model_get_info(detector);
    i->labels = sx_arena_alloc(i->memory, (size_t)from->classes + 1, sizeof *i->labels);
    bool ok = i->labels != NULL;
    for (; ok && i->label_count < from->classes; i->label_count++) {
        i->labels[i->label_count] = sx_arena_strdup(i->memory, from->class_names[i->label_count]);
        ok = i->labels[i->label_count] != NULL;
    }
    return ok;
}

static bool add_points(sx_bundle_info *i, const sx_model *detector) {
    const sx_model_info *from = sx_model_get_info(detector);
    i->points_chosen_on = sx_arena_strdup(i->memory, from->points_chosen_on);
    i->points_date = sx_arena_strdup(i->memory, from->points_date);
    if (!i->points_chosen_on || !i->points_date) return false;
    if (!from->points) return true;
    const size_t count = (size_t)from->classes;
    sx_class_points *points = sx_arena_alloc(i->memory, count + 1, sizeof *points);
    if (points) memcpy(points, from->points, count * sizeof *points);
    i->rule.points = points;
    return points != NULL;
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
    const size_t most = (size_t)b->classifier_count + 1;
    i->memory = sx_arena_new();
    i->networks = i->memory ? sx_arena_alloc(i->memory, most, sizeof *i->networks) : NULL;
    bool ok = i->networks != NULL;
    for (int k = 0; ok && k < b->classifier_count; k++)
        ok = add_network(i, b->classifiers[k], o->pixels, err);
    i->classifier_count = i->network_count;
    return ok && add_familiarity(i, b) &&
           (!b->detector || (add_network(i, b->detector, o->pixels, err) &&
                             add_labels(i, b->detector) && add_points(i, b->detector)));
}

sx_bundle_info *sx_bundle_info_new(const sx_bundle *b, const sx_predictor_options *options,
                                   sx_error *err) {
    sx_error why = { 0 };
    sx_bundle_info *i = sx_calloc_for(1, sizeof *i, "the networks", err);
    if (!i) return NULL;
    atomic_init(&i->holders, 1);
    i->note = i->points_chosen_on = i->points_date = "";
    i->familiarity_chosen_on = i->familiarity_date = "";
    i->distance_limit = (double)NAN;
    i->threads = sx_threads_of(b->context);
    if (describe(i, b, options, &why)) {
        set_rule(i, b, options);
        return i;
    }
    if (why.code)
        sx_fail(err, why.code, "%s", why.message);
    else
        sx_fail(err, SX_ERR_MEMORY, "out of memory for the networks");
    sx_bundle_info_release(i);
    return NULL;
}

sx_bundle_info *sx_bundle_info_hold(sx_bundle_info *i) {
    atomic_fetch_add(&i->holders, 1);
    return i;
}

void sx_bundle_info_release(sx_bundle_info *i) {
    if (!i || atomic_fetch_sub(&i->holders, 1) > 1) return;
    sx_arena_free(i->memory);
    free(i);
}
