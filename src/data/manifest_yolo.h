/* Internal to the reader of YOLO data sets. */
#ifndef SX_DATA_MANIFEST_YOLO_H
#define SX_DATA_MANIFEST_YOLO_H

#include "data/manifest_build.h"

/* What `train`, `val` and `test` of data.yaml name: folders of films, or text files that list
 * films. */
typedef struct sx_yolo_keys {
    char *file; /* data.yaml; NULL: it has none of the keys */
    char *path; /* its key `path`; NULL: none */
    sx_paths entries[SX_SPLITS];
    size_t lines[SX_SPLITS];
    const char *keys[SX_SPLITS]; /* as the file names them: "val" or "validation" */
    sx_names lists;              /* the text files that were read */
    char *base;                  /* the folder that `path` names; NULL: none, or data.yaml's own */
    sx_paths folders;            /* of the films that are read: "images", or the key's own */
    sx_paths sets;               /* the folders in which these are, without that of a split */
} sx_yolo_keys;

/* Reads the keys of the file that is being read, with its text. SX_ERR_FORMAT: a value is not a
 * path or a list of paths; SX_ERR_MISMATCH: a file beside it has such keys, too. */
bool sx_yolo_keys_read(sx_manifest_build *b, const char *path, const char *text,
                       sx_error *err) SX_MUST_USE;
void sx_yolo_keys_free(sx_yolo_keys *k);
/* Whether each key names a folder that the layout has for that split: "images/train",
 * "train/images"; or one key "images". */
bool sx_yolo_keys_are_usual(const sx_yolo_keys *k);

/* What an entry names. */
typedef struct sx_yolo_target {
    char *path;    /* on the heap; NULL: nothing exists there */
    size_t prefix; /* length of the data set's folder in front; 0: the path is not below it */
} sx_yolo_target;
/* Finds what `text` names: as it is, below one of the `count` folders, or, if the data set was
 * moved, below the data set's folder without the first folders of `text`. SX_ERR_MISMATCH: text
 * begins with "../", as in exports of Roboflow, and names something in the data set as well as
 * beside it. */
bool sx_yolo_find(sx_manifest_build *b, const char *text, const char *const *folders, size_t count,
                  sx_yolo_target *to, sx_error *err) SX_MUST_USE;

/* One folder of films and that of their labels. */
typedef struct sx_yolo_folder {
    const char *labels;
    sx_film_files *films;
    sx_split split;
    const sx_names *chosen; /* read only these ids -> place in `paths`; NULL: all */
    const sx_paths *paths;  /* "": the first file of the id; else this file */
    /* ids that films of other folders of the split have too: here they begin with `prefix` and '/';
     * NULL: none */
    const sx_names *shared;
    const char *prefix;
} sx_yolo_folder;
bool sx_manifest_read_yolo(sx_manifest_build *b, const sx_yolo_folder *folder,
                           sx_error *err) SX_MUST_USE;
/* Notes in m->unused that `count` films of a folder have no folder of labels. */
bool sx_manifest_yolo_note(sx_manifest_build *b, const char *films, size_t count,
                           const char *labels, sx_error *err) SX_MUST_USE;
/* A file with the names of the classes; of several files all must name the same ones. Also reads
 * the keys of data.yaml. */
bool sx_manifest_yolo_classes(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* The films that the keys name, with these splits, and the films of the usual folders that they do
 * not name, without one. */
bool sx_manifest_read_yolo_keys(sx_manifest_build *b, const char *root, sx_error *err) SX_MUST_USE;

#endif
