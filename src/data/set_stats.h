/* The numbers of the paper's tables 1 and 2 (Nguyen et al. 2021) for any data set. */
#ifndef SX_DATA_SET_STATS_H
#define SX_DATA_SET_STATS_H

#include "data/manifest.h"

/* A column for each split, then one for all films. */
enum { SX_STATS_ALL = SX_SPLITS, SX_STATS_COLUMNS };

typedef struct sx_stats_range {
    size_t n;
    double sum, low, high; /* low, high: only if n > 0 */
} sx_stats_range;

typedef struct sx_stats_column {
    size_t films, studies, patients;
    size_t label[3];            /* films without a label, normal, abnormal */
    size_t sex[3];              /* films of women, of men, not known */
    size_t no_age;              /* films with a value in the place of an age that is none */
    size_t two_ages, two_sexes; /* films with rows that contradict one another; the first counts */
    sx_stats_range age, width, height;
} sx_stats_column;

typedef struct sx_stats_finding {
    size_t boxes, films;
    sx_stats_range width, height; /* of the boxes, in pixels */
} sx_stats_finding;

typedef struct sx_set_stats {
    sx_stats_column columns[SX_STATS_COLUMNS];
    sx_stats_finding (*findings)[SX_STATS_COLUMNS]; /* [class_count] */
    size_t class_count;
} sx_set_stats;

/* Release with sx_set_stats_free, also after an error. */
bool sx_set_stats_of(const sx_manifest *m, sx_set_stats *out, sx_error *err) SX_MUST_USE;
void sx_set_stats_free(sx_set_stats *s);
double sx_stats_mean(const sx_stats_range *r); /* NaN if n is 0 */

#endif
