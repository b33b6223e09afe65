#include "pipeline/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/str.h"
#include "base/vindr_classes.h"

bool sx_is_weight_file(const char *path) {
    return sx_path_has_ending(path, ".safetensors") || sx_path_has_ending(path, ".pth") ||
           sx_path_has_ending(path, ".pt") || sx_path_has_ending(path, ".pkl");
}

/* The network that was opened from this file, under whichever name; NULL: none. */
static const sx_model *find_opened(const sx_bundle *b, const char *path) {
    for (int i = 0; i < b->classifier_count; i++)
        if (sx_same_file(sx_model_get_info(b->classifiers[i])->path, path))
            return b->classifiers[i];
    for (int i = 0; i < b->detector_count; i++)
        if (sx_same_file(sx_model_get_info(b->detectors[i])->path, path)) return b->detectors[i];
    return NULL;
}

/* A file that was named twice would count twice in the ensemble's mean. */
static bool add_model(sx_bundle *b, const char *path, sx_precision precision, sx_error *err) {
    const sx_model *known = find_opened(b, path);
    if (known) {
        sx_log(b->context, SX_LOG_WARNING, "%s: is the same file as %s and is used once", path,
               sx_model_get_info(known)->path);
        return true;
    }
    sx_model *m = sx_model_open(b->context, path, precision, err);
    if (!m) return false;
    const sx_model_info *info = sx_model_get_info(m);
    bool ok = true;
    if (info->task == SX_DETECTOR) {
        if (b->detector_count == SX_MAX_DETECTORS)
            ok = sx_fail(err, SX_ERR_LIMIT, "%s: more than %d detectors", path, SX_MAX_DETECTORS);
        else
            b->detectors[b->detector_count++] = m;
    } else if (info->classes != 1 && strcmp(info->class_names[0], SX_ABNORMAL) != 0) {
        ok = sx_fail(err, SX_ERR_MISMATCH,
                     "%s: a classifier with %d classes, of which the first is %.60s; the ensemble "
                     "needs %s",
                     path, info->classes, info->class_names[0], SX_ABNORMAL);
    } else if (b->classifier_count == SX_MAX_CLASSIFIERS) {
        ok = sx_fail(err, SX_ERR_LIMIT, "%s: more than %d classifiers", path, SX_MAX_CLASSIFIERS);
    } else {
        b->classifiers[b->classifier_count++] = m;
    }
    if (!ok) sx_model_free(m);
    return ok;
}

/* What train writes. */
static const char best_name[] = "best.safetensors", last_name[] = "last.safetensors",
                  checkpoint_ending[] = ".ckpt.safetensors";

static bool is_checkpoint(const char *path) {
    return sx_is_weight_file(path) && sx_path_has_ending(path, checkpoint_ending);
}

/* The error of a folder without weights. */
static bool fail_empty(const char *dir, bool checkpoint, sx_error *err) {
    if (!checkpoint) return sx_fail(err, SX_ERR_MISSING, "%s: no weights in this folder", dir);
    return sx_fail(err, SX_ERR_MISSING,
                   "%s: no weights in this folder, only the checkpoint of a training run that was "
                   "ended before it wrote any; continue it with train --resume --out %s",
                   dir, dir);
}

/* Keeps the weight files that stand in the folder itself, but not a training run's checkpoint under
 * the name that training gives it. A checkpoint of another name is an error
 * (sx_weights_open_trained). Returns whether there was one. */
static bool keep_weights(sx_paths *p, const char *dir) {
    const size_t below = sx_path_length(dir) + 1;
    size_t kept = 0;
    bool checkpoint = false;
    for (size_t i = 0; i < p->count; i++) {
        char *path = p->items[i];
        const bool here = strlen(path) > below && !strchr(path + below, '/');
        checkpoint = checkpoint || (here && is_checkpoint(path));
        if (here && sx_is_weight_file(path) && !is_checkpoint(path))
            p->items[kept++] = path;
        else
            free(path);
    }
    p->count = kept;
    return checkpoint;
}

static const char *find_base(const sx_paths *p, const char *base) {
    for (size_t i = 0; i < p->count; i++)
        if (sx_equal_letters(sx_path_base(p->items[i]), base)) return p->items[i];
    return NULL;
}

/* Which of a training run's two weight files is passed over, and says so; NULL: none. */
static const char *choose_of_run(const sx_context *context, const sx_paths *p) {
    const char *best = find_base(p, best_name), *last = find_base(p, last_name);
    if (best && last)
        sx_log(context, SX_LOG_INFO, "%s: used; %s is not", best, last_name);
    else if (last)
        sx_log(context, SX_LOG_WARNING, "%s: used; there is no %s beside it", last, best_name);
    return best ? last : NULL;
}

static bool add_folder(sx_bundle *b, const char *dir, sx_precision precision, sx_error *err) {
    sx_paths found = { 0 };
    bool ok = sx_paths_walk(&found, dir, err);
    const bool checkpoint = keep_weights(&found, dir);
    const char *superseded = choose_of_run(b->context, &found);
    size_t used = 0;
    for (size_t i = 0; ok && i < found.count; i++) {
        if (found.items[i] == superseded) continue;
        ok = add_model(b, found.items[i], precision, err);
        used++;
    }
    if (ok && used == 0) ok = fail_empty(dir, checkpoint, err);
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

bool sx_bundle_share(const sx_bundle *of, const sx_context *context, sx_bundle *b, sx_error *err) {
    bool ok = true;
    *b = (sx_bundle){ .context = context };
    for (int i = 0; ok && i < of->classifier_count; i++) {
        b->classifiers[i] = sx_model_share(of->classifiers[i], context, err);
        ok = b->classifiers[i] != NULL;
        b->classifier_count += ok;
    }
    for (int i = 0; ok && i < of->detector_count; i++) {
        b->detectors[i] = sx_model_share(of->detectors[i], context, err);
        ok = b->detectors[i] != NULL;
        b->detector_count += ok;
    }
    if (!ok) sx_bundle_close(b);
    return ok;
}

void sx_bundle_close(sx_bundle *b) {
    for (int i = 0; i < b->classifier_count; i++)
        sx_model_free(b->classifiers[i]);
    for (int i = 0; i < b->detector_count; i++)
        sx_model_free(b->detectors[i]);
    *b = (sx_bundle){ 0 };
}
