/* A folder that holds the results of one run: predict, explain, train.
 *
 * It is claimed (base/claim.h) while the run works. The journal, `.spinexr-run`, lists every result
 * before it is written, and is kept after the run. It tells the next run which files are results of
 * an earlier run. Only these are removed or replaced. */
#ifndef SX_BASE_RUN_FOLDER_H
#define SX_BASE_RUN_FOLDER_H

#include <stddef.h>

#include "base/claim.h"

typedef struct sx_run_folder sx_run_folder;

typedef struct sx_run_folder_rules {
    const char *command; /* "predict" */
    /* The names of results, relative to the folder, as fnmatch() takes them; a star stands for
     * any text without a slash. [pattern_count] */
    const char *const *patterns;
    size_t pattern_count;
    /* Subfolders that may contain results. [folder_count] */
    const char *const *folders;
    size_t folder_count;
    /* The first lasting_count patterns name results that are worth keeping even if their run did
     * not finish; 0: the results of an unfinished run are replaced. */
    size_t lasting_count;
    const char *advice; /* what the user may do about a folder in use: "--overwrite replaces it" */
    bool overwrite;     /* replace the results of an earlier run */
    bool resume;        /* keep them and continue */
} sx_run_folder_rules;

/* Claims `dir`, which is created if necessary, and examines its files:
 * - nothing that looks like a result: fine;
 * - results of a run that finished, or results worth keeping: refused without overwrite or resume;
 * - results of a run that was killed: fine, they will be replaced;
 * - files with a result's name that no journal lists: refused, also with overwrite; with resume
 * only if none of them is worth keeping, since then there is no run to resume;
 * - results of another kind of command, by the journal: refused always.
 * `rules` and what it points to must outlive the folder. Changes nothing yet. Errors: SX_ERR_IO,
 * SX_ERR_MEMORY, those of sx_claim_open. */
sx_run_folder *sx_run_folder_open(const char *dir, const sx_run_folder_rules *rules,
                                  sx_error *err) SX_MUST_USE;
/* Removes the earlier run's results, and subfolders that are then empty, unless resumed. */
bool sx_run_folder_begin(sx_run_folder *f, sx_error *err) SX_MUST_USE;
/* Lists results, relative to the folder, before they are written. From any thread. */
bool sx_run_folder_list(sx_run_folder *f, const char *const *names, size_t count,
                        sx_error *err) SX_MUST_USE;
sx_claim *sx_run_folder_claim(const sx_run_folder *f);
/* Ends the run. Not `finished`: its files are treated like those of a killed run. Without
 * sx_run_folder_begin the folder is not changed. NULL is allowed. */
void sx_run_folder_close(sx_run_folder *f, bool finished);

#endif
