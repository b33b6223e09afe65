/* Files and paths: reading, atomic writing, walking. POSIX. No file is mapped: reading a page that
 * a mapped file no longer has raises SIGBUS, which would end the process. */
#ifndef SX_BASE_FILES_H
#define SX_BASE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/fail.h"
#include "base/str.h"

/* A file that is larger than this is not read (SX_ERR_LIMIT): 2 GiB. */
#define SX_FILE_MAX_BYTES ((size_t)2 << 30)

/* "folder", "device", ... of what is not a regular file. */
const char *sx_file_kind(mode_t mode);

/* A whole file in memory, read-only. */
typedef struct sx_file {
    /* Valid until sx_file_close; never NULL on success, even for an empty file. */
    const uint8_t *data;
    size_t size;
    void *heap; /* internal */
} sx_file;

/* Reads a file. Later changes to the file do not change these bytes. A file that becomes shorter
 * while it is read is an error; one that grows is read up to its first size.
 *
 * Only regular files are read: a folder, pipe, socket or device is an immediate error. So is a
 * pointer of Git LFS or git-annex (base/stand_in.h). Messages begin with the path. Errors:
 * SX_ERR_IO, SX_ERR_FORMAT (a pointer), SX_ERR_LIMIT, SX_ERR_MEMORY. */
bool sx_file_open(sx_file *f, const char *path, sx_error *err) SX_MUST_USE;
/* The same with another limit, in bytes. */
bool sx_file_open_up_to(sx_file *f, const char *path, uint64_t limit, sx_error *err) SX_MUST_USE;
void sx_file_close(sx_file *f);

/* An open regular file of which parts are read. Several threads may read at the same time. */
typedef struct sx_file_parts {
    int fd;
    uint64_t size; /* in bytes, when it was opened */
} sx_file_parts;
bool sx_file_parts_open(sx_file_parts *f, const char *path, sx_error *err) SX_MUST_USE;
/* Reads `n` bytes. False: a disk error, or the file has become shorter. */
bool sx_file_parts_read(const sx_file_parts *f, uint64_t offset, void *to, size_t n) SX_MUST_USE;
void sx_file_parts_close(sx_file_parts *f);

/* The beginning of a file, for readers that need only its header. */
typedef struct sx_file_head {
    sx_file file; /* the bytes read so far, from the first on */
    bool whole;   /* the file has no more bytes */
    int fd;       /* the rest is internal */
    uint64_t total;
    const char *path;
} sx_file_head;

/* Reads the first 16 KiB; `path` must outlive the head. Errors as for sx_file_open; a pointer is
 * none here. */
bool sx_file_head_open(sx_file_head *h, const char *path, sx_error *err) SX_MUST_USE;
/* Reads more, up to four times as many bytes or the end of the file; file.data may move. Call it
 * only if !whole. On failure the head must still be closed. */
bool sx_file_head_more(sx_file_head *h, sx_error *err) SX_MUST_USE;
void sx_file_head_close(sx_file_head *h);

/* Opens an existing regular file for appending; a link is not followed, and a file
 * that has other names (hard links) is not written to. NULL: SX_ERR_IO. */
FILE *sx_file_append(const char *path, sx_error *err) SX_MUST_USE;

/* Writes all that the folder's file system has not yet written to disk. */
bool sx_sync_folder(const char *path, sx_error *err) SX_MUST_USE;
/* After `path` was made, renamed or removed: its name survives a power failure when the call
 * returns. */
bool sx_sync_name(const char *path, sx_error *err) SX_MUST_USE;
/* Removes a folder and all below it; links are removed, not followed. A missing folder is no
 * error. */
bool sx_remove_folder(const char *path, sx_error *err) SX_MUST_USE;

/* What is known of a path. */
typedef enum sx_presence {
    SX_PATH_ABSENT,  /* nothing has this name (ENOENT, ENOTDIR) */
    SX_PATH_PRESENT, /* a file, a folder, a pipe, a device */
    /* Something may have this name: the path cannot be examined (no permission, a disk error, a
     * file server that does not answer, a name that is too long), or it leads through a symbolic
     * link to nothing, or through a pipe or a device. */
    SX_PATH_UNKNOWN
} sx_presence;
sx_presence sx_path_presence(const char *path);
/* Whether it is not SX_PATH_ABSENT. What is true here and cannot be opened is an error of whoever
 * opens it, so that a file that is optional is left out only if it surely does not exist. */
bool sx_path_exists(const char *path);
/* As sx_fail_errno, right after a call on `path` failed; also names the symbolic link, pipe or
 * device because of which the path leads nowhere. */
bool sx_path_fail(sx_error *err, const char *path, const char *what);
/* The file that a document names: `text` itself or else `text` with its escapes decoded
 * (base/utf8.h), whichever exists, on the heap in *path; NULL if neither exists. What is present
 * has precedence over what is unknown; *presence, which may be NULL, says which it is. False when
 * memory is out. */
