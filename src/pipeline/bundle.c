#include "pipeline/bundle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/str.h"
#include "pipeline/rule.h"

bool sx_is_weight_file(const char *path) {
    return sx_ends_with(path, ".safetensors") || sx_ends_with(path, ".pth") ||
           sx_ends_with(path, ".pt") || sx_ends_with(path, ".pkl");
}

static bool add_model(sx_bundle *b, const char *path, sx_precision precision, sx_error *err) {
    sx_model *m = sx_model_open(b->context, path, precision, err);
    if (!m) return false;
    const sx_model_info *info = sx_model_get_info(m);
    bool ok = true;
    if (info->task == SX_DETECTOR) {
        if (b->detector)
            ok = sx_fail(err, SX_ERR_MISMATCH, "%s: a second detector beside %s", path,
                         sx_model_get_info(b->detector)->path);
        else
            b->detector = m;
    } else if (info->classes != 1) {
        ok = sx_fail(err, SX_ERR_MISMATCH,
                     "%s: a classifier with %d classes; the ensemble needs one, abnormal", path,
                     info->classes);
    } else if (b->classifier_count == SX_MAX_CLASSIFIERS) {
        ok = sx_fail(err, SX_ERR_LIMIT, "%s: more than %d classifiers", path, SX_MAX_CLASSIFIERS);
    } else {
        b->classifiers[b->classifier_count++] = m;
    }
    if (!ok) sx_model_free(m);
    return ok;
}

/* Whether a file of a folder is passed over: a training run's checkpoint under the name that
 * training gives it, or the `last` weights of a run that also has `best` ones. A checkpoint of
 * another name is an error (sx_weights_open_trained). */
static bool is_superseded(const char *path, bool has_best) {
    return sx_ends_with(path, ".ckpt.safetensors") ||
           (has_best && strcmp(sx_path_base(path), "last.safetensors") == 0);
}

static bool has_best_weights(const char *dir) {
    char *best = sx_path_join(dir, "best.safetensors");
    const bool has = best && sx_path_exists(best);
    free(best);
    return has;
}

static bool add_folder(sx_bundle *b, const char *dir, sx_precision precision, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = sx_paths_walk(&found, dir, err);
    const bool has_best = has_best_weights(dir);
    size_t used = 0, n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    for (size_t i = 0; ok && i < found.count; i++) {
        bool below = strchr(found.items[i] + n + 1, '/') != NULL;
        if (below || !sx_is_weight_file(found.items[i]) || is_superseded(found.items[i], has_best))
            continue;
        ok = add_model(b, found.items[i], precision, err);
        used++;
    }
    if (ok && used == 0) ok = sx_fail(err, SX_ERR_MISSING, "%s: no weights in this folder", dir);
    sx_paths_free(&found);
    return ok;
}

bool sx_bundle_open(const sx_context *context, sx_bundle *b, const char *const *paths, size_t count,
                    sx_precision precision, sx_error *err) {
    *b = (sx_bundle){ .context = context };
    bool ok = count > 0 || sx_fail(err, SX_ERR_USAGE, "no weights are given");
    for (size_t i = 0; ok && i < count; i++)
        ok = sx_path_is_dir(paths[i]) ? add_folder(b, paths[i], precision, err)
                                      : add_model(b, paths[i], precision, err);
    if (!ok) sx_bundle_close(b);
    return ok;
}

void sx_bundle_close(sx_bundle *b) {
    for (int i = 0; i < b->classifier_count; i++)
        sx_model_free(b->classifiers[i]);
    sx_model_free(b->detector);
    *b = (sx_bundle){ 0 };
}

double sx_bundle_threshold(const sx_bundle *b, const char **source) {
    double sum = 0, first = NAN;
    int stored = 0;
    bool differ = false;
    for (int i = 0; i < b->classifier_count; i++) {
        double t = sx_model_get_info(b->classifiers[i])->threshold;
        if (isnan(t)) continue;
        if (stored && t != first) differ = true;
        if (!stored) first = t;
        sum += t;
        stored++;
    }
    *source = !stored ? "paper" : differ ? "mean of the weights' metadata" : "weights' metadata";
    if (!stored) return sx_paper_threshold;
    if (!differ) return first;
    sx_log(b->context, SX_LOG_WARNING,
           "the classifiers store different thresholds; their mean %.4f is used (--threshold sets "
           "one)",
           sum / stored);
    return sum / stored;
}
