/* Boxes of networks as a first draft for readers. */
#ifndef SX_SERVICE_READING_READING_PRELABEL_H
#define SX_SERVICE_READING_READING_PRELABEL_H

#include "data/stated_size.h"
#include "service/reading/reading_access.h"

/* Begins a set of boxes that the networks with this SHA-256 made; readers see those with a score of
 * `threshold` or more at first. *set is its id. A project's newest set is shown. */
bool sx_reading_prelabel_set_add(sx_db *db, int64_t project, const char *weights, double threshold,
                                 int64_t now, int64_t *set, sx_error *err) SX_MUST_USE;

typedef struct sx_reading_prelabel {
    const char *image_id, *label; /* of the project */
    double score, corners[4];     /* pixels of the film */
    sx_stated_size size;          /* of the film that was predicted */
} sx_reading_prelabel;
/* Adds a box; corners beyond the film are cut to it. *known: the project has the film; otherwise
 * nothing was added. SX_ERR_MISSING: the project has no box label of this name; SX_ERR_MISMATCH:
 * the film has another size; SX_ERR_VALUE: no pixel of the box is on the film, or the score is not
 * from 0 to 1. */
bool sx_reading_prelabel_add(sx_db *db, int64_t project, int64_t set,
                             const sx_reading_prelabel *box, bool *known,
                             sx_error *err) SX_MUST_USE;

/* Puts the boxes that the task's reader may see now (ReadingPrelabels of web/reading_api.json): all
 * of mode "before", of mode "after" those of films whose own boxes are committed. */
bool sx_reading_prelabels_put(sx_db *db, const sx_reading_task *task, sx_json to,
                              sx_error *err) SX_MUST_USE;

#endif
