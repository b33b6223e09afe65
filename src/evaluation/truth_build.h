/* Inside the readers of the truth: a truth under construction. */
#ifndef SX_EVALUATION_TRUTH_BUILD_H
#define SX_EVALUATION_TRUTH_BUILD_H

#include "evaluation/truth.h"

typedef struct sx_build_film_row {
    int label;
    unsigned said;          /* bit 0: "No finding" was read, bit 1: a lesion was */
    int64_t study, patient; /* -1: not named */
} sx_build_film_row;

typedef struct sx_truth_build {
    sx_truth *t;
    const sx_truth_options *o;
    const char *path;
    sx_build_film_row *film; /* as t->film, which is sorted at the end */
    size_t film_cap, box_cap, reading_cap;
    sx_names reading; /* "film/reader" */
    bool closed;      /* the classes are given: another name is an error */
} sx_truth_build;

bool sx_build_film(sx_truth_build *b, const char *name, uint32_t *film, sx_error *err) SX_MUST_USE;
bool sx_build_box(sx_truth_build *b, const sx_truth_box *box, uint32_t reader,
                  sx_error *err) SX_MUST_USE;
bool sx_build_reading(sx_truth_build *b, uint32_t film, uint32_t reader, sx_error *err) SX_MUST_USE;
bool sx_build_groups(sx_truth_build *b, uint32_t film, const char *study, const char *patient,
                     sx_error *err) SX_MUST_USE;
bool sx_build_classes(sx_truth_build *b, const char *list, sx_error *err) SX_MUST_USE;

bool sx_truth_from_csv(sx_truth_build *b, const void *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_truth_from_coco(sx_truth_build *b, const void *bytes, size_t n, sx_error *err) SX_MUST_USE;
/* A folder: any layout of src/data. */
bool sx_truth_from_manifest(sx_truth_build *b, sx_error *err) SX_MUST_USE;

#endif
