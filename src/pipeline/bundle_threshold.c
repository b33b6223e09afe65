#include "pipeline/bundle_threshold.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "pipeline/bundle_detectors.h"

/* The mean over the classifiers that store a value; NaN: none does. */
static double mean_of(const sx_bundle *b, bool fused, bool *differ) {
    double sum = 0, first = (double)NAN;
    int stored = 0;
    *differ = false;
    for (int i = 0; i < b->classifier_count; i++) {
        const sx_model_info *info = sx_model_get_info(b->classifiers[i]);
        const double t = fused ? info->fused_threshold : info->threshold;
        if (isnan(t)) continue;
        if (stored && t != first) *differ = true;
        if (!stored++) first = t;
        sum += t;
    }
    return *differ ? sum / stored : first;
}

static bool set_stored(sx_bundle_info *i, const sx_bundle *b, bool fused, sx_error *err) {
    bool differ;
    const double mean = mean_of(b, fused, &differ);
    i->rule.threshold = isnan(mean) ? sx_paper_threshold : mean;
    i->threshold_source = isnan(mean) ? "paper"
                          : differ    ? "mean of the weights' metadata"
                                      : "weights' metadata";
    return !differ || sx_bundle_warn(i, err,
                                     "the classifiers store different thresholds; their mean %.4f "
                                     "is used (--threshold sets one)",
                                     mean);
}

/* Numbers of networks; 0: not stored. */
typedef struct counts {
    int classifiers, detectors;
} counts;

static void add_counts(counts *c, const sx_model_info *from) {
    if (!c->classifiers) c->classifiers = from->calibration.classifiers;
    if (!c->detectors) c->detectors = from->calibration.detectors;
    /* what files of earlier programs have */
    if (!c->classifiers && from->gates) c->classifiers = from->gates->classifiers;
    if (!c->detectors && from->fusion) c->detectors = from->fusion->detectors;
}

/* How many networks the calibration of these files had. */
static counts calibrated_counts(const sx_bundle *b) {
    counts c = { 0 };
    for (int d = 0; d < b->detector_count; d++)
        add_counts(&c, sx_model_get_info(b->detectors[d]));
    for (int k = 0; k < b->classifier_count; k++)
        add_counts(&c, sx_model_get_info(b->classifiers[k]));
    return c;
}

static bool same_name(const sx_bundle *b) {
    const char *name = sx_model_get_info(b->detectors[0])->calibration.name;
    bool same = name[0] != '\0';
    for (int d = 1; d < b->detector_count; d++)
        same = same && strcmp(sx_model_get_info(b->detectors[d])->calibration.name, name) == 0;
    for (int k = 0; k < b->classifier_count; k++)
        same = same && strcmp(sx_model_get_info(b->classifiers[k])->calibration.name, name) == 0;
    return same;
}

static bool same_counts(const sx_bundle *b, counts c) {
    return (!c.classifiers || c.classifiers == b->classifier_count) &&
           (!c.detectors || c.detectors == b->detector_count);
}

bool sx_bundle_one_calibration(const sx_bundle_info *i, const sx_bundle *b) {
    return i->calibrated && same_name(b) && same_counts(b, calibrated_counts(b));
}

/* The fault of networks that are not all of one calibration. */
static bool fail_other_networks(const sx_bundle *b, const char *none, const char *way,
                                sx_error *err) {
    const counts c = calibrated_counts(b);
    if (!same_name(b) || same_counts(b, c) || !c.classifiers || !c.detectors)
        return sx_fail(err, SX_ERR_USAGE,
                       "%s: the stored one was fitted with other networks or another calibration; "
                       "%s",
                       none, way);
    return sx_fail(err, SX_ERR_USAGE,
                   "%s: the stored one was fitted to %d %s and %d %s, and these are %d and %d; %s",
                   none, c.classifiers, sx_noun((size_t)c.classifiers, "classifier", "classifiers"),
                   c.detectors, sx_noun((size_t)c.detectors, "detector", "detectors"),
                   b->classifier_count, b->detector_count, way);
}

/* The threshold of the classifiers alone belongs to other scores, so that no other one will do. */
static bool set_fused(sx_bundle_info *i, const sx_bundle *b, sx_error *err) {
    static const char *const none = "P(abnormal) averaged with the best box (--fuse) has no "
                                    "threshold",
                             *const way =
                                 "state one (--threshold) or fit it (spinexr model calibrate)";
    const int fitted = sx_model_get_info(b->detectors[0])->calibration.tiles,
              used = sx_bundle_info_tiles(i);
    bool differ;
    if (isnan(mean_of(b, true, &differ)))
        return sx_fail(err, SX_ERR_USAGE, "%s: the weights store none; %s", none, way);
    if (!sx_bundle_one_calibration(i, b)) return fail_other_networks(b, none, way, err);
    if (fitted != used) {
        char then[SX_TILES_TEXT], now[SX_TILES_TEXT];
        sx_bundle_tell_tiles(fitted, then);
        sx_bundle_tell_tiles(used, now);
        return sx_fail(err, SX_ERR_USAGE, "%s %s: the stored one was fitted %s; %s", none, now,
                       then, way);
    }
    return set_stored(i, b, true, err);
}

bool sx_bundle_describe_threshold(sx_bundle_info *i, const sx_bundle *b,
                                  const sx_predictor_options *o, sx_error *err) {
    i->rule.fuse = o->fuse != 0;
    if (o->threshold < 0) return i->rule.fuse ? set_fused(i, b, err) : set_stored(i, b, false, err);
    i->rule.threshold = o->threshold;
    i->threshold_source = "option";
    return true;
}
