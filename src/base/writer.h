/* Files that are complete or absent.
 *
 * A file is written without a name (O_TMPFILE), synced, and then gets its name. `path` therefore
 * has either the old content or all of the new content, and a process that is killed leaves no
 * file. On a file system without O_TMPFILE, the bytes are written to a file of the same folder with
 * a random 64-bit name, which a claim (base/claim.h) lists, and the file is then renamed. Replacing
 * a file also needs such a temporary name for a moment. If a process was killed, its temporary file
 * is removed when the claimed folder is next written, or without a claim, when the same file is. */
#ifndef SX_BASE_WRITER_H
#define SX_BASE_WRITER_H

#include <stddef.h>

#include "base/claim.h"

typedef struct sx_writer_options {
    /* on the folder or one above it; NULL: the file gets one of its own if it needs a name */
    sx_claim *claim;
    bool private_file; /* readable by its owner alone, from its first byte on */
    /* quick for thousands of files: whole or absent if the process is killed; to survive a power
     * failure call sx_sync_folder before recording that all exist */
    bool unsynced;
    bool keep_existing; /* a file that is there by the time of the commit is an error */
    bool named;         /* as on a file system without O_TMPFILE: for tests */
} sx_writer_options;

typedef struct sx_writer sx_writer;

/* Errors of all calls: SX_ERR_IO (a full disk, no permission; `path` is a device, a named pipe, a
 * socket or a symbolic link, which is neither replaced nor written to) names the path;
 * SX_ERR_MEMORY. */
sx_writer *sx_writer_open(const char *path, sx_error *err) SX_MUST_USE;
sx_writer *sx_writer_open_with(const char *path, const sx_writer_options *options,
                               sx_error *err) SX_MUST_USE;
bool sx_writer_put(sx_writer *w, const void *bytes, size_t n, sx_error *err) SX_MUST_USE;
/* Gives the file its name. Also frees w, on failure too. */
bool sx_writer_commit(sx_writer *w, sx_error *err) SX_MUST_USE;
void sx_writer_abort(sx_writer *w); /* leaves nothing behind; NULL is allowed */

/* A whole file in one call. */
bool sx_write_file(const char *path, const void *bytes, size_t n, sx_error *err) SX_MUST_USE;
bool sx_write_file_with(const char *path, const void *bytes, size_t n,
                        const sx_writer_options *options, sx_error *err) SX_MUST_USE;
bool sx_write_private_file(const char *path, const void *bytes, size_t n,
                           sx_error *err) SX_MUST_USE;
bool sx_write_file_unsynced(const char *path, const void *bytes, size_t n,
                            sx_error *err) SX_MUST_USE;

#endif
