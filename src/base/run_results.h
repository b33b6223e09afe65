/* The results of earlier runs in a folder, by the journal that these left (base/run_folder.h). */
#ifndef SX_BASE_RUN_RESULTS_H
#define SX_BASE_RUN_RESULTS_H

#include "base/fail.h"
#include "base/names.h"

/* Adds the files that the journal in `dir` lists as results, relative to `dir`. No journal, or one
 * that cannot be read: none. SX_ERR_MEMORY. Free *results with sx_names_free, also after an
 * error. */
bool sx_run_results_read(const char *dir, sx_names *results, sx_error *err) SX_MUST_USE;

#endif
