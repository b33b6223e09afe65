/* Internal to the writer of data sets: manifest_write.c makes the folder, manifest_layouts.c the
 * texts, manifest_put.c the files. */
#ifndef SX_DATA_MANIFEST_WRITE_IMPL_H
#define SX_DATA_MANIFEST_WRITE_IMPL_H

#include "data/manifest_write.h"

typedef struct sx_manifest_writing {
    const sx_manifest *m;
    const char *dir; /* the folder that is being written */
    sx_manifest_loss *loss;
    const sx_manifest_target *to;
    bool *failed; /* [film_count] films that could not be exported; NULL: none was */
    bool resumed; /* a file that has these bytes already is not written again */
} sx_manifest_writing;

/* Counts one more film. False: the context is cancelled. */
bool sx_manifest_step(const sx_manifest_writing *w, sx_error *err) SX_MUST_USE;
/* The path of a file below the folder: fmt with a and b. SX_ERR_LIMIT: it is too long. */
bool sx_manifest_path(const sx_manifest_writing *w, char path[4096], const char *fmt, const char *a,
                      const char *b, sx_error *err) SX_PRINTF(3, 0) SX_MUST_USE;
/* Writes a text to that file, and frees it. */
bool sx_manifest_put(const sx_manifest_writing *w, const char *fmt, const char *a, const char *b,
                     sx_str *text, sx_error *err) SX_PRINTF(2, 0) SX_MUST_USE;
/* The ending of the film's file, or of the one that is written, e.g. ".png"; "": it has no file. */
const char *sx_manifest_ending(const sx_manifest_film *f, const sx_manifest_target *to);
/* Whether the film has the size that the layout needs. */
bool sx_manifest_is_sized(const sx_manifest_film *f, const sx_manifest_target *to);
/* Whether the film should have been exported and could not be. */
bool sx_manifest_has_failed(const sx_manifest_writing *w, const sx_manifest_film *f);
/* Whether the film is written: it is sized and was exported if it should be, and in YOLO, where a
 * film without a box is normal, it is neither abnormal without a box nor unlabelled. */
bool sx_manifest_has_place(const sx_manifest_writing *w, const sx_manifest_film *f);
/* Counts the origins of the films' sizes. SX_ERR_MISSING: no film is sized. */
bool sx_manifest_count_sizes(const sx_manifest *m, const sx_manifest_target *to,
                             sx_manifest_loss *loss, sx_error *err) SX_MUST_USE;
bool sx_manifest_in_split(const sx_manifest *m, sx_split s);

/* Error: SX_ERR_UNSUPPORTED, the layout cannot hold this set. */
bool sx_manifest_can_hold(const sx_manifest *m, sx_layout layout, sx_error *err) SX_MUST_USE;
/* Writes all files of annotations. */
bool sx_manifest_write_layout(const sx_manifest_writing *w, sx_error *err) SX_MUST_USE;

#endif
