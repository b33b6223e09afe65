/* A data set of any layout: films, boxes, image labels, classes, readers. docs/data.md lists the
 * supported layouts. The data set is read in place; pixels are not read. */
#ifndef SX_DATA_MANIFEST_H
#define SX_DATA_MANIFEST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/vindr_classes.h"

#define SX_NO_CLASS_ID LONG_MIN

typedef enum sx_layout {
    SX_LAYOUT_AUTO,
    SX_LAYOUT_VINDR,  /* annotation CSV, as in VinDr-SpineXR */
    SX_LAYOUT_LABELS, /* CSV of image labels */
    SX_LAYOUT_COCO,   /* JSON */
    SX_LAYOUT_VOC,    /* XML, one file per film */
    SX_LAYOUT_YOLO,   /* text, one file per film */
    SX_LAYOUTS
} sx_layout;

typedef enum sx_split {
    SX_SPLIT_NONE,
    SX_SPLIT_TRAIN,
    SX_SPLIT_VAL,
    SX_SPLIT_TEST,
    SX_SPLITS
} sx_split;

/* Texts are owned by the manifest and never NULL, except `path`; "" means unknown. */
typedef struct sx_manifest_film {
    const char *id;
    const char *alias; /* another name of the film: see sx_manifest_options.image_ids */
    const char *path;  /* of the film's file; NULL: none was found */
    /* CSV: what its column `file` names, if no such file was found; otherwise NULL */
    const char *absent_file;
    /* annotations_only: the file that COCO's file_name or the column `file` names,
     * as sx_manifest_file_name has it; otherwise NULL */
    const char *file_name;
    /* keep_faults: the id of an earlier film that has the same file, so that it is not known whose
     * it is; "": none */
    const char *same_file;
    /* keep_faults: another file with the name of the film, so that it is not known which one is the
     * film; NULL: none */
    const char *other_file;
    const char *study, *series, *patient;
    int width, height; /* pixels; 0: unknown */
    /* The size is that of the film's file (YOLO, sx_manifest_headers); otherwise the annotations
     * state it. */
    bool size_read;
    bool other_size; /* the annotations state another size than the file has */
    /* The line of a row that gives another size, so that its boxes may belong to another film; 0:
     * none. */
    uint32_t two_sizes;
    double age;         /* years, from 0 to below 200; NaN: unknown */
    const char *no_age; /* the first text in its place that is no age (base/age.h); NULL: none */
    char sex;           /* 'F', 'M', 'O'; 0: unknown */
    /* The first age that differs from `age` by a year or more, and the first other sex, with the
     * place where an annotation states it: "52 (set/a.csv:3)"; NULL: none. */
    const char *other_age, *other_sex;
    sx_split split;
    int label; /* 1 abnormal, 0 normal, -1 unknown */
    /* Where the film is first named: index into `sources`, and line; 0: the file has no lines. */
    uint32_t source, line;
    size_t first_box, box_count; /* its boxes are m->boxes[first_box .. + box_count) */
    /* Readers who found nothing on it: m->no_findings[first_no_finding .. + no_finding_count). */
    size_t first_no_finding, no_finding_count;
    bool by_box; /* the label follows from the annotations of boxes */
} sx_manifest_film;

typedef struct sx_manifest_box {
    uint32_t film, label, reader; /* indices into `films`, `classes`, `readers` */
    /* Left, top, right, bottom in pixels; the right and lower edges are excluded. */
    float xyxy[4];
    /* COCO with keep_faults: the annotation before it, from 1, that has the same id; 0: none */
    uint32_t same_id;
    /* The same box as left, top, width, height, not rounded to float. Evaluation uses these. */
    double xywh[4];
    double area; /* COCO's field of that name if present, else width * height */
    uint32_t source, line;
    uint32_t entry; /* COCO: place in the list of annotations */
    bool crowd;     /* COCO's iscrowd, VOC's difficult */
} sx_manifest_box;

/* A "No finding" row: this reader examined the film and marked nothing. */
typedef struct sx_manifest_no_finding {
    uint32_t film, reader;
} sx_manifest_no_finding;

