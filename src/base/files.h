/* Files and paths: mapping, atomic writing, walking. POSIX. */
#ifndef SX_BASE_FILES_H
#define SX_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "spinexr/error.h"

/* A whole file, read-only, in memory. Small or unmappable files (pipes) are read. */
typedef struct sx_file {
    const uint8_t
        *data; /* valid until sx_file_close; never NULL on success, even for an empty file */
    size_t size;
    void *map;  /* internal */
    void *heap; /* internal */
} sx_file;

bool sx_file_open(sx_file *f, const char *path,
                  sx_error *err) SX_MUST_USE; /* names the path in err */
void sx_file_close(sx_file *f);
/* Tells the system that these bytes will not be needed again soon; no effect on their values. */
void sx_file_forget(const sx_file *f, size_t offset, size_t n);

/* Writes beside `path`, syncs and renames: `path` holds the old bytes or all of the new, never a
 * part. A full disk is an error that names the path; the part-written file is removed. */
typedef struct sx_writer sx_writer;
sx_writer *sx_writer_open(const char *path, sx_error *err) SX_MUST_USE;
bool sx_writer_put(sx_writer *w, const void *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_writer_commit(sx_writer *w, sx_error *err) SX_MUST_USE; /* also frees w, whatever happens */
void sx_writer_abort(sx_writer *w); /* removes what was written; NULL is allowed */
bool sx_write_file(const char *path, const void *bytes, size_t n, sx_error *err) SX_MUST_USE;

/* The same without the sync: quick for thousands of files. A process that is killed leaves them
 * whole or not there; for a machine that loses power call sx_sync_folder before anything says that
 * all are there. */
bool sx_write_file_unsynced(const char *path, const void *bytes, size_t n,
                            sx_error *err) SX_MUST_USE;
bool sx_sync_folder(const char *path, sx_error *err) SX_MUST_USE; /* and all that is on its disk */
/* Removes what writers that were killed left in a folder and below: NAME.part-N of no living
 * process N. */
void sx_remove_parts(const char *dir);
/* Removes a folder and all below it; links are removed, not followed. One that is not there is no
 * error. */
bool sx_remove_folder(const char *path, sx_error *err) SX_MUST_USE;

bool sx_path_exists(const char *path);
bool sx_path_is_dir(const char *path);
bool sx_make_dirs(const char *path, sx_error *err) SX_MUST_USE; /* as mkdir -p */
/* Its length without '/' at the end. */
size_t sx_path_length(const char *path);
/* The part after the last '/', a pointer into `path`. */
const char *sx_path_base(const char *path);
/* dir + "/" + name, on the heap; NULL when memory is out. */
char *sx_path_join(const char *dir, const char *name) SX_MUST_USE;

/* A list of strings that it owns. */
typedef struct sx_paths {
    char **items;
    size_t count, cap;
} sx_paths;
bool sx_paths_add(sx_paths *p, const char *path, sx_error *err) SX_MUST_USE;
void sx_paths_free(sx_paths *p);
void sx_paths_sort(sx_paths *p); /* by bytes (strcmp) */
/* Adds every regular file below `dir`, recursively, in a sorted order; links to folders are not
 * followed, names that begin with '.' are left out. */
bool sx_paths_walk(sx_paths *p, const char *dir, sx_error *err) SX_MUST_USE;

#endif
