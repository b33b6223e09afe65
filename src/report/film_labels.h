/* Short names by which a reader can tell the films of a run apart. */
#ifndef SX_REPORT_FILM_LABELS_H
#define SX_REPORT_FILM_LABELS_H

#include <stddef.h>

#include "base/fail.h"

/* Sets labels[i] to the end of paths[i] that begins after a slash: the file's name, with as many of
 * its folders before it as no other path of the list shares ("b/film.dcm"). Equal paths have equal
 * labels. The labels point into the paths. The error is SX_ERR_MEMORY. */
bool sx_film_labels(const char *const *paths, size_t count, const char **labels,
                    sx_error *err) SX_MUST_USE;

#endif
