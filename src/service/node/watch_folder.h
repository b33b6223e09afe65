/* Takes films from a folder, by the path that all films take (node/receive.h).
 *
 * A file is taken when its size and time of change have been the same for a while, as seen from
 * here, and when it is complete as a DICOM file; then it is removed from the folder. What is
 * refused is moved to the subfolder refused/, beside a text NAME.txt that says why; nothing is
 * deleted without being stored. Folders below are looked at as well. Links, pipes and devices are
 * neither followed nor opened. Names that begin with '.' or end in .part, .partial, .tmp, .filepart
 * or ~ belong to programs that are still writing, and are left alone.
 *
 * The folder is read again each time, which also works for network file systems. */
#ifndef SX_SERVICE_NODE_WATCH_FOLDER_H
#define SX_SERVICE_NODE_WATCH_FOLDER_H

#include "base/fail.h"
#include "service/node/receive.h"

typedef struct sx_folder_watch sx_folder_watch;

typedef struct sx_folder_watch_options {
    const char *folder;
    int64_t stable;               /* milliseconds without a change */
    int64_t largest;              /* bytes of a file; a larger one is refused */
    int64_t (*clock)(void *user); /* milliseconds of a steady clock */
    /* What became of a file; `why` is "" if it was stored. May be NULL. */
    void (*tell)(void *user, const char *path, sx_received what, const char *why);
    void *user;
} sx_folder_watch_options;

/* Copies the options and the name of the folder, which need not exist yet. SX_ERR_MEMORY. */
sx_folder_watch *sx_folder_watch_open(const sx_folder_watch_options *options,
                                      sx_error *err) SX_MUST_USE;
void sx_folder_watch_close(sx_folder_watch *w); /* NULL is allowed */

/* Looks at the folder once, and takes what is ready. *taken: how many files left the folder. Call
 * it every second or so, from one thread. A file that fails for our fault (a full disk, the
 * database) stays and is tried again. Errors: SX_ERR_IO (the folder cannot be read), SX_ERR_MEMORY.
 */
bool sx_folder_watch_look(sx_folder_watch *w, sx_db *db, const sx_receive_options *receive,
                          size_t *taken, sx_error *err) SX_MUST_USE;

#endif
