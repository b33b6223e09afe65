/* The alternative free-response ROC curve (AFROC) and its areas, as RJafroc's figures of merit
 * AFROC, AFROC1, wAFROC and wAFROC1 (Chakraborty & Berbaum 2004; Chakraborty 2017). */
#ifndef SX_METRICS_AFROC_H
#define SX_METRICS_AFROC_H

#include "metrics/bootstrap.h"
#include "metrics/box_match.h"

/* Each area is the probability that a lesion is rated higher than the highest false mark of a film,
 * where ties, also of an unmarked lesion with an unmarked film, count half. The films of AFROC and
 * wAFROC are those without lesions, of AFROC1 and wAFROC1 all. In AFROC every lesion has the same
 * weight, in wAFROC every film with lesions, divided equally among its lesions. */
typedef enum sx_afroc_area {
    SX_AFROC,
    SX_AFROC1,
    SX_WAFROC,
    SX_WAFROC1,
    SX_AFROC_AREAS
} sx_afroc_area;

const char *sx_afroc_key(sx_afroc_area a);  /* "wafroc1" */
const char *sx_afroc_name(sx_afroc_area a); /* "wAFROC1" */

typedef struct sx_afroc sx_afroc;

/* Of a list of matched boxes at IoU threshold t. NULL: SX_ERR_MEMORY. Free with sx_afroc_free. */
sx_afroc *sx_afroc_new(const sx_match_list *l, size_t film_count, size_t t,
                       sx_error *err) SX_MUST_USE;
void sx_afroc_free(sx_afroc *a); /* NULL is allowed */
/* weight counts each film a number of times; NULL: once. NaN without a lesion, or for AFROC and
 * wAFROC without a film that has none. Several threads may call this. */
void sx_afroc_areas(const sx_afroc *a, const uint32_t *weight, double out[SX_AFROC_AREAS]);

typedef struct sx_afroc_errors {
    double jackknife_se[SX_AFROC_AREAS];   /* NaN where a group cannot be left out */
    sx_interval jackknife[SX_AFROC_AREAS]; /* normal, clipped to 0..1 */
    sx_interval boot[SX_AFROC_AREAS];      /* percentiles; NaN: no resamples */
} sx_afroc_errors;
/* The jackknife leaves out each group once: SE^2 = (n - 1) / n times the sum of the squared
 * deviations from the mean. Errors: SX_ERR_MEMORY, SX_ERR_CANCELLED. */
bool sx_afroc_errors_of(const sx_afroc *a, const sx_groups *groups, const sx_bootstrap *how,
                        sx_afroc_errors *out, sx_error *err) SX_MUST_USE;

typedef struct sx_afroc_point {
    double false_positive; /* share of films without lesions with a false mark at the threshold */
    double sensitivity;    /* of lesions, weighted as in wAFROC */
} sx_afroc_point;
/* The empirical wAFROC curve from (0, 0) to its last point; the straight line from there to (1, 1)
 * belongs to the area. Thinned to at most `cap` points; returns their count, 0 where the area is
 * undefined. */
size_t sx_wafroc_curve(const sx_afroc *a, sx_afroc_point *out, size_t cap);

#endif
