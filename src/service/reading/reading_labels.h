/* Internal to reading_project.h: the labels of a new project. */
#ifndef SX_SERVICE_READING_READING_LABELS_H
#define SX_SERVICE_READING_READING_LABELS_H

#include "service/reading/reading_project.h"

/* The 13 categories of Nguyen et al. 2021 as box labels: the seven classes that were released with
 * the keys 1 to 7, the others with Shift. Kinds "level" and "line" are reserved. */
bool sx_reading_labels_add_standard(sx_db *db, int64_t project, sx_error *err) SX_MUST_USE;

#endif
