/* Labels of a project: what boxes, films and studies are marked with. Errors of all calls: also
 * those of sx_db_run. */
#ifndef SX_SERVICE_READING_READING_LABELS_H
#define SX_SERVICE_READING_READING_LABELS_H

#include "service/store/db.h"

/* Bytes, with the NUL: of a name; of the attributes of a label, as JSON; of a word. */
enum { SX_READING_NAME = 121, SX_READING_LIST = 1025, SX_READING_WORD = 16 };

typedef struct sx_reading_label {
    const char *kind;       /* "box", "level", "line", "film" or "study" */
    const char *name;       /* unique among the labels of its kind */
    const char *color;      /* "#rrggbb"; "": sx_reading_label_add chooses one */
    const char *code;       /* of a box: key that chooses it, "Digit1", "Shift+Digit1"; "": none */
    const char *attributes; /* JSON array of texts that a box may have */
    int order;              /* 0: the last one */
} sx_reading_label;

/* Adds a label. SX_ERR_MISMATCH: the project has one of this kind and name (in any letters), or
 * with this key; SX_ERR_VALUE: what a field must be; "No finding" is no name. Call it in a
 * transaction. */
bool sx_reading_label_add(sx_db *db, int64_t project, const sx_reading_label *label, int64_t *id,
                          sx_error *err) SX_MUST_USE;
/* Readers no longer get it for new boxes; what has it keeps it. A label is never deleted. */
bool sx_reading_label_retire(sx_db *db, int64_t project, const char *kind, const char *name,
                             bool retired, sx_error *err) SX_MUST_USE;
/* SX_ERR_MISSING names the label. */
bool sx_reading_label_find(sx_db *db, int64_t project, const char *kind, const char *name,
                           int64_t *id, sx_error *err) SX_MUST_USE;

/* "Shift+Digit1" as people say it, "Shift+1", in `key`, which it returns. */
const char *sx_reading_key_of(const char *code, char key[SX_READING_WORD]);

/* The label is like sx_reading_label_add takes it; its texts are valid during the call. */
typedef bool sx_reading_label_fn(void *user, int64_t id, const sx_reading_label *label,
                                 bool retired, sx_error *err);
/* All labels of a project in their order. */
bool sx_reading_labels_list(sx_db *db, int64_t project, sx_reading_label_fn *each, void *user,
                            sx_error *err) SX_MUST_USE;

/* Adds texts to a JSON array of texts, without those that it has. SX_ERR_VALUE: a text is empty, no
 * UTF-8 or has control characters; SX_ERR_LIMIT: the array would be too long. */
bool sx_reading_attributes_add(char list[SX_READING_LIST], const char *const *texts, size_t count,
                               sx_error *err) SX_MUST_USE;
/* Adds attributes to a label; they are never taken away, because boxes have them. */
bool sx_reading_label_extend(sx_db *db, int64_t project, const char *kind, const char *name,
                             const char *const *texts, size_t count, sx_error *err) SX_MUST_USE;

/* The 13 categories of Nguyen et al. 2021 as box labels: the seven classes that were released with
 * the keys 1 to 7, the others with Shift. Kinds "level" and "line" are reserved. */
bool sx_reading_labels_add_standard(sx_db *db, int64_t project, sx_error *err) SX_MUST_USE;

#endif
