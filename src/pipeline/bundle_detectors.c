#include "pipeline/bundle_detectors.h"

#include <math.h>
#include <string.h>

#include "base/str.h"

static const sx_model_info *detector(const sx_bundle *b, int d) {
    return sx_model_get_info(b->detectors[d]);
}

/* ---- classes ---- */

/* The most labels that the union can have. */
static size_t class_sum(const sx_bundle *b) {
    size_t n = 0;
    for (int d = 0; d < b->detector_count; d++)
        n += (size_t)detector(b, d)->classes;
    return n;
}

/* The label of a class by its name, which is added if it is new; -1: out of memory. */
static int label_of(sx_bundle_info *i, const char *name) {
    const int known = sx_class_find(i->labels, i->label_count, name);
    if (known >= 0) return known;
    i->labels[i->label_count] = sx_arena_strdup(i->memory, name);
    return i->labels[i->label_count] ? i->label_count++ : -1;
}

static bool add_classes(sx_bundle_info *i, const sx_model_info *from, sx_detector_use *to) {
    int *labels = sx_arena_alloc(i->memory, (size_t)from->classes + 1, sizeof *labels);
    bool ok = labels != NULL;
    for (int c = 0; ok && c < from->classes; c++) {
        labels[c] = label_of(i, from->class_names[c]);
        ok = labels[c] >= 0;
    }
    to->labels = labels;
    to->class_count = from->classes;
    return ok;
}

/* ---- fusion ---- */

static bool calibrated_together(const sx_bundle *b) {
    const sx_fusion_record *first = detector(b, 0)->fusion;
    if (b->detector_count == 1) return !first;
    if (!first || first->detectors != b->detector_count) return false;
    for (int d = 1; d < b->detector_count; d++) {
        const sx_fusion_record *other = detector(b, d)->fusion;
        if (!other || strcmp(other->set, first->set) != 0) return false;
    }
    return true;
}

static bool warn_of_others(sx_bundle_info *i, const sx_bundle *b, sx_error *err) {
    const sx_model_info *first = detector(b, 0);
    for (int d = 0; d < b->detector_count; d++)
        i->points_unused = i->points_unused || detector(b, d)->points;
    if (b->detector_count > 1)
        return sx_bundle_warn(i, err,
                              "the detectors were not calibrated together: their boxes are fused "
                              "with equal weights and without operating points (spinexr model "
                              "calibrate)");
    return !first->points ||
           sx_bundle_warn(i, err,
                          "%s: was calibrated together with other detectors, which are not given: "
                          "its operating points are not used",
                          first->path);
}

/* The first label for which no detector has a weight above 0; -1: none. */
static int label_without_weight(const sx_bundle_info *i, const float *weights) {
    for (int label = 0; label < i->label_count; label++) {
        bool any = false;
        for (int d = 0; d < i->detector_count; d++)
            any = any || weights[d * i->label_count + label] > 0;
        if (!any) return label;
    }
    return -1;
}

static bool add_weights(sx_bundle_info *i, const sx_bundle *b, sx_error *err) {
    float *weights = sx_arena_alloc(
        i->memory, (size_t)i->detector_count * (size_t)i->label_count + 1, sizeof *weights);
    if (!weights) return false;
    memset(weights, 0, (size_t)i->detector_count * (size_t)i->label_count * sizeof *weights);
    for (int d = 0; d < i->detector_count; d++)
        for (int c = 0; c < i->detectors[d].class_count; c++) {
            const sx_fusion_record *own = i->calibrated ? detector(b, d)->fusion : NULL;
            weights[d * i->label_count + i->detectors[d].labels[c]] =
                own ? (float)own->weights[c] : 1;
        }
    i->fusion_weights = weights;
    const int none = label_without_weight(i, weights);
    return none < 0 || sx_fail(err, SX_ERR_VALUE,
                               "%s: spinexr.fusion: no detector has a weight above 0 for %.60s",
                               detector(b, 0)->path, i->labels[none]);
}

