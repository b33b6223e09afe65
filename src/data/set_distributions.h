/* Distributions of a data set, split by split: findings, ages, sexes, labels, sizes of films and
 * boxes. Plain numbers, for a figure (document/stats_plot.h). */
#ifndef SX_DATA_SET_DISTRIBUTIONS_H
#define SX_DATA_SET_DISTRIBUTIONS_H

#include "data/manifest.h"

enum {
    SX_DIST_CLASSES = 14, /* the most frequent findings that are counted */
    SX_DIST_AGES = 20,    /* bins of five years; the last one also holds all higher ages */
    SX_DIST_CELLS = 60,   /* film sizes are thinned out to one in each cell of a square grid */
    SX_DIST_PEOPLE = 7
};

/* A group is a split that has films. */
typedef struct sx_dist_group {
    const char *name; /* static: "train" ...; "all" where no film has a split */
    size_t film_count;
    double age_percents[SX_DIST_AGES]; /* of the films whose patient's age is known */
    size_t age_count;                  /* how many those are */
    double mean_age;                   /* years; NaN: none is known */
    /* [size_count] of films, pixels; one block, which the distributions own. */
    double *widths, *heights;
    size_t size_count;
} sx_dist_group;

typedef struct sx_distributions {
    sx_dist_group groups[SX_SPLITS];
    size_t group_count;
    size_t box_count;                         /* of all films */
    double width, height;                     /* of the largest films, pixels; 0: not known */
    size_t class_count, all_class_count;      /* counted here; in the data set */
    const char *class_names[SX_DIST_CLASSES]; /* the most frequent first; the manifest's */

    /* [group_count][class_count] */
    double class_boxes[SX_SPLITS * SX_DIST_CLASSES];
    double film_percents[SX_SPLITS * SX_DIST_CLASSES]; /* of the group's films */
    /* Square root of the area of boxes, pixels: median, 10th and 90th percentile; NaN: no boxes. */
    double box_sizes[SX_SPLITS * SX_DIST_CLASSES];
    double box_sizes_low[SX_SPLITS * SX_DIST_CLASSES];
    double box_sizes_high[SX_SPLITS * SX_DIST_CLASSES];

    /* Sexes and labels. Women, men, normal and abnormal always, others if there are any. */
    const char *people_names[SX_DIST_PEOPLE]; /* static */
    size_t people_count;
    double people_percents[SX_SPLITS *
                           SX_DIST_PEOPLE]; /* [group_count][people_count] of the group's films */
} sx_distributions;

/* Refers to the manifest's names. Errors: SX_ERR_MEMORY; then *d is empty. */
bool sx_distributions_of(const sx_manifest *m, sx_distributions *d, sx_error *err) SX_MUST_USE;
void sx_distributions_free(sx_distributions *d); /* {0} is allowed */

#endif
