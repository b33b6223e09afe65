/* What a merge of data sets takes and gives. */
#ifndef SX_DATA_MERGE_TYPES_H
#define SX_DATA_MERGE_TYPES_H

#include "base/context_impl.h"
#include "base/progress.h"
#include "data/class_map.h"
#include "data/manifest.h"

typedef struct sx_merge_set {
    /* Prefix of its films' ids ("NAME/id"), patients and readers ("NAME:id"): sx_merge_name_ok */
    const char *name;
    const sx_manifest *m;
    bool split_given; /* all its films belong to `split`, whatever the set says */
    sx_split split;
} sx_merge_set;

/* What is done with a film of one set whose file has the same bytes as a film of an earlier set. */
typedef enum sx_merge_duplicates {
    SX_MERGE_REFUSE, /* an error */
    SX_MERGE_FIRST,  /* only the film of the earlier set is kept, with its boxes */
    SX_MERGE_KEEP    /* both stay */
} sx_merge_duplicates;

typedef struct sx_merge_options {
    const sx_merge_set *sets;
    size_t set_count;
    const sx_class_map *map; /* NULL: names stay */
    const char
        *classes; /* a list for sx_class_list; other names are an error. NULL: sorted names */
    sx_merge_duplicates duplicates;
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* a step for each film; may be NULL */
} sx_merge_options;

typedef struct sx_merge_totals {
    size_t renamed;    /* boxes whose class the map changed */
    size_t left_out;   /* boxes whose class the map leaves out */
    size_t duplicates; /* films that are not in the result because of SX_MERGE_FIRST */
    size_t bare;       /* abnormal films without a box */
    /* What is the same in several sets and was kept apart or joined: one sentence for each kind. */
    sx_paths collisions;
    sx_paths same_films; /* pairs of films with the same bytes: one sentence each */
} sx_merge_totals;

#endif
