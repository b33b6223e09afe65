/* Publishes a data set: a folder that others can check, cite and use (docs/publish.md). */
#ifndef SX_PUBLISH_SET_RELEASE_H
#define SX_PUBLISH_SET_RELEASE_H

#include "data/film_export.h"
#include "data/manifest_write.h"

typedef struct sx_set_release {
    const char *set;           /* the data set: a folder or a file of annotations */
    const char *images;        /* folder of its films; NULL: the layout's */
    const char *about;         /* YAML file of texts (publish/set_about.h) */
    const char *out;           /* must not exist */
    sx_layout to;              /* SX_LAYOUT_AUTO: the data set's own */
    sx_film_export films;      /* how the films are written */
    const sx_names *approved;  /* lesion names that identify nobody; NULL: none */
    const sx_context *context; /* borrowed; may be NULL */
    sx_progress *progress;     /* started here, several times; may be NULL */
    /* Called for each reason for which the set is not published, in order. */
    void (*refused)(void *user, const char *why);
    void *user;
} sx_set_release;

typedef struct sx_set_release_totals {
    size_t films, boxes, classes, files;
    size_t refused;    /* reasons */
    size_t unanswered; /* questions of the datasheet */
    bool no_url;       /* croissant.json lacks the address, which Croissant 1.0 requires */
    sx_layout layout;
    sx_manifest_loss loss;
} sx_set_release_totals;

/* Reads the films, checks them as `data check` does and that they passed de-identification
 * (publish/set_passed.h), and writes the folder: films, annotations, lists of the splits,
 * croissant.json, DATASHEET.md, README.md, LICENSE, index.html, SHA256SUMS. The folder gets its
 * name when it is complete. Errors: SX_ERR_MISMATCH (refused; totals->refused says how often; or a
 * film changed meanwhile), SX_ERR_UNSUPPORTED (the layout cannot hold the set without a loss of
 * films or boxes), those of
 * sx_about_open, sx_manifest_open, sx_manifest_headers and sx_manifest_write. */
bool sx_set_release_write(const sx_set_release *r, sx_set_release_totals *totals,
                          sx_error *err) SX_MUST_USE;

#endif
