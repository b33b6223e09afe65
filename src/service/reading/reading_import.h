/* Films of a data set's folder become films of a project. They stay where they are; the database
 * has their path and the SHA-256 of their bytes, and a file that was replaced is not shown. */
#ifndef SX_SERVICE_READING_READING_IMPORT_H
#define SX_SERVICE_READING_READING_IMPORT_H

#include "base/context_impl.h"
#include "base/progress.h"
#include "data/manifest.h"
#include "service/reading/reading_project.h"

/* {0}: no threads, no progress, no films in the cache. */
typedef struct sx_reading_import_options {
    const sx_context *context;
    sx_progress *progress; /* a step for each film */
    /* Folder of the service, in whose cache of pixels the films are put (reading/pixel_cache.h), so
     * that they are quick when they are first looked at; NULL: none. If the cache cannot be
     * written, a warning says so. */
    const char *folder;
    uint64_t most_bytes; /* of the cache: no film is put into a full one; 0: any number */
    /* Called in the transaction when all is done; false, with *err set, rolls it back. NULL: none.
     */
    bool (*note)(void *user, sx_error *err);
    void *user;
    /* Called after the transaction for each film that was left out because its study was read in a
     * locked round; the message has its path. NULL: such a film is an error. */
    void (*locked)(void *user, const sx_error *why);
    void *locked_user;
} sx_reading_import_options;

typedef struct sx_reading_import_counts {
    size_t films, studies; /* that are new */
    size_t known;          /* films that the project had already */
    size_t locked;         /* films whose study is locked, left out */
    size_t without_file;   /* films of the data set whose file was not found, left out */
    size_t held;           /* of the new films: readers do not get them (reading_held.h) */
    size_t returned;       /* complete tasks of studies that got another film */
    size_t prepared;       /* films whose pixels are in the cache */
} sx_reading_import_counts;

/* Adds the films of *m, all (but for options->locked) or none. A film without a study is a study of
 * its own. A film is held if its header has a BurnedInAnnotation other than NO, or if text is
 * likely in its pixels (dicom/film_text.h). Complete tasks of a study that gets another film are
 * returned (sx_reading_study_grows). Reads every film once, before the transaction, which this call
 * begins and ends. Errors: those of a film that cannot be read or shown, with its path;
 * SX_ERR_MISMATCH: the project has a film or study of this id with other bytes, another study or
 * another split, or a task of the study is locked, or of the studies of all films; SX_ERR_MISSING:
 * no film has a file. */
bool sx_reading_import(sx_db *db, const sx_reading_project *project, const sx_manifest *m,
                       const sx_reading_import_options *options, sx_reading_import_counts *counts,
                       sx_error *err) SX_MUST_USE;

#endif
