/* Internal to the readers of data sets: building a manifest. */
#ifndef SX_DATA_MANIFEST_BUILD_H
#define SX_DATA_MANIFEST_BUILD_H

#include "base/files.h"
#include "base/film_name.h"
#include "data/film_stems.h"
#include "data/manifest.h"

typedef struct sx_manifest_build {
    sx_manifest *m;
    const sx_manifest_options *o;
    sx_manifest_options of_split; /* *o, if the folder of a split is named alone */
    const char *root;             /* the data set's folder */
    uint32_t source;              /* the file that is being read */
    bool closed;                  /* the options give the classes: another name is an error */
    bool ordered;                 /* the classes keep their order; otherwise they are sorted */
    bool rows_left_out;           /* rows that the options leave out, by reader or split */
    struct {
        size_t count, line;
    } other_splits;            /* rows of the CSV whose column names another split, and the first */
    bool ids_differ;           /* two files give a class different ids */
    sx_names numbered;         /* YOLO: the names of the classes by number */
    struct sx_yolo_keys *yolo; /* the films that data.yaml names */
    sx_str hashes;             /* SHA-256 of each file of annotations, 64 digits each */
    char *listed;              /* internal to sx_manifest_exists: a folder, and the names in it */
    sx_names in_listed;
    sx_paths listed_names;
} sx_manifest_build;

