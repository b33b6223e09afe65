/* The files of a watched folder: listing them, and copying and removing one only if it is still the
 * file that was listed. */
#ifndef SX_SERVICE_NODE_WATCH_FILES_H
#define SX_SERVICE_NODE_WATCH_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/fail.h"

typedef struct sx_watched_file {
    char *path;
    dev_t device;
    ino_t inode;
    int64_t size, changed; /* changed: nanoseconds */
    int64_t since;         /* the file has been like this, by the watch's clock */
    int64_t next;          /* when it may be tried */
} sx_watched_file;

typedef struct sx_watched_files {
    sx_watched_file *items; /* by path */
    size_t count;
} sx_watched_files;

/* Lists the regular files of a folder and of those below it, except `folder`/refused. At most
 * 100,000 files, 16 folders deep; the rest is seen when these are gone. Errors: SX_ERR_IO,
 * SX_ERR_MEMORY. */
bool sx_watched_list(const char *folder, int64_t now, sx_watched_files *out,
                     sx_error *err) SX_MUST_USE;
void sx_watched_free(sx_watched_files *files);

bool sx_watched_same(const sx_watched_file *a, const sx_watched_file *b);
/* Copies the file to a new one. *changed: it is no longer what was listed, and there is no copy.
 * Errors: SX_ERR_IO. */
bool sx_watched_copy(const sx_watched_file *f, const char *to, bool *changed,
                     sx_error *err) SX_MUST_USE;
/* Removes it unless it has changed; false: it is still there. */
bool sx_watched_remove(const sx_watched_file *f);
/* Moves it to `folder`/refused, with a text beside it. Errors: SX_ERR_IO. */
bool sx_watched_refuse(const sx_watched_file *f, const char *folder, const char *why,
                       sx_error *err) SX_MUST_USE;

/* Whether a file is a whole DICOM file as far as its elements say: Pixel Data has its length, or
 * the end of its fragments. What is no DICOM file, or deflated, counts as whole from
 * 1,024 bytes on. */
bool sx_is_whole_instance(const char *path);

#endif
