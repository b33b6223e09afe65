/* Reading predictions: what the readers of the kinds of files share. */
#ifndef SX_EVALUATION_PREDICTIONS_IMPL_H
#define SX_EVALUATION_PREDICTIONS_IMPL_H

#include <jansson.h>

#include "evaluation/predictions.h"

typedef struct sx_box_list {
    sx_found_box *items;
    size_t count, cap;
} sx_box_list;

typedef struct sx_prediction_reader {
    sx_predictions *p;
    const sx_truth *t;
    const sx_prediction_options *o;
    const char *path;
    sx_box_list evaluated, dropped, findings; /* become p->boxes and p->findings */
    const json_t *labels;                     /* of a report */
    bool rule_drops, by_points;               /* what its rule does */
    bool without_boxes;                       /* a film of the report has findings, no boxes */
} sx_prediction_reader;

/* The film of a row; -1: the row is dropped. by_id: the row has COCO's image id. */
bool sx_reader_find_film(sx_prediction_reader *r, const char *name, bool by_id, long *film,
                         sx_error *err) SX_MUST_USE;
bool sx_reader_set_score(sx_prediction_reader *r, long film, double v, sx_error *err) SX_MUST_USE;
/* v: x, y, width, height, score. */
bool sx_reader_add_box(const sx_prediction_reader *r, sx_box_list *to, long film, long label,
                       const double v[5], sx_error *err) SX_MUST_USE;
/* Counts a box of a class that the truth does not have; an error unless such classes are
 * ignored. */
bool sx_reader_unknown_class(sx_prediction_reader *r, const char *name, sx_error *err) SX_MUST_USE;
double sx_reader_number(json_t *v); /* NaN: it is none */

/* A report.json of `spinexr predict`. */
bool sx_reader_from_report(sx_prediction_reader *r, json_t *j, sx_error *err) SX_MUST_USE;

#endif