bool sx_path_named(const char *text, char **path, sx_presence *presence, sx_error *err) SX_MUST_USE;
/* Whether it is present and a folder or a link to one. */
bool sx_path_is_dir(const char *path);
/* Fails unless it is, and its files may be reached. SX_ERR_IO, beginning with the path. */
bool sx_path_check_dir(const char *path, sx_error *err) SX_MUST_USE;
/* Whether both name one file or folder; false if either does not exist. */
bool sx_same_file(const char *a, const char *b);
/* A text that all paths of one file or folder have, and no other file; false: it does not exist, or
 * `size` is too small: 48 is enough. */
bool sx_file_identity(const char *path, char *text, size_t size);
/* The path from the root, without links, "." and "..", on the heap. The end of `path` need not
 * exist; its parts are then taken as folders. NULL: out of memory, or the current folder is gone.
 */
char *sx_path_real(const char *path);
/* Whether both name one file or folder, or would if they existed. */
bool sx_same_path(const char *a, const char *b);
/* Whether `path`, which need not exist, names something in the folder, which need not exist either,
 * or below it. */
bool sx_path_is_below(const char *path, const char *folder);
bool sx_make_dirs(const char *path, sx_error *err) SX_MUST_USE; /* as mkdir -p */
/* Its length without '/' at the end. */
size_t sx_path_length(const char *path);
/* The part after the last '/', a pointer into `path`. */
const char *sx_path_base(const char *path);
/* The last folder of `path` before `end`, a place in it where a name begins; "." does not count.
 * *n: its length. NULL: there is none; *n is 0. */
const char *sx_path_folder_above(const char *path, const char *end, size_t *n);
/* Whether the file's name ends in `ending` (".txt"), in upper or lower case, and is more than
 * that. */
bool sx_path_has_ending(const char *path, const char *ending);
/* The path from the root, on the heap: `path` itself, or behind the current folder; `path` also if
 * the current folder has no path. Nothing is resolved or need exist. NULL when out of memory. */
char *sx_path_absolute(const char *path) SX_MUST_USE;
/* The folder of a path, "." or "/" or without '/' at the end, on the heap; NULL when out of
 * memory. */
char *sx_path_folder(const char *path) SX_MUST_USE;
/* The path without parts ".", repeated slashes and a slash at the end, and without "folder/.." if
 * that folder exists and is no link, on the heap. "." and the ".." of a relative path remain. NULL
 * when out of memory. */
char *sx_path_tidy(const char *path) SX_MUST_USE;
/* The folder that holds a folder, by its name: "a" of "a/b/", ".." of ".". On the heap; NULL when
 * out of memory. */
char *sx_path_above(const char *path) SX_MUST_USE;
/* dir + "/" + name, on the heap, as sx_path_tidy if the name has parts "." or ".."; NULL when out
 * of memory. */
char *sx_path_join(const char *dir, const char *name) SX_MUST_USE;

struct sx_context;

/* A list of strings that it owns. */
typedef struct sx_paths {
    char **items;
    size_t count, cap;
} sx_paths;
bool sx_paths_add(sx_paths *p, const char *path, sx_error *err) SX_MUST_USE;
void sx_paths_free(sx_paths *p);
void sx_paths_sort(sx_paths *p); /* by bytes (strcmp) */
/* Adds everything below `dir` that is not a folder, recursively, in a sorted order; links to
 * folders are not followed, names that begin with '.' are left out. What cannot be read (a file in
 * a folder without permission to enter, a pipe, a device, a link to nothing) is added as well, so
 * that its reader reports it; a file that was removed since it was listed is not. A folder that
 * cannot be read is an error. */
bool sx_paths_walk(sx_paths *p, const char *dir, sx_error *err) SX_MUST_USE;
/* The same for the films or annotations of a data set: what an earlier run of this program wrote
 * there (base/run_results.h), such as pictures of films, is added to `results`, not to `p`. A
 * folder that cannot be read (`dir` too) is added to `unread`, and the rest is walked; if `unread`
 * is NULL, it is an error. */
bool sx_paths_walk_set(sx_paths *p, sx_paths *unread, sx_paths *results, const char *dir,
                       sx_error *err) SX_MUST_USE;
/* The same for films. A pipe, a device or a link to nothing is added to `unread` if it has the name
 * of a film; one of another name is named in a warning of the context (NULL: in none). git-annex's
 * link to content that is not here is added to `p`. */
bool sx_paths_walk_films(sx_paths *p, sx_paths *unread, sx_paths *results, const char *dir,
                         const struct sx_context *context, sx_error *err) SX_MUST_USE;
/* Why a path of `unread` could not be read, SX_ERR_IO. Opens a folder once more. */
void sx_paths_unread_error(const char *path, sx_error *err);

#endif
