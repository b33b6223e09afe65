/* Internal to the readers of data sets: which files are annotations. */
#ifndef SX_DATA_MANIFEST_TABLES_H
#define SX_DATA_MANIFEST_TABLES_H

#include "base/csv.h"
#include "data/film_matcher.h"
#include "data/manifest_build.h"

/* What a split is called in names of files and folders; ends in NULL. */
extern const char *const sx_split_names[];
/* Whether the n letters are one of them, in any case. */
bool sx_is_split_folder(const char *name, size_t n);
/* Annotations below the folder of a data set, in the order in which they are searched for; %s is
 * the name of a split. Each list ends in NULL. */
extern const char *const sx_tables_per_split[];
extern const char *const sx_tables_of_all[];
extern const char *const sx_tables_of_classes[];  /* YOLO */
extern const char *const sx_tables_of_labels[];   /* YOLO, if there are none of these */
extern const char *const sx_tables_of_metadata[]; /* those of a split before those of all */

/* The folder above that of a split, on the heap; `real`: where it is without links. It may be named
 * by its place in the current folder, such as ".", or by a link, whose target is elsewhere. NULL
 * when out of memory. */
char *sx_manifest_above(const char *folder, const char *real) SX_MUST_USE;
/* Whether a table of that name is read as metadata in one of the places. */
bool sx_is_metadata_table(const char *name);
/* Whether the name says that the file holds metadata, whatever it is and wherever: "meta.csv",
 * "Patients_Meta.CSV", "Meta-Data.tsv". */
bool sx_is_metadata_name(const char *name);
/* The only table of any name in the folder, or in its folder `annotations`, that is a CSV or COCO
 * file of annotations; on the heap, NULL: there is no CSV or JSON file. Results of earlier runs do
 * not count. SX_ERR_MISMATCH: there are several; SX_ERR_MISSING: none of the files is one. */
bool sx_manifest_any_table(sx_manifest_build *b, const char *root, char **path,
                           sx_error *err) SX_MUST_USE;
/* Notes in m->unused the tables of annotations in the folder that were not read. */
bool sx_manifest_note_tables(sx_manifest_build *b, const char *root, sx_error *err) SX_MUST_USE;
/* Notes there what the folder has of other layouts and is not read: labels of YOLO and XML files of
 * VOC beside a table, films in folders that YOLO's splits leave out. */
bool sx_manifest_note_layouts(sx_manifest_build *b, const char *root, sx_error *err) SX_MUST_USE;
/* *some: there are files with that ending below the folder, or may be, where one cannot be read. */
bool sx_manifest_has_files(const char *folder, const char *ending, bool *some,
                           sx_error *err) SX_MUST_USE;
/* Whether names of YOLO's classes are in the folder, or above it if it is that of a split. */
bool sx_manifest_has_classes(sx_manifest_build *b, const char *root);

/* Tables that have the name of annotations and none of their columns. */
typedef struct sx_stray_tables {
    sx_error why; /* what the first of them lacks; code SX_OK: there is none */
    /* the other layout beside them: */
    const char *what;
    char folder[4096];
} sx_stray_tables;
/* *stray: all tables that `pattern` names are such, and the folder has labels of YOLO or XML files
 * of VOC that are read instead. SX_ERR_MISMATCH: it has, and the columns are only misspelt. */
bool sx_manifest_is_stray(sx_manifest_build *b, const char *root, const char *pattern,
                          sx_stray_tables *x, bool *stray, sx_error *err) SX_MUST_USE;
/* Whether two names have the same letters and digits: "Patient ID" and "patient_id". */
bool sx_manifest_is_alike(const char *a, const char *b);
/* Whether the file was read as a part of the data set. */
bool sx_manifest_is_read(const sx_manifest *m, const char *path);
/* Notes in m->unused columns whose names are nearly those of a patient, study, series, sex or age,
 * such as PatientID; metadata: also that the table has nothing else that describes films. */
bool sx_manifest_note_columns(sx_manifest_build *b, const sx_csv *c, const char *path,
                              bool metadata, sx_error *err) SX_MUST_USE;
/* The same of the fields of COCO's images or the elements of VOC, as `what` says ("field"), of
 * which each name that has a value is there once. noted: names that were noted before; NULL: none.
 */
bool sx_manifest_note_fields(sx_manifest_build *b, const sx_paths *names, const char *what,
                             const char *path, sx_names *noted, sx_error *err) SX_MUST_USE;
/* Whether the file is a CSV with the column image_id and one that is called, perhaps nearly, like
 * that of a patient, sex or age. */
bool sx_manifest_describes_persons(const char *path);
/* root/fmt into buf, with `word` for each %s that fmt has. NULL: too long, which
 * sx_manifest_read excludes. */
const char *sx_manifest_below(char buf[4096], const char *root, const char *fmt, const char *word);
/* The same for what must exist, with the last part in upper or lower case. */
bool sx_manifest_has_below(sx_manifest_build *b, char buf[4096], const char *root, const char *fmt,
                           const char *word);
/* Whether the file has the columns of annotations or image labels, or COCO's lists. The error says
 * what is missing. */
bool sx_manifest_csv_fits(const char *path, const char *label_column, sx_error *err) SX_MUST_USE;
bool sx_manifest_coco_fits(const char *path, sx_error *err) SX_MUST_USE;

/* The columns of a table that says to whom films belong; -1: there is none. */
typedef struct sx_group_columns {
    int image, study, series, patient;
} sx_group_columns;
/* Sets the study, series and patient of a film by the current row. */
bool sx_manifest_set_groups(sx_manifest_build *b, const sx_csv *c, const sx_group_columns *k,
                            sx_manifest_film *f, sx_error *err) SX_MUST_USE;

/* Notes in m->unused how many rows of the table at `path` have no film. */
bool sx_film_matcher_report(const sx_film_matcher *x, sx_manifest_build *b, const char *path,
                            sx_error *err) SX_MUST_USE;

#endif
