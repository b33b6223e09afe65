/* Writing a data set in another layout. */
#ifndef SX_DATA_MANIFEST_WRITE_H
#define SX_DATA_MANIFEST_WRITE_H

#include "base/progress.h"
#include "base/str.h"
#include "data/manifest.h"

typedef struct sx_manifest_loss {
    size_t boxes;   /* not written: the target holds image labels only */
    size_t films;   /* not written: annotation CSV and YOLO, abnormal without a box or not known */
    size_t readers; /* boxes and "No finding" rows whose reader the target does not name */
    size_t described; /* films whose study, series, patient, age or sex the target does not name */
    size_t crowds;    /* boxes that are not marked any more as a crowd, or as difficult */
    size_t there;     /* no loss: files that an interrupted run had written already */
} sx_manifest_loss;

typedef struct sx_manifest_target {
    sx_layout layout;
    const char *dir;           /* must not exist */
    bool link;                 /* with symbolic links to the films */
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* started here; may be NULL */
} sx_manifest_target;

/* Writes a folder in a layout that sx_manifest_open reads back. Everything goes to `dir`.partial,
 * which gets its name when it is whole. What an interrupted run left there is taken up, if it was
 * of the same data set and target
 * (`dir`.partial.plan says so), and else refused. COCO, VOC and YOLO need the films' sizes:
 * sx_manifest_headers. Errors: SX_ERR_IO, SX_ERR_MEMORY, SX_ERR_CANCELLED; SX_ERR_MISSING: a size;
 * SX_ERR_UNSUPPORTED: the layout cannot hold a film's id, or only some films have a split. */
bool sx_manifest_write(const sx_manifest *m, const sx_manifest_target *target,
                       sx_manifest_loss *loss, sx_error *err) SX_MUST_USE;

#endif
