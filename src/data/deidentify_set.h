/* De-identifies the films of a data set and its annotations. */
#ifndef SX_DATA_DEIDENTIFY_SET_H
#define SX_DATA_DEIDENTIFY_SET_H

#include "data/deidentify.h"
#include "data/manifest.h"

typedef struct sx_deidentify_set_totals {
    sx_deidentify_totals films;
    size_t annotated;      /* films in the new annotations; 0: no annotations are written */
    size_t left_out;       /* films of the data set that are missing or were rejected */
    size_t left_out_boxes; /* their boxes */
    size_t missing;        /* those of them that have no file */
    size_t unlisted;       /* film files that the annotations do not name: in `unlisted`/ */
    size_t others;         /* not copied: no films or annotations, or results of earlier runs */
} sx_deidentify_set_totals;

/* Writes the films of `m` below d->out (images/ or JPEGImages/; YOLO: images/SPLIT/) and the
 * annotations in the layout of `m`, so that sx_manifest_open reads d->out. Images get their new SOP
 * Instance UID as id; studies, series and patients the replacements that the films have. Readers
 * keep a name of R and up to three digits, and get a replacement otherwise. Ages and sexes are kept
 * only with keep_patient. Lesion names are kept. If one has words of no vocabulary and is not in
 * d->lesion_names, nothing is written; if one repeats a name, identifier or date of a film, no
 * annotations are written (SX_ERR_UNSUPPORTED). `root`: folder of the data set, or its file of
 * annotations; in a folder, films that are not in `m` are written too. d->files, folders, written
 * and ctx of d are not used, and `refused` and `cleaned` must not use their ctx. *m becomes the new
 * data set. Errors: as sx_deidentify_run and sx_manifest_write. */
bool sx_deidentify_set(const sx_deidentify *d, const char *root, sx_manifest *m,
                       sx_deidentify_set_totals *totals, sx_error *err) SX_MUST_USE;

/* Whether a reader's name stays in de-identification: "", or R and up to three digits, as in the
 * published data sets. A longer number may be a patient's. */
bool sx_deid_plain_reader(const char *name);

#endif