typedef struct sx_manifest {
    sx_manifest_film *films; /* [film_count] in the order in which they are first named */
    size_t film_count;
    sx_manifest_box *boxes; /* [box_count] by film, then in the order of the file */
    size_t box_count;
    sx_manifest_no_finding *no_findings; /* [no_finding_count] likewise */
    size_t no_finding_count;
    sx_names classes; /* in the order of the options, else of COCO or YOLO, else sorted by bytes */
    /* [classes.count] COCO's category ids, SX_NO_CLASS_ID for a class without one; NULL: another
     * layout, or files that number the classes differently */
    long *class_ids;
    sx_names readers;
    sx_names sources; /* the files that were read */
    sx_paths unread;  /* keep_faults: folders of annotations that could not be read */
    /* What the data set has and the manifest lacks: rows of metadata without a film, tables and
     * splits that were not read. A sentence for each, without a full stop. */
    sx_paths unused;
    char hash[65]; /* SHA-256 of the file of annotations; of several: of their hashes, in order */
    sx_layout layout; /* as recognised */
    const char *root; /* the folder of the films: the data set's, or that of the options */
    bool has_boxes;   /* false: image labels only */
    sx_arena *memory;
    sx_names ids; /* index of a film by its id and split: sx_manifest_find */
    size_t film_cap, box_cap, no_finding_cap, class_id_cap;
    uint8_t *seen; /* internal, while reading */
} sx_manifest;

/* With {0} the layout, the classes and the films are found automatically. */
typedef struct sx_manifest_options {
    sx_layout layout;
    const char *classes; /* a list for sx_class_list; other lesion names are errors. NULL: any */
    /* For messages: the option or configuration key that set `classes`; NULL: not known. */
    const char *classes_from;
    const char *images; /* folder of the films; NULL: that of the layout */
    const char *reader; /* read only the rows of this reader; NULL: all */
    sx_split split;     /* read only this split; SX_SPLIT_NONE: all */
    /* Keep empty, reversed and non-finite boxes, and films that have the same file (same_file), and
     * go on where a folder of annotations cannot be read (sx_manifest.unread), instead of an
     * error. */
    bool keep_faults;
    /* CSV: the column of image labels, which are then read although the file may have boxes too;
     * NULL: "abnormal", else "label". */
    const char *label_column;
    const char *positive; /* the label that means abnormal; NULL: 1, and 0 means normal */
    /* CSV image_id, study_id, patient_id of a data set that lacks these; NULL: none. Its rows of
     * other films are ignored. */
    const char *groups;
    /* Only the file is read: films are not searched for, metadata files beside it are not read, and
     * films of all splits are taken together. */
    bool annotations_only;
    /* COCO: the id of a film is that of its image, and file_name, which may be missing, is an alias
     * (without folder and ending). Otherwise the id is file_name without folder and ending. */
    bool image_ids;
} sx_manifest_options;

/* `path` is the folder of a data set or a file of annotations; options may be NULL. A film without
 * a file is not an error: its path is NULL. Errors name the file and the line: SX_ERR_IO,
 * SX_ERR_FORMAT, SX_ERR_MISSING (a column, a dangling id, no film), SX_ERR_MISMATCH (a film with
 * two studies or patients, two films with one file), SX_ERR_VALUE (a box, a lesion),
 * SX_ERR_UNSUPPORTED (no known layout), SX_ERR_LIMIT, SX_ERR_MEMORY. Free *m with sx_manifest_free,
 * also after an error. */
bool sx_manifest_open(const char *path, const sx_manifest_options *options, sx_manifest *m,
                      sx_error *err) SX_MUST_USE;
void sx_manifest_free(sx_manifest *m);
/* Logs what is not used (m->unused) as warnings. */
void sx_manifest_warn(const sx_context *context, const sx_manifest *m);
/* Leaves out the films without keep[film], with their boxes. Classes and readers stay. */
bool sx_manifest_select(sx_manifest *m, const bool *keep, sx_error *err) SX_MUST_USE;

/* The folder of the data set that a file of annotations belongs to, on the heap: "set" of
 * "set/annotations/train.csv", else the file's own. NULL when out of memory. */
char *sx_manifest_root(const char *path) SX_MUST_USE;

/* Whether a file of this name is a part of a data set's annotations: "train.csv", "data.yaml" ...
 * in upper or lower case. */
bool sx_is_table_name(const char *name);
/* Whether it is annotations by its content: CSV or COCO. */
bool sx_is_table(const char *path);

/* "train", "Training_images", "valid", ...; SX_SPLIT_NONE for other words. */
sx_split sx_split_of_name(const char *name);

/* The key of a film in sx_manifest.ids. */
enum { SX_FILM_KEY = 512 };
void sx_manifest_key(char key[SX_FILM_KEY], const char *id, sx_split split);
/* The index of a film in `films`; -1: none. An id may occur in several splits. */
long sx_manifest_find(const sx_manifest *m, const char *id, sx_split split);
const char *sx_split_name(sx_split split);    /* "train", "val", "test"; "" for none */
const char *sx_layout_name(sx_layout layout); /* "vindr", "labels", "coco", "voc", "yolo" */

#endif
