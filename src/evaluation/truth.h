/* The truth: films with their labels, boxes, studies and readers. It is made from a data set
 * (data/manifest.h), in the order and with the numbering that evaluation needs. docs/eval.md lists
 * the supported files. */
#ifndef SX_EVALUATION_TRUTH_H
#define SX_EVALUATION_TRUTH_H

#include "data/manifest.h"
#include "metrics/bootstrap.h"
#include "metrics/box_match.h"

typedef struct sx_truth {
    sx_names films;     /* sorted: whole numbers by value, else by bytes */
    sx_names aliases;   /* other names of the same films */
    sx_names forms;     /* the composed forms of both, where they differ (base/name_forms.h) */
    sx_names ambiguous; /* names that are the id of one film and the alias of another */
    int *labels;        /* [films.count] 1 abnormal, 0 normal, -1 not known */
    uint32_t *lines;    /* [films.count] where the film is first named; 0: not in lines */
    /* [films.count] numbers of groups; a film without a study is a group of its own; films without
     * a known patient (data/patients.h) belong to the patient of their study */
    uint32_t *studies, *patients;
    sx_names study_names, patient_names;
    size_t study_count, patient_count; /* 0: the truth does not name them */
    size_t placeholders;               /* films whose patient ID names no patient */
    char placeholder[64];              /* the first such ID; "" if there is none */
    sx_names class_names; /* by COCO's ids, in the order of the options, or sorted by name */
    long *class_ids;      /* [class_names.count] as COCO results name them */
    bool has_class_ids;   /* COCO's own ids, not the position in class_names */
    sx_truth_box *boxes;
    uint32_t *box_readers; /* [box_count] */
    size_t box_count;
    sx_names reader_names;
    uint32_t (*readings)[2]; /* pairs of film and reader, each once */
    size_t reading_count;
    size_t duplicate_boxes; /* exact copies (same film, reader, class and corners); they count */
    size_t contradictions;  /* films with a lesion and a "No finding" row: abnormal here */
    char hash[65];          /* SHA-256 of the annotations */
    bool has_boxes;         /* false: a CSV of labels */
    sx_names left_out;      /* ids and aliases of films that are not evaluated (sx_truth_films) */
    size_t left_out_count;
    /* The ends, behind a slash, of names with folders; value films.count: of a film that is not
     * evaluated. `shared_endings`: those that belong to several films. */
    sx_names endings, shared_endings;
} sx_truth;

/* Which films are evaluated: those that both name. */
typedef struct sx_truth_films {
    const char *list;     /* file of a list (data/film_list.h); NULL: all films */
    const sx_names *only; /* ids; NULL: all films */
} sx_truth_films;

/* Reads a data set's folder, or a file of annotations for itself (annotations_only and image_ids
 * are set then). films NULL: all. Errors: those of sx_manifest_open and sx_film_list_read;
 * SX_ERR_MISSING: COCO without categories, no film is left. Free *t with sx_truth_free; a failed
 * call leaves it empty. */
bool sx_truth_load(sx_truth *t, const char *path, const sx_manifest_options *options,
                   const sx_truth_films *films, sx_error *err) SX_MUST_USE;
void sx_truth_free(sx_truth *t);

/* The share of abnormal films among all, and their number. */
double sx_truth_prevalence(const sx_truth *t, size_t *abnormal);
typedef struct sx_truth_match {
    long film;      /* -1: none */
    bool left_out;  /* such a film belongs to the data set, but is not evaluated */
    bool ambiguous; /* the name is the id of one film and the alias of another */
    bool shared;    /* the names of several films end in it, and no film has it */
} sx_truth_match;

/* The film of that name: by its id, an alias, or either without the ending of a film's file. If no
 * film has this name, the film whose name alone ends in it ("images/p1/a" for "p1/a"); then the
 * film whose name it ends in, the longest first ("p1/a", then "a", for "train/p1/a"). The same of
 * the path that a Windows path or a URL names. */
sx_truth_match sx_truth_find(const sx_truth *t, const char *name);
long sx_truth_film(const sx_truth *t, const char *name); /* its number, or -1 */
long sx_truth_class(const sx_truth *t, const char *name);
/* Appends a class without a box, which predictions may have. COCO gives it no id. A class that the
 * truth has stays. Error: SX_ERR_MEMORY. */
bool sx_truth_add_class(sx_truth *t, const char *name, sx_error *err) SX_MUST_USE;

typedef enum sx_unit { SX_UNIT_FILM, SX_UNIT_STUDY, SX_UNIT_PATIENT } sx_unit;
/* The units of a bootstrap, or the units into which films are pooled. The arrays belong to `t`.
 * SX_ERR_MISSING: the truth does not name these units. */
bool sx_truth_groups(const sx_truth *t, sx_unit unit, sx_groups *out, sx_error *err) SX_MUST_USE;
const char *sx_unit_name(sx_unit unit, bool plural);

#endif
