/* What a weight file says of its use: values that were fitted to films, with the films and the date
 * (docs/weights.md). Each value spinexr.NAME stands beside spinexr.NAME_chosen_on and
 * spinexr.NAME_date. */
#ifndef SX_MODELS_WEIGHTS_USE_H
#define SX_MODELS_WEIGHTS_USE_H

#include "base/str.h"
#include "tensor/weights.h"

/* The scores, 0..1, at which a box of one class counts as a finding. The sensitive point finds more
 * lesions, the specific one has fewer false positives: sensitive <= specific. NaN in both: the
 * class has no operating point. */
typedef struct sx_class_points {
    double sensitive, specific;
} sx_class_points;

/* The index of a class by its name; -1: there is none. */
int sx_class_find(const char *const *class_names, int class_count, const char *name);

/* Reads spinexr.operating_points into *out[class_count], which the caller frees; NULL without the
 * key. Errors: SX_ERR_FORMAT (names file, key and fault: not JSON, an unknown class, a class named
 * twice, a score out of range), SX_ERR_MEMORY. */
bool sx_class_points_read(const sx_weights *w, const char *const *class_names, int class_count,
                          sx_class_points **out, sx_error *err) SX_MUST_USE;
/* The text of that key, appended; classes without a point are left out. */
bool sx_class_points_text(const sx_class_points *points, const char *const *class_names,
                          int class_count, sx_str *out, sx_error *err) SX_MUST_USE;

/* Sets spinexr.NAME, the films that it was fitted to and today's date (UTC; the date of
 * SOURCE_DATE_EPOCH if that is set, so that results can be reproduced byte for byte). */
bool sx_weights_set_fitted(sx_weights *w, const char *name, const char *value,
                           const char *chosen_on, sx_error *err) SX_MUST_USE;
/* The films ("": not known) and the date ("2026-11-28"; "": not known) of spinexr.NAME. Error:
 * SX_ERR_FORMAT (not a date). The strings belong to the weights. */
bool sx_weights_fitted(const sx_weights *w, const char *name, const char **chosen_on,
                       const char **date, sx_error *err) SX_MUST_USE;
/* Removes all values that were fitted to films, because the network gives other numbers now. Their
 * keys without "spinexr." are appended to *removed, separated by commas. Error: SX_ERR_MEMORY. */
bool sx_weights_remove_fitted(sx_weights *w, sx_str *removed, sx_error *err) SX_MUST_USE;
/* The same for values by the names of classes, with their calibration if there are any; *removed is
 * empty before. */
bool sx_weights_remove_of_classes(sx_weights *w, sx_str *removed, sx_error *err) SX_MUST_USE;

#endif
