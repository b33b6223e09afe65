/* One description of any data set: films, boxes, image labels, classes, readers. docs/data.md lists
 * the layouts that are read. The data set is read in place; pixels are not touched. */
#ifndef SX_DATA_MANIFEST_H
#define SX_DATA_MANIFEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/vindr_classes.h"

#define SX_NO_CLASS_ID LONG_MIN

typedef enum sx_layout {
    SX_LAYOUT_AUTO,
    SX_LAYOUT_VINDR, /* annotation CSV, as VinDr-SpineXR is published; also the authors' PNG folders
                      */
    SX_LAYOUT_LABELS, /* CSV: image_id and abnormal (or label), 0 or 1 */
    SX_LAYOUT_COCO,   /* JSON */
    SX_LAYOUT_VOC,    /* XML, one file a film */
    SX_LAYOUT_YOLO,   /* text, one file a film */
    SX_LAYOUTS
} sx_layout;

typedef enum sx_split {
    SX_SPLIT_NONE,
    SX_SPLIT_TRAIN,
    SX_SPLIT_VAL,
    SX_SPLIT_TEST,
    SX_SPLITS
} sx_split;

/* Text is never NULL ("" where it is not named) and owned by the manifest, but for `path`. */
typedef struct sx_manifest_film {
    const char *id;
    const char *alias; /* another name of the film: see sx_manifest_options.image_ids */
    const char *path;  /* of the file; NULL: there is none */
    const char *study, *series, *patient;
    int width, height; /* as the annotations say; 0: they do not */
    uint32_t
        two_sizes; /* line of a row with another size: its boxes may be of another film; 0: none */
    double age;    /* years; NaN: not said */
    char sex;      /* 'F', 'M', 'O'; 0: not said */
    sx_split split;
    int label; /* 1 abnormal, 0 normal, -1 not known */
    uint32_t source,
        line; /* where it was first named: place in `sources`, line (0: the whole file) */
    size_t first_box, box_count; /* its boxes: m->boxes[first_box .. + box_count) */
    size_t first_no_finding,
        no_finding_count; /* readers who found nothing on it: m->no_findings[first_no_finding .. +
                             no_finding_count) */
    bool by_box;          /* the label follows from the boxes' file, not from a label of its own */
} sx_manifest_film;

typedef struct sx_manifest_box {
    uint32_t film, label, reader; /* places in `films`, `classes`, `readers` */
    /* Left, top, right, bottom in pixels; the right and lower edges are excluded. */
    float xyxy[4];
    /* The same box as left, top, width, height, not rounded to float: what evaluation counts. */
    double xywh[4];
    double area; /* COCO's field of that name where it stands, else width * height */
    uint32_t source, line;
    bool crowd; /* COCO's iscrowd, VOC's difficult */
} sx_manifest_box;

/* A "No finding" row: this reader looked at the film and marked nothing. */
typedef struct sx_manifest_no_finding {
    uint32_t film, reader;
} sx_manifest_no_finding;

typedef struct sx_manifest {
    sx_manifest_film *films; /* [film_count], in the order in which they are named */
    size_t film_count;
    sx_manifest_box *boxes; /* [box_count], those of a film together, in the order of the file */
    size_t box_count;
    sx_manifest_no_finding *no_findings; /* [no_finding_count], likewise */
    size_t no_finding_count;
    sx_names
        classes; /* as the options give them, else COCO's and YOLO's order, else sorted by bytes */
    long *class_ids; /* [classes.count] COCO's category ids, SX_NO_CLASS_ID for a class without
                      * one; NULL: another layout, or files that number the classes differently */
    sx_names readers;
    sx_names sources; /* files that were read */
    char hash[65]; /* SHA-256 of the file of annotations; of several: of their hashes, in order */
    sx_layout layout; /* what it was recognised as */
    bool has_boxes;   /* false: image labels only */
    sx_arena *memory;
    sx_names ids; /* place of a film by its id and split: sx_manifest_find */
    size_t film_cap, box_cap, no_finding_cap, class_id_cap;
    uint8_t *seen; /* internal, while it is read */
} sx_manifest;

/* NULL or {0}: everything found by itself. */
typedef struct sx_manifest_options {
    sx_layout layout;
    const char *classes; /* as sx_class_list takes them: other lesion names are errors */
    const char
        *images; /* folder of the films; NULL: beside the annotations, as the layout has it */
    const char *reader; /* only this one's rows; NULL: all */
    sx_split split;     /* only this one's films; NONE: all */
    bool keep_faults; /* empty, reversed and not finite boxes are kept, for a check, and not errors
                       */
    /* CSV: the column of image labels, which are then read although the file may have boxes too;
     * NULL: "abnormal", else "label". */
    const char *label_column;
    const char *positive; /* the label that means abnormal; NULL: 1, and 0 means normal */
    /* CSV image_id, study_id, patient_id of a data set that lacks these; NULL: none. Its rows of
     * other films are ignored. */
    const char *groups;
    /* A file is read alone: films are not looked for, metadata beside it is not read, and films of
     * all splits are taken together. */
    bool annotations_only;
    /* COCO: the id of a film is that of its image, and file_name, which may be missing, is an alias
     * (without folder and ending). Otherwise the id is file_name without folder and ending. */
    bool image_ids;
} sx_manifest_options;

/* `path` is a data set's folder or a file of annotations. Errors name the file and line: SX_ERR_IO,
 * SX_ERR_FORMAT, SX_ERR_MISSING (a column, a dangling id), SX_ERR_VALUE (a box), SX_ERR_UNSUPPORTED
 * (no layout fits). Free *m with sx_manifest_free, also after an error. A film without a file is no
 * error: its path is NULL. */
bool sx_manifest_open(const char *path, const sx_manifest_options *options, sx_manifest *m,
                      sx_error *err) SX_MUST_USE;
void sx_manifest_free(sx_manifest *m);

/* The place of a film; -1: not there. A film may stand in several splits. */
long sx_manifest_find(const sx_manifest *m, const char *id, sx_split split);
const char *sx_split_name(sx_split split);    /* "train", "val", "test"; "" for none */
const char *sx_layout_name(sx_layout layout); /* "vindr", "labels", "coco", "voc", "yolo" */

#endif