/* ---- operating points ---- */

/* Those of the first detector that has one for the label: all of one calibration are equal. */
static bool add_points(sx_bundle_info *i, const sx_bundle *b) {
    const size_t count = (size_t)i->label_count;
    sx_class_points *points = sx_arena_alloc(i->memory, count + 1, sizeof *points);
    if (!points) return false;
    for (size_t label = 0; label < count; label++)
        points[label] = (sx_class_points){ NAN, NAN };
    for (int d = 0; d < i->detector_count; d++) {
        const sx_model_info *from = detector(b, d);
        if (!from->points) continue;
        if (!i->rule.points) {
            i->rule.points = points;
            i->points_chosen_on = sx_arena_strdup(i->memory, from->points_chosen_on);
            i->points_date = sx_arena_strdup(i->memory, from->points_date);
        }
        for (int c = 0; c < from->classes; c++) {
            sx_class_points *to = &points[i->detectors[d].labels[c]];
            if (isnan(to->sensitive)) *to = from->points[c];
        }
    }
    return i->points_chosen_on && i->points_date;
}

void sx_bundle_tell_tiles(int tiles, char out[SX_TILES_TEXT]) {
    if (tiles > 1)
        sx_format(out, SX_TILES_TEXT, "with %d x %d tiles", tiles, tiles);
    else
        sx_format(out, SX_TILES_TEXT, "without tiles");
}

/* Scores in tiles differ from those of whole films, so points of the one do not hold for the other.
 * A warning is for who would have had points. */
static bool add_points_for_tiles(sx_bundle_info *i, const sx_bundle *b,
                                 const sx_predictor_options *o, sx_error *err) {
    char fitted[SX_TILES_TEXT], now[SX_TILES_TEXT];
    for (int d = 0; d < b->detector_count; d++) {
        const sx_model_info *from = detector(b, d);
        if (!from->points || from->calibration.tiles == sx_bundle_info_tiles(i)) continue;
        i->points_unused = true;
        if (o->rule != SX_RULE_POINTS) return true;
        sx_bundle_tell_tiles(from->calibration.tiles, fitted);
        sx_bundle_tell_tiles(sx_bundle_info_tiles(i), now);
        return sx_bundle_warn(i, err,
                              "%s: its operating points were fitted %s and are not used %s; the "
                              "paper's rule is used (spinexr model calibrate --tiles %d)",
                              from->path, fitted, now, sx_bundle_info_tiles(i));
    }
    return add_points(i, b);
}

/* ---- all ---- */

static void set_nms(sx_bundle_info *i, const sx_bundle *b, const sx_predictor_options *o) {
    for (int d = 0; d < i->detector_count; d++) {
        i->detectors[d].nms = o->nms >= 0 ? o->nms : sx_bundle_nms(detector(b, d));
        if (d == 0)
            i->nms = i->detectors[d].nms;
        else if (i->detectors[d].nms != i->nms)
            i->nms = (double)NAN;
    }
}

bool sx_bundle_describe_detectors(sx_bundle_info *i, const sx_bundle *b,
                                  const sx_predictor_options *o, sx_error *err) {
    i->detector_count = b->detector_count;
    i->labels = sx_arena_alloc(i->memory, class_sum(b) + 1, sizeof *i->labels);
    i->detectors = sx_arena_alloc(i->memory, (size_t)b->detector_count + 1, sizeof *i->detectors);
    bool ok = i->labels && i->detectors;
    for (int d = 0; ok && d < b->detector_count; d++)
        ok = add_classes(i, detector(b, d), &i->detectors[d]);
    if (!ok || b->detector_count == 0) return ok;
    set_nms(i, b, o);
    i->calibrated = calibrated_together(b);
    return add_weights(i, b, err) &&
           (i->calibrated ? add_points_for_tiles(i, b, o, err) : warn_of_others(i, b, err));
}
