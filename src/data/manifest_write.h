/* Writes a data set in another layout. */
#ifndef SX_DATA_MANIFEST_WRITE_H
#define SX_DATA_MANIFEST_WRITE_H

#include "base/progress.h"
#include "base/str.h"
#include "data/film_export.h"
#include "data/manifest.h"

typedef struct sx_manifest_loss {
    size_t boxes; /* not written: the target holds image labels only */
    /* Not written: annotation CSV and YOLO cannot hold a film that is abnormal without a box, or
     * unlabelled. */
    size_t films;
    size_t readers;        /* boxes and "No finding" rows that lose their reader */
    size_t described;      /* films that lose their study, series, patient, age or sex */
    size_t no_ages;        /* films that lose a text that is not an age */
    size_t contradictions; /* second ages and second sexes of films */
    size_t crowds;         /* boxes that lose the attribute crowd or difficult */
    size_t folders; /* COCO: films whose id loses its folders, because no other has their name */
    /* Not written, with their boxes: COCO, VOC and YOLO need a size and there is none, or YOLO
     * needs one that was read from the film (see stated_sizes). */
    size_t unsized, unsized_boxes;
    size_t other_sizes; /* no loss: the film's size replaces one that the annotations state */
    /* Not written, with their boxes: films that target->films could not convert; each is logged. */
    size_t unwritten, unwritten_boxes;
    size_t unchecked_sizes; /* no loss: written as the annotations state it, without a file */
} sx_manifest_loss;

typedef struct sx_manifest_target {
    sx_layout layout;
    const char *dir; /* must not exist */
    bool link;       /* add symbolic links to the films */
    /* Write the films too, in this way; NULL: do not. Not with `link`. After sx_film_export_fit if
     * they are made smaller. */
    const sx_film_export *films;
    /* YOLO's boxes are fractions of the size, so a wrong size moves them. This option uses the size
     * in the annotations for films without a file. */
    bool stated_sizes;
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* started here; may be NULL */
    const char *command;       /* in the error of a second run; NULL: "data convert" */
    /* Adds files to the folder, which has its temporary name, when all others are written; NULL:
     * none. */
    bool (*add)(void *user, const char *folder, const sx_manifest_loss *loss, sx_error *err);
    void *user;
} sx_manifest_target;

/* Writes a folder that sx_manifest_open can read. All files are written to a folder with a
 * temporary name (base/claim.h), which is renamed to `dir` when it is complete. Call
 * sx_manifest_headers first. Errors: SX_ERR_IO, SX_ERR_MEMORY, SX_ERR_CANCELLED, SX_ERR_MISSING (no
 * film has a size, or none could be converted), SX_ERR_UNSUPPORTED (the layout cannot hold a film's
 * id, or only some films have a split). */
bool sx_manifest_write(const sx_manifest *m, const sx_manifest_target *target,
                       sx_manifest_loss *loss, sx_error *err) SX_MUST_USE;
/* SX_ERR_UNSUPPORTED: some films have a split and others have none, which only image labels hold.
 * The error names the first one and where to state its split. */
bool sx_manifest_check_splits(const sx_manifest *m, sx_error *err) SX_MUST_USE;
/* Whether sizes are written: COCO, VOC and YOLO need them, the others keep those that are
 * stated. */
bool sx_manifest_has_sizes(const sx_manifest *m, sx_layout layout);

#endif
