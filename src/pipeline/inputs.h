/* The films that a command reads. */
#ifndef SX_PIPELINE_INPUTS_H
#define SX_PIPELINE_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "dicom/dicom_film.h"

typedef struct sx_input {
    char *path;
    size_t study; /* 0..studies-1; a film without StudyInstanceUID is a study of its own */
    /* "" where not known */
    char study_uid[SX_UID_ROOM], series_uid[SX_UID_ROOM], image_uid[SX_UID_ROOM];
    bool readable; /* false: the header could not be read; opening the film reports why */
    char *fault;   /* what is wrong with a folder; NULL: nothing, or opening the film reports it */
} sx_input;

typedef struct sx_inputs {
    /* the films of a study are consecutive; studies and their films are in the order given */
    sx_input *items;
    size_t count, studies;
    const sx_context *context; /* borrowed while they are collected */
    size_t passed_over;        /* files in folders that are not films */
} sx_inputs;

/* Collects `count` arguments: files; folders, with every film below them in order of path; "-" for
 * a list in `list`, one file or folder a line (blank lines are skipped; `list` NULL: "-" is a file
 * as any other). A path that is given directly is always kept, so that an error is reported if it
 * cannot be read. In folders those files are kept whose content is a film (a DICOM file with an
 * image, PNG, JPEG), and those that claim to be one, by their first bytes or by the ending of their
 * name (base/film_name.h), and cannot be read. A folder without films and one that cannot be read
 * are inputs with a fault. A path given twice is read once. Errors: SX_ERR_USAGE (nothing given,
 * an empty list), SX_ERR_IO (the list), SX_ERR_CANCELLED (while waiting for the list). On failure
 * *in is empty. */
bool sx_inputs_collect(const sx_context *context, sx_inputs *in, const char *const *arguments,
                       size_t count, FILE *list, sx_error *err) SX_MUST_USE;
/* Keeps the films that a list names (data/film_list.h): by path, by the last parts of the path, or
 * by either without the ending of a film's file. A name that several films have means all of them.
 * Errors: those of sx_film_list_read; SX_ERR_MISSING, a name that no film has. */
bool sx_inputs_select(sx_inputs *in, const char *list, sx_error *err) SX_MUST_USE;
void sx_inputs_free(sx_inputs *in);

#endif
