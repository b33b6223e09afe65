/* A claim on a folder: only one run of this program writes there at a time, and the next run
 * removes the unfinished files of a killed one.
 *
 * The claim is a journal file in the folder, `.spinexr-run`, which is locked (fcntl, open file
 * description) until the run ends. It names host, process and command, and lists every temporary
 * name before a file with this name is made. The next run that gets the lock removes the files that
 * the journal lists, but not files with names that this program cannot have made. It removes no
 * other files.
 *
 * Threads: a claim may be shared. */
#ifndef SX_BASE_CLAIM_H
#define SX_BASE_CLAIM_H

#include "base/fail.h"

typedef struct sx_claim sx_claim;

enum { SX_CLAIM_NAME = 40 }; /* bytes of a temporary name, with its NUL */

/* Claims `dir`, which is created if necessary. `command` names this run in the error of a second
 * one: "predict". Errors: SX_ERR_IO (another run writes there; the message names its command,
 * process, host and start; or the folder cannot be written), SX_ERR_MEMORY. */
sx_claim *sx_claim_open(const char *dir, const char *command, sx_error *err) SX_MUST_USE;
/* Claims one name, `path`, which the run creates as a whole. The journal is `.spinexr-run-NAME` in
 * its folder, so runs with other names may work there at the same time. */
sx_claim *sx_claim_open_name(const char *path, const char *command, sx_error *err) SX_MUST_USE;
/* The same; *taken: it failed because another run holds the claim. For a caller whose users cannot
 * choose another folder, as the message advises. */
sx_claim *sx_claim_try_name(const char *path, const char *command, bool *taken,
                            sx_error *err) SX_MUST_USE;
/* Removes the journal of a killed run that had claimed the name, and the unfinished files that it
 * lists; for a run that finds `path` complete and therefore does not claim it. If another run holds
 * the claim, or something cannot be removed, it stays. */
void sx_claim_sweep_name(const char *path);
/* Ends the run: removes what is still listed, the journal, the lock, and the folder if this run
 * made it and it is empty. NULL is allowed. */
void sx_claim_close(sx_claim *c);

/* The claimed folder; valid as long as the claim. */
const char *sx_claim_dir(const sx_claim *c);

/* An unpredictable name (64 random bits) for a file or folder next to `path`, which is in the
 * claimed folder or below. It is in the journal when the call returns; the caller makes the file
 * with O_EXCL. Error: SX_ERR_IO, SX_ERR_USAGE (`path` is not below the folder). */
bool sx_claim_temporary(sx_claim *c, const char *path, char name[SX_CLAIM_NAME],
                        sx_error *err) SX_MUST_USE;
/* Releases a name whose file has been renamed or removed. It is used again for another path of the
 * same folder, which keeps the journal short for thousands of files. */
void sx_claim_done(sx_claim *c, const char name[SX_CLAIM_NAME]);

/* A name of this form that no journal lists. */
bool sx_claim_draw_name(char name[SX_CLAIM_NAME], sx_error *err) SX_MUST_USE;

/* A new, empty folder with a temporary name next to `path`, on the heap in *temporary. When it is
 * complete, sx_claim_put_folder renames it to `path`. */
bool sx_claim_make_folder(sx_claim *c, const char *path, char **temporary,
                          sx_error *err) SX_MUST_USE;
/* Renames the folder, whose files are on disk (sx_sync_folder), and syncs its name; frees
 * `temporary`, on failure too. A folder that is not renamed is removed with the claim. */
bool sx_claim_put_folder(sx_claim *c, char *temporary, const char *path, sx_error *err) SX_MUST_USE;
/* In an error about a file in the temporary folder, names `path` in its place. */
void sx_claim_name_target(const char *temporary, const char *path, sx_error *err);
/* Whether the last part of a path has the form of a temporary name. */
bool sx_claim_is_temporary(const char *path);

#endif
