/* A bundle: the networks of a predictor, which are opened from files and folders and told apart by
 * their metadata. */
#ifndef SX_PIPELINE_BUNDLE_H
#define SX_PIPELINE_BUNDLE_H

#include "models/model.h"

enum { SX_MAX_CLASSIFIERS = 64, SX_MAX_DETECTORS = 16 };

typedef struct sx_bundle {
    const sx_context *context; /* borrowed */
    sx_model *classifiers[SX_MAX_CLASSIFIERS];
    int classifier_count;
    sx_model *detectors[SX_MAX_DETECTORS]; /* of any architectures; their boxes are fused */
    int detector_count;
} sx_bundle;

/* Whether the path has the ending of a weight file: .safetensors, .pth, .pt, .pkl. */
bool sx_is_weight_file(const char *path);

/* Opens every given file, and every weight file of a given folder (not of its subfolders) in the
 * order of names. In the folder of a training run it opens only the best weights, or the last ones
 * if there are no best ones, and logs which. A file that was opened already, under any name, is
 * passed over with a warning. Errors: those of sx_model_open; SX_ERR_MISSING (a folder without
 * weights), SX_ERR_MISMATCH (a checkpoint; a classifier with several classes whose first is
 * not "Abnormal"), SX_ERR_LIMIT
 * (too many networks). The context must outlive the bundle; NULL: one thread, no messages. */
bool sx_bundle_open(const sx_context *context, sx_bundle *b, const char *const *paths, size_t count,
                    sx_precision precision, sx_error *err) SX_MUST_USE;
/* The same networks for another thread (sx_model_share). `of` must outlive *b. */
bool sx_bundle_share(const sx_bundle *of, const sx_context *context, sx_bundle *b,
                     sx_error *err) SX_MUST_USE;
void sx_bundle_close(sx_bundle *b); /* {0} is allowed */

#endif
