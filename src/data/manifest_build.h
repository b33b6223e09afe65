/* Inside the readers of data sets: a manifest under construction. */
#ifndef SX_DATA_MANIFEST_BUILD_H
#define SX_DATA_MANIFEST_BUILD_H

#include "base/files.h"
#include "base/film_name.h"
#include "data/manifest.h"

typedef struct sx_manifest_build {
    sx_manifest *m;
    const sx_manifest_options *o;
    const char *root; /* the data set's folder */
    uint32_t source;  /* the file that is being read */
    bool closed;      /* the options give the classes: another name is an error */
    bool ordered;     /* the order of the classes is the file's */
    bool ids_differ;  /* files disagree about the id of a class */
    sx_str hashes;    /* SHA-256 of each file of annotations, 64 digits each */
} sx_manifest_build;

/* What sx_manifest.ids holds for a film. */
enum { SX_FILM_KEY = 512 };
void sx_manifest_key(char key[SX_FILM_KEY], const char *id, sx_split split);

/* From here on messages and rows belong to this file. */
bool sx_manifest_source(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* The same for a file of annotations, which is opened and counts in the hash. Close *f. */
bool sx_manifest_source_open(sx_manifest_build *b, const char *path, sx_file *f,
                             sx_error *err) SX_MUST_USE;
/* The film of that id in that split, added if it is new; *fresh may be NULL. Its text starts
 * empty. */
bool sx_manifest_film_add(sx_manifest_build *b, const char *id, sx_split split, size_t line,
                          uint32_t *film, bool *fresh, sx_error *err) SX_MUST_USE;
/* Sets *to once; another text later is SX_ERR_MISMATCH. "" changes nothing. */
bool sx_manifest_say(sx_manifest_build *b, const char **to, const char *text, const char *what,
                     const sx_manifest_film *f, sx_error *err) SX_MUST_USE;
/* The number of a lesion name. */
bool sx_manifest_class(sx_manifest_build *b, const char *name, uint32_t *label,
                       sx_error *err) SX_MUST_USE;
/* COCO's id of a class. */
bool sx_manifest_class_id(sx_manifest_build *b, uint32_t label, long id, sx_error *err) SX_MUST_USE;

typedef struct sx_manifest_box_row {
    uint32_t film;
    const char *lesion, *reader;
    double xyxy[4];
    bool own_size; /* the file gives these three itself; otherwise they follow from the corners */
    double width, height, area;
    bool crowd;
    size_t line; /* 0: none */
} sx_manifest_box_row;
/* Adds a box, checked unless faults are kept. Messages begin with "file:line: ". */
bool sx_manifest_box_add(sx_manifest_build *b, const sx_manifest_box_row *row,
                         sx_error *err) SX_MUST_USE;
/* The film was looked at; without a box it is normal. */
void sx_manifest_seen(sx_manifest_build *b, uint32_t film);
/* The same, and this reader said that there is nothing on it ("No finding"). */
bool sx_manifest_no_finding_add(sx_manifest_build *b, uint32_t film, const char *reader,
                                sx_error *err) SX_MUST_USE;
/* An error at a place in the file that is being read. Always false. */
bool sx_manifest_fail(const sx_manifest_build *b, size_t line, sx_error_code code, sx_error *err,
                      const char *fmt, ...) SX_PRINTF(5, 6);
sx_split sx_split_of_name(
    const char *name); /* "train", "training_images", "valid", ...; NONE: no such word */

/* Files of films below some folders, found by their names. */
typedef struct sx_film_files {
    sx_paths paths;
    sx_names stems; /* name without folder and ending -> first path */
} sx_film_files;
/* Adds the films of a folder, not below it; one that does not exist adds nothing. */
bool sx_film_files_add(sx_film_files *f, const char *dir, sx_error *err) SX_MUST_USE;
const char *sx_film_files_find(const sx_film_files *f, const char *id); /* NULL: none */
void sx_film_files_free(sx_film_files *f);

/* Recognises the layout of a folder or file and reads it. */
bool sx_manifest_read(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* One file of annotations each, the one opened last. Films are looked for in `files`; CSV: a list
 * for each split that a row may name, and under `split` the one for all. */
bool sx_manifest_read_csv(sx_manifest_build *b, const sx_file *file, sx_split split,
                          const sx_film_files files[SX_SPLITS], sx_error *err) SX_MUST_USE;
bool sx_manifest_read_coco(sx_manifest_build *b, const sx_file *file, sx_split split,
                           const sx_film_files *files, sx_error *err) SX_MUST_USE;
bool sx_manifest_read_voc(sx_manifest_build *b, const char *path, sx_split split,
                          const sx_film_files *files, sx_error *err) SX_MUST_USE;
/* The names of the classes, then each folder of label files beside its films. */
bool sx_manifest_yolo_classes(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
bool sx_manifest_read_yolo(sx_manifest_build *b, const char *labels, const sx_film_files *files,
                           sx_split split, sx_error *err) SX_MUST_USE;
/* sx_manifest_options.groups */
bool sx_manifest_read_groups(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* The authors' metadata: what the films that are there are. */
bool sx_manifest_read_meta(sx_manifest_build *b, const char *path, sx_split split,
                           sx_error *err) SX_MUST_USE;

#endif
