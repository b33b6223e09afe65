/* Labels of a project: what boxes, films and studies are marked with. Errors of all calls: also
 * those of sx_db_run. */
#ifndef SX_SERVICE_READING_READING_LABELS_H
#define SX_SERVICE_READING_READING_LABELS_H

#include "service/store/db.h"

enum { SX_READING_NAME = 121 }; /* bytes of a name, with the NUL */

typedef struct sx_reading_label {
    const char *kind;       /* "box", "level", "line", "film" or "study" */
    const char *name;       /* unique among the labels of its kind */
    const char *color;      /* "#rrggbb" */
    const char *code;       /* key that chooses it, "Digit1", "Shift+Digit1"; "": none */
    const char *attributes; /* JSON array of texts that a box may have */
    int order;
} sx_reading_label;

/* Adds a label. SX_ERR_MISMATCH: the project has one of this kind and name. */
bool sx_reading_label_add(sx_db *db, int64_t project, const sx_reading_label *label, int64_t *id,
                          sx_error *err) SX_MUST_USE;
/* Readers no longer get it for new boxes; what has it keeps it. A label is never deleted. */
bool sx_reading_label_retire(sx_db *db, int64_t project, const char *kind, const char *name,
                             bool retired, sx_error *err) SX_MUST_USE;
/* SX_ERR_MISSING names the label. */
bool sx_reading_label_find(sx_db *db, int64_t project, const char *kind, const char *name,
                           int64_t *id, sx_error *err) SX_MUST_USE;

/* The 13 categories of Nguyen et al. 2021 as box labels: the seven classes that were released with
 * the keys 1 to 7, the others with Shift. Kinds "level" and "line" are reserved. */
bool sx_reading_labels_add_standard(sx_db *db, int64_t project, sx_error *err) SX_MUST_USE;

#endif
