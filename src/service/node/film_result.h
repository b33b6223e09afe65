/* What a worker process says of a film, taken from the text of its report (docs/report.md). */
#ifndef SX_SERVICE_NODE_FILM_RESULT_H
#define SX_SERVICE_NODE_FILM_RESULT_H

#include "base/fail.h"
#include "dicom/finding_codes.h"
#include "dicom/results.h"

enum {
    SX_FILM_RESULT_BOXES = 500,
    SX_FILM_RESULT_SIDE = 65535 /* the longest that a film can be, where its size is not known */
};

/* The findings, with the memory of their texts. */
typedef struct sx_film_result {
    double probability; /* NaN: there is no classifier */
    double distance;    /* of familiarity; NaN: not measured */
    bool abnormal;
    bool unfamiliar;  /* unlike the films that the weights know: there is no verdict */
    char weights[65]; /* SHA-256 over those of all networks */
    size_t box_count;
    sx_result_box *boxes;   /* [box_count]; their texts point into the two lists below */
    sx_finding_code *codes; /* [box_count] */
    char **labels;          /* [box_count] */
} sx_film_result;

/* Reads a report of one film of `width` x `height` pixels. Boxes are clipped to the film; at most
 * SX_FILM_RESULT_BOXES are kept. Errors: SX_ERR_FORMAT (not such a report), SX_ERR_MEMORY. */
bool sx_film_result_parse(const char *json, size_t n, int width, int height, sx_film_result *out,
                          sx_error *err) SX_MUST_USE;
void sx_film_result_free(sx_film_result *r); /* {0} is allowed */

#endif
