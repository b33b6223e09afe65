/* What is true: films, their labels, boxes, studies and readers, from an annotation CSV (the
 * columns of VinDr-SpineXR), a CSV of image labels, a COCO data set, or the folder of a data set in
 * any layout that src/data reads (Pascal VOC, YOLO). docs/eval.md lists the columns. */
#ifndef SX_EVALUATION_TRUTH_H
#define SX_EVALUATION_TRUTH_H

#include "base/names.h"
#include "base/str.h"
#include "metrics/bootstrap.h"
#include "metrics/box_match.h"

#define SX_NO_FINDING "No finding"

typedef struct sx_truth_options {
    const char *label_column; /* of an image label CSV; NULL: "abnormal", then "label" */
    const char *positive;     /* the text that means abnormal; NULL: 1 (and 0 for normal) */
    const char
        *classes; /* names, separated by commas; "vindr": the release's seven; NULL: those found */
    const char *reader; /* only this rad_id's rows; NULL: all */
    const char
        *groups; /* CSV image_id, study_id, patient_id, for a truth that lacks them; or NULL */
} sx_truth_options;

typedef struct sx_truth {
    sx_names films; /* sorted: whole numbers by value, else by bytes */
    sx_names
        aliases; /* other names of the same films: COCO's file_name without folder and ending */
    int *labels; /* [films.count] 1 abnormal, 0 normal, -1 not known */
    uint32_t *studies,
        *patients; /* [films.count] numbers of groups; an unnamed film is a group of its own */
    sx_names study_names, patient_names;
    size_t study_count, patient_count; /* 0: the truth does not name them */
    sx_names class_names;              /* sorted, or in the order of COCO's ids or of the option */
    long *class_ids;                   /* [class_count] as COCO results name them */
    bool has_class_ids;                /* COCO's own ids, not the position in class_names */
    sx_truth_box *boxes;
    uint32_t *box_readers; /* [box_count] */
    size_t box_count;
    sx_names reader_names;
    uint32_t (*readings)[2]; /* pairs of film and reader, each once */
    size_t reading_count;
    size_t duplicate_boxes; /* exact copies (same film, reader, class and corners); they count */
    size_t contradictions;  /* films with a lesion and a "No finding" row: abnormal here */
    char hash[65];          /* SHA-256 of the file */
    bool has_boxes;         /* false: a CSV of labels */
} sx_truth;

/* Errors name file and line: no film, missing columns, boxes that are none, a film with two
 * labels. */
bool sx_truth_load(sx_truth *t, const char *path, const sx_truth_options *o,
                   sx_error *err) SX_MUST_USE;
void sx_truth_free(sx_truth *t);
/* The film of that name: exactly, by another name, or without folder and a picture's ending; -1:
 * none. */
long sx_truth_film(const sx_truth *t, const char *name);
long sx_truth_class(const sx_truth *t, const char *name);

typedef enum sx_unit { SX_UNIT_FILM, SX_UNIT_STUDY, SX_UNIT_PATIENT } sx_unit;
/* What a bootstrap draws, or what films are pooled into. SX_ERR_MISSING when the truth does not
 * name it. */
bool sx_truth_groups(const sx_truth *t, sx_unit unit, sx_groups *out, sx_error *err) SX_MUST_USE;
const char *sx_unit_name(sx_unit unit, bool plural);

/* name without folder and without .png, .jpg, .jpeg, .dcm, .dicom; into buf. */
void sx_film_stem(const char *name, char *buf, size_t size);

#endif
