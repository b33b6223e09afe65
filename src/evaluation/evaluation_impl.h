/* What the evaluations share. */
#ifndef SX_EVALUATION_EVALUATION_IMPL_H
#define SX_EVALUATION_EVALUATION_IMPL_H

#include "evaluation/evaluation.h"
#include "metrics/classification.h"

/* Document and JSON with head, inputs and what was read from them. */
bool sx_eval_begin(const sx_eval_input *in, const char *kind, const char *title,
                   sx_eval_output *out, sx_error *err) SX_MUST_USE;
/* A remark on the page and in "warnings". */
void sx_eval_warn(sx_eval_output *out, const char *fmt, ...) SX_PRINTF(2, 3);
/* What the bootstrap draws; a warning when films are drawn though studies might hold several. */
bool sx_eval_draw_groups(const sx_eval_input *in, sx_eval_output *out, sx_unit *unit,
                         sx_groups *groups, sx_error *err) SX_MUST_USE;
void sx_eval_note_bootstrap(const sx_eval_input *in, sx_eval_output *out, sx_unit unit,
                            const sx_groups *g, const char *interval);

/* Appends {"value", "low", "high"}, the last two where there is an interval, and returns it so that
 * more can be said. */
sx_json sx_eval_put_interval(sx_json at, const char *key, double value, sx_interval i);
/* False when building the JSON failed. */
bool sx_eval_end(const sx_eval_output *out, sx_error *err) SX_MUST_USE;

/* A number from an earlier evaluation's JSON: path of keys, "models/0/threshold/value". */
bool sx_eval_read_json(const char *path, const char *kind, json_t **out, sx_error *err) SX_MUST_USE;

/* The cases of a classification: films (or studies, patients) with a label and a score from every
 * model. */
typedef struct sx_eval_cases {
    size_t count, model_count, positives, dropped; /* dropped: films without a label or a score */
    unsigned char *labels;
    double **scores;  /* [model_count] */
    uint32_t *films;  /* [count] film of each case; the first of its group when pooled */
    uint32_t *groups; /* [count] what a bootstrap draws */
    size_t group_count;
    sx_unit unit;
} sx_eval_cases;
bool sx_eval_cases_make(const sx_eval_input *in, sx_eval_output *out, sx_unit level,
                        sx_pooling pooling, sx_unit draw, const sx_groups *draw_groups,
                        sx_eval_cases *c, sx_error *err) SX_MUST_USE;
void sx_eval_cases_free(sx_eval_cases *c);

/* Puts a film on the page, small, with a missed lesion or a false alarm marked (NULL: none). False
 * when in->films does not hold it or it cannot be read. */
bool sx_eval_thumbnail(const sx_eval_input *in, sx_eval_output *out, uint32_t film,
                       const sx_truth_box *truth, const sx_found_box *found, const char *detail);

/* The film's file in a folder, by its name and a usual ending; on the heap, NULL: not there. */
char *sx_eval_find_film(const char *folder, const char *id);
/* Puts a film on the page twice, side by side: its truth, and what in->pred[0] found with scores
 * from `least` on and P(abnormal) against `threshold`. False as above. */
bool sx_eval_sheet(const sx_eval_input *in, sx_eval_output *out, uint32_t film, double threshold,
                   double least, const char *detail);

/* The paper's tables. */
void sx_paper_classification(sx_doc *d, const char *const *name, const double (*row)[4],
                             const sx_interval (*ci)[4], size_t rows);
void sx_paper_detection(sx_doc *d, const sx_truth *t, const char *const *name,
                        const double *const *ap, size_t rows, bool framework);

#endif
