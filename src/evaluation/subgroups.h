/* Subgroups of films: the levels of attributes, for --subgroup. */
#ifndef SX_EVALUATION_SUBGROUPS_H
#define SX_EVALUATION_SUBGROUPS_H

#include "evaluation/film_attributes.h"

enum { SX_LEVELS_MAX = 12, SX_SUBGROUPS_MAX = 16 };
#define SX_LEVEL_UNKNOWN UINT32_MAX

/* The name of the subgroups of lesions instead of films. */
#define SX_LESION_SIZE "lesion_size"

/* A film belongs to one level, or to none if its attribute is not known. */
typedef struct sx_subgroup {
    char *name, *origin;
    char *levels[SX_LEVELS_MAX];
    size_t level_count;
    uint32_t *of; /* [films of the truth] level, or SX_LEVEL_UNKNOWN; NULL: lesion_size */
    size_t unknown;
    size_t no_age; /* of these: films whose value is no age, in a column of ages */
    char no_age_text[40];
} sx_subgroup;

typedef struct sx_subgroups {
    sx_subgroup items[SX_SUBGROUPS_MAX];
    size_t count;
} sx_subgroups;

/* Adds the levels of one attribute. Ages (sx_attribute.age) become bands of 20 years from 0 to 80.
 * Other numbers of more than SX_LEVELS_MAX / 2 different values become quarters of the films, texts
 * of more than SX_LEVELS_MAX values the most frequent ones and "other". "lesion_size" is not read
 * from films. Errors: those of sx_attribute_read; SX_ERR_USAGE (too many, or twice the same);
 * SX_ERR_VALUE (no film has a value, or over 1,000 different texts). */
bool sx_subgroups_add(sx_subgroups *s, const sx_attribute_sources *from, const sx_truth *t,
                      const char *name, sx_error *err) SX_MUST_USE;
void sx_subgroups_free(sx_subgroups *s);

#endif
