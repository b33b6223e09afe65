/* The films that a command reads. */
#ifndef SX_PIPELINE_INPUTS_H
#define SX_PIPELINE_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/context_impl.h"
#include "base/fail.h"

typedef struct sx_input {
    char *path;
    bool readable; /* false: the header could not be read; opening the film reports why */
    char *fault;   /* the error of a folder; NULL: none, or opening the film reports it */
    char *id;      /* the film's name in results (sx_inputs_name); NULL: none yet, or a fault */
} sx_input;

typedef struct sx_inputs {
    sx_input *items; /* [count], in the order given; films of a folder by path */
    size_t count;
    const sx_context *context; /* borrowed while they are collected */
    /* Files in folders that are not films, or results of earlier runs; each is logged with the
     * reason, SX_LOG_DEBUG. */
    size_t passed_over;
} sx_inputs;

/* Collects the films that `count` arguments name. An argument is a file, a folder, or "-". "-"
 * stands for the list in `list`, which has one file or folder per line (blank lines are skipped);
 * if `list` is NULL, "-" is the name of a file. A file that is named directly is always kept, so
 * that an error is reported if it cannot be read. Of a folder and its subfolders, two kinds of
 * files are kept, in order of path: films (a DICOM file with an image, PNG, JPEG), and files that
 * cannot be read although their first bytes or the ending of their name (base/film_name.h) are
 * those of a film. Results of an earlier run (base/run_results.h) are left out. A folder without
 * films, or one that cannot be read, becomes an input with a fault. A path that is given twice is
 * kept once. Errors: SX_ERR_USAGE (nothing given, an empty list), SX_ERR_IO (the list),
 * SX_ERR_CANCELLED (while waiting for the list), SX_ERR_MEMORY. On failure *in is empty. */
bool sx_inputs_collect(const sx_context *context, sx_inputs *in, const char *const *arguments,
                       size_t count, FILE *list, sx_error *err) SX_MUST_USE;
/* Keeps the films that a list names (data/film_list.h): by path, by the last parts of the path, or
 * by either without the file name's ending. A name that several films have selects all of them.
 * Errors: those of sx_film_list_read; SX_ERR_MISSING (a name that no film has). */
bool sx_inputs_select(sx_inputs *in, const char *list, sx_error *err) SX_MUST_USE;
/* Gives each film an id, in UTF-8 and different from those of all others: the file's name without
 * folder and ending; if other films have the same, the path below the folder that all films have in
 * common, without the ending ("p1/a"); for files of one name in a folder, with it ("p1/a.dcm"). If
 * these are equal too, because only an escape tells two names apart or a file is named by two
 * paths, all but one get a number ("a-2"); a name that is UTF-8 keeps its id. The ids depend only
 * on the list of films, so that all ranks of a run compute the same ones, and not on the order of
 * films of different paths. Call it when the list is complete. The error is SX_ERR_MEMORY. */
bool sx_inputs_name(sx_inputs *in, sx_error *err) SX_MUST_USE;
void sx_inputs_free(sx_inputs *in);

#endif