/* Messages and rows belong to this file from here on. */
bool sx_manifest_source(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* The same for a file of annotations, which is opened and added to the hash. Close *f. */
bool sx_manifest_source_open(sx_manifest_build *b, const char *path, sx_file *f,
                             sx_error *err) SX_MUST_USE;
/* Whether the path exists; or its folder has that name in other upper and lower case letters (of
 * several the first by bytes), which is then written into `path`. A folder that cannot be read has
 * none. */
bool sx_manifest_exists(sx_manifest_build *b, char *path);
/* The path of a file or folder whose name, or those of its folders, differ in case or in the form
 * of letters with marks; on the heap, NULL: none, or out of memory. */
char *sx_manifest_other_form(sx_manifest_build *b, const char *path);
/* The names in a folder, sorted, valid until the next call about another folder; of one that cannot
 * be read none. NULL: out of memory. */
const sx_paths *sx_manifest_list(sx_manifest_build *b, const char *folder);
void sx_manifest_exists_free(sx_manifest_build *b);
/* The files below a folder of films or annotations, without the results of earlier runs
 * (base/run_results.h). A folder that cannot be read is an error, or, if faults are kept, added to
 * m->unread. */
bool sx_manifest_walk(sx_manifest_build *b, const char *dir, sx_paths *files,
                      sx_error *err) SX_MUST_USE;
/* The film of that id and split, added if it is new (*fresh, which may be NULL). */
bool sx_manifest_film_add(sx_manifest_build *b, const char *id, sx_split split, size_t line,
                          uint32_t *film, bool *fresh, sx_error *err) SX_MUST_USE;
/* Sets a text of a film; `what` names it in messages. "" changes nothing. SX_ERR_MISMATCH: *to has
 * another text already. */
bool sx_manifest_set_text(sx_manifest_build *b, const char **to, const char *text, const char *what,
                          const sx_manifest_film *f, sx_error *err) SX_MUST_USE;
/* 'F', 'M' or 'O' of such a letter or "female", "male", "other", in any case; 0: unknown. */
char sx_manifest_sex(const char *text);
/* Whether the text of a number stands for no value: "", or "NaN", as pandas writes it. */
bool sx_manifest_is_absent(const char *text);
/* Sets the sex, if the text is one. A second sex is kept in f->other_sex: data check names it. */
bool sx_manifest_set_sex(sx_manifest_build *b, sx_manifest_film *f, const char *text, size_t line,
                         sx_error *err) SX_MUST_USE;
/* Sets the age from the text of an annotation; "" changes nothing. A text that is no age is kept in
 * f->no_age, and a second age in f->other_age: data check names them. */
bool sx_manifest_set_age(sx_manifest_build *b, sx_manifest_film *f, const char *text, size_t line,
                         sx_error *err) SX_MUST_USE;
/* The index of a lesion name among the classes. SX_ERR_VALUE: it is not one of the options. */
bool sx_manifest_class(sx_manifest_build *b, const char *name, uint32_t *label,
                       sx_error *err) SX_MUST_USE;
/* Sorts the classes by name, when all boxes are added. */
bool sx_manifest_sort_classes(sx_manifest *m, sx_error *err) SX_MUST_USE;
/* Sets COCO's id of a class. */
bool sx_manifest_class_id(sx_manifest_build *b, uint32_t label, long id, sx_error *err) SX_MUST_USE;

typedef struct sx_manifest_box_row {
    uint32_t film;
    const char *lesion, *reader;
    double xyxy[4];
    bool own_size; /* the next three come from the file; otherwise from the corners */
    double width, height, area;
    bool crowd;
    size_t line;  /* 0: none */
    size_t entry; /* of COCO's annotations */
    uint32_t same_id;
} sx_manifest_box_row;
/* Adds a box, which is checked unless faults are kept. Errors: SX_ERR_VALUE, SX_ERR_MISSING,
 * SX_ERR_MEMORY. */
bool sx_manifest_box_add(sx_manifest_build *b, const sx_manifest_box_row *row,
                         sx_error *err) SX_MUST_USE;
/* The film was examined: without a box it is normal. */
void sx_manifest_seen(sx_manifest_build *b, uint32_t film);
/* The same, by a reader who found nothing on it. */
bool sx_manifest_no_finding_add(sx_manifest_build *b, uint32_t film, const char *reader,
                                sx_error *err) SX_MUST_USE;
/* Adds a sentence to m->unused. */
bool sx_manifest_note(sx_manifest_build *b, sx_error *err, const char *fmt, ...) SX_PRINTF(3, 4);
/* An error in the file that is being read, with "file:line: " (line 0: "file: ") in front. Returns
 * false. */
bool sx_manifest_fail(const sx_manifest_build *b, size_t line, sx_error_code code, sx_error *err,
                      const char *fmt, ...) SX_PRINTF(5, 6);
/* Moves a kept film *f to index `to`, which is at most its own, and its rows behind the *boxes and
 * *nones rows that are already kept; both counts grow by the film's rows. */
void sx_manifest_move_film(sx_manifest *m, sx_manifest_film *f, uint32_t to, size_t *boxes,
                           size_t *nones);

/* The files of films in some folders, found by their ids. */
typedef struct sx_film_files {
    sx_paths paths;
    sx_names stems;  /* name without ending, in a tree with its folders -> first path */
    sx_names rivals; /* first path -> path of another film with the same id */
    sx_paths folders;
    /* internal to sx_film_files_search: these films and those in subfolders */
    struct sx_film_tree {
        bool listed;
        sx_paths paths;
        sx_names known;      /* the paths */
        sx_film_stems stems; /* their names */
        sx_names subfolders; /* names of the folders below these, in upper case */
    } tree;
} sx_film_files;
/* Adds the films in a folder, but not in its subfolders. A folder that does not exist adds none. */
bool sx_film_files_add(sx_film_files *f, const char *dir, sx_error *err) SX_MUST_USE;
/* The same with its subfolders, whose films have ids with folders ("p1/a"). A subfolder that cannot
 * be read is an error, or, if faults are kept, added to m->unread. */
bool sx_film_files_add_tree(sx_manifest_build *b, sx_film_files *f, const char *dir,
                            sx_error *err) SX_MUST_USE;
/* The films in all folders where a data set of any layout may have them. */
bool sx_film_files_of_set(sx_film_files *f, const char *root, sx_error *err) SX_MUST_USE;
const char *sx_film_files_find(const sx_film_files *f, const char *id); /* NULL: none */
/* Whether two files of one name are two films: not a DICOM film and its picture in one folder. */
bool sx_film_files_are_rivals(const char *first, const char *other);
/* Whether one, in an earlier folder of films than the other, is the original of a picture. */
bool sx_film_files_is_original(const sx_film_files *f, const char *first, const char *other);
/* The films in a folder, sorted, without those in its subfolders. *absent: there is no folder. */
bool sx_film_files_list(const char *dir, sx_paths *films, bool *absent, sx_error *err) SX_MUST_USE;
/* Behind the folder of films that holds the path, the innermost of several, and its '/'. */
const char *sx_film_files_below(const sx_film_files *f, const char *path);
/* Lists the films in subfolders, except in those of the data set's own folder, for the next two. */
bool sx_film_files_list_tree(sx_manifest_build *b, sx_film_files *f, sx_error *err) SX_MUST_USE;
/* Lists the films in the folders that `name` states, in the data set's own folder: "p1" of
 * "/old/p1/a.png", if there is one. */
bool sx_film_files_list_stated(const sx_manifest_build *b, sx_film_files *f, const char *name,
                               sx_error *err) SX_MUST_USE;
/* Whether the innermost folder of films that holds the path, before `below`, is the data set's
 * own. */
bool sx_film_files_is_beside(const sx_manifest_build *b, const char *path, const char *below);
/* Notes the folders of a listed file (internal to it). */
bool sx_film_files_see_folders(sx_film_files *f, const char *path, sx_error *err) SX_MUST_USE;
/* Whether the file may be the film that `name` means, by their folders, compared from the last one
 * upwards. A film in a subfolder must agree with all that the name states. A film in no subfolder
 * must not if the name states one that the data set has, or the name of another split. A subfolder
 * that is named like a split counts as the folder above it if the name states no folder; it must
 * not be named like another split than `split`. */
bool sx_film_files_agree(const sx_manifest_build *b, const sx_film_files *f, const char *name,
                         sx_split split, const char *path) SX_MUST_USE;
/* Finds the film of that split whose name fits best among those in the folders and, except in the
 * data set's own folder, below them: letters may differ in case, and the folders must agree.
 * strict: also the last folder of `name`, if it has one, and its ending, if it is that of a film,
 * must fit. *path NULL: none; *other: another film fits as well, otherwise NULL. */
bool sx_film_files_search(sx_manifest_build *b, sx_film_files *f, const char *name, sx_split split,
                          bool strict, const char **path, const char **other,
                          sx_error *err) SX_MUST_USE;
/* The id of a file below a folder: its path from there without the ending of a film, in UTF-8. */
bool sx_film_files_id(const char *dir, const char *path, sx_str *id, sx_error *err) SX_MUST_USE;
/* The film may be either of two files, f->path and `other`: SX_ERR_MISMATCH, or with keep_faults
 * f->other_file. NULL: no other. */
bool sx_manifest_set_rival(const sx_manifest_build *b, sx_manifest_film *f, const char *other,
                           sx_error *err) SX_MUST_USE;
/* The same for f->path that was found by the film's id, if another file has that id. */
bool sx_manifest_check_rival(const sx_manifest_build *b, const sx_film_files *files,
                             sx_manifest_film *f, sx_error *err) SX_MUST_USE;
void sx_film_files_free(sx_film_files *f);

/* The name of a film's file with '/' between folders, whichever system wrote it; of a URL the path,
 * decoded, and without a query ("http://host/p1/a.png?x=1" is "p1/a.png"). */
void sx_manifest_file_name(const char *text, sx_str *out);
/* Calls `fits` for each id that such a name may stand for, until it returns true: for "p1/a.png",
 * "p1/a", "a.png" and "a" if the name is "C:\p1\a.png". *found: it returned true. */
bool sx_manifest_try_ids(const char *text, bool (*fits)(void *user, const char *id), void *user,
                         bool *found, sx_error *err) SX_MUST_USE;
/* The id of a film whose name without folder belongs to other films too: its name with folders, but
 * without the ending of a film. */
void sx_manifest_folder_id(const char *name, sx_str *out);
/* Adds a name to `seen`, and to `several` if it is there already. */
bool sx_manifest_see_name(sx_names *seen, sx_names *several, const char *name,
                          sx_error *err) SX_MUST_USE;
/* Annotations of two films that differ only in their ending, "a.dcm.xml" beside "a.png.xml": `path`
 * is a file of annotations with such a film's ending before its own four bytes. Names that several
 * files have are added to `twins`. */
bool sx_manifest_see_twin(sx_names *seen, sx_names *twins, const char *path,
                          sx_error *err) SX_MUST_USE;
/* Whether the id, which has the ending of a film, is one of several. */
bool sx_manifest_is_twin(const sx_names *twins, const char *id);
/* Sets f->path to the file of that name, if it exists: as it is or below one of the folders; or
 * with fewer of its own folders, if the data set was moved; or as sx_film_files_search finds it.
 * shared: other films have the same name without folder. */
bool sx_manifest_find_file(sx_manifest_build *b, sx_film_files *files, const char *name,
                           bool shared, sx_manifest_film *f, sx_error *err) SX_MUST_USE;

/* Finds the file of an id that names folders, such as "p1/x": below one of the folders, with the
 * id's own ending or that of any film. *path is on the heap, NULL: none. */
bool sx_manifest_find_in_folders(const sx_film_files *files, const char *id, char **path,
                                 sx_error *err) SX_MUST_USE;
/* Gives a film of several splits, which shares its name in one of them only, one id: the longest.
 * In a table of ids they are as stated. */
bool sx_manifest_join_splits(sx_manifest_build *b, sx_error *err) SX_MUST_USE;
/* Finds films whose ids lead to the same file: SX_ERR_MISMATCH, or with keep_faults same_file. */
bool sx_manifest_find_shared(sx_manifest_build *b, sx_error *err) SX_MUST_USE;

/* Recognises the layout of a folder or file and reads it (manifest_folder.c). */
bool sx_manifest_read(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* Read the file of annotations that was opened last. Films are searched for in `files`; for CSV in
 * the list of the split that a row names, then in that of `split`. */
bool sx_manifest_read_csv(sx_manifest_build *b, const sx_file *file, sx_split split,
                          sx_film_files files[SX_SPLITS], sx_error *err) SX_MUST_USE;
bool sx_manifest_read_coco(sx_manifest_build *b, const sx_file *file, sx_split split,
                           sx_film_files *files, sx_error *err) SX_MUST_USE;
typedef struct sx_manifest_xml {
    const char *id; /* the path below the folder of annotations, without ".xml" */
    bool twin;      /* another file differs in the film's ending only: "a.dcm.xml", "a.png.xml" */
    sx_split split;
    /* Keys (sx_manifest_key) of ids that several films have, which therefore get their folders; and
     * of those that several have with their folders. */
    const sx_names *shared, *shared_folders;
    sx_names *noted; /* elements that were noted in other files */
} sx_manifest_xml;
bool sx_manifest_read_voc(sx_manifest_build *b, const char *path, const sx_manifest_xml *x,
                          sx_film_files *files, sx_error *err) SX_MUST_USE;
/* A folder of such files, whose splits are in ImageSets/Main of the data set; a film that several
 * lists name is in each of these splits. */
bool sx_manifest_read_voc_folder(sx_manifest_build *b, const char *root, const char *folder,
                                 sx_film_files *files, sx_error *err) SX_MUST_USE;
/* Rejects UTF-16 and NUL bytes in a text file. *begin: behind its byte order mark. */
bool sx_manifest_check_text(const sx_file *f, const char *path, size_t *begin,
                            sx_error *err) SX_MUST_USE;
/* Reads a text file of annotations, on the heap: UTF-8, without its byte order mark. */
char *sx_manifest_text(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* The next line without its line end, or NULL. Modifies the text. */
char *sx_manifest_next_line(char **rest) SX_MUST_USE;
/* sx_manifest_options.groups */
bool sx_manifest_read_groups(sx_manifest_build *b, const char *path, sx_error *err) SX_MUST_USE;
/* A CSV of metadata, as VinDr-SpineXR has it, for the films of `split` and those that the table
 * m->sources.items[table] names first (-1: none); without a split, or if no film has one, for all.
 * Rows without a film are noted in m->unused. */
bool sx_manifest_read_meta(sx_manifest_build *b, const char *path, sx_split split, long table,
                           sx_error *err) SX_MUST_USE;
/* The metadata beside annotations of any layout that is not read yet: "train_meta.csv" of each
 * split, "meta.csv" of all films or, in the folder of a split, of its films. Metadata above a
 * folder that is called like a split counts, too; its rows of other films are no fault. alone: one
 * file of annotations is read, not the whole data set, so that such rows are no fault anywhere,
 * unless no row of a table describes a film. Files there, in the folder of data.yaml's `path` and
 * where films are that are called metadata and are not read are noted in m->unused, with the
 * reason. */
bool sx_manifest_read_metadata(sx_manifest_build *b, const char *root, bool alone,
                               sx_error *err) SX_MUST_USE;

#endif
