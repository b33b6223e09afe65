/* Inside the writer of data sets: manifest_write.c makes the folder, manifest_layouts.c the text of
 * the files, manifest_put.c the files. */
#ifndef SX_DATA_MANIFEST_WRITE_IMPL_H
#define SX_DATA_MANIFEST_WRITE_IMPL_H

#include "data/manifest_write.h"

typedef struct sx_manifest_writing {
    const sx_manifest *m;
    const char *dir; /* the unfinished one */
    sx_manifest_loss *loss;
    const sx_manifest_target *to;
    bool resumed;
} sx_manifest_writing;

/* One more film; false: it is time to stop. */
bool sx_manifest_step(const sx_manifest_writing *w, sx_error *err) SX_MUST_USE;
/* The path of a file below the folder, fmt with a and b. SX_ERR_LIMIT: too long. */
bool sx_manifest_path(const sx_manifest_writing *w, char path[4096], const char *fmt, const char *a,
                      const char *b, sx_error *err) SX_PRINTF(3, 0) SX_MUST_USE;
/* Whether a file with these very bytes exists. */
bool sx_manifest_is_there(const char *path, const sx_str *text);
/* Writes text, and frees it, to a file below the folder whose name is fmt with a and b. */
bool sx_manifest_put(const sx_manifest_writing *w, const char *fmt, const char *a, const char *b,
                     sx_str *text, sx_error *err) SX_PRINTF(2, 0) SX_MUST_USE;
/* ".png": as the film's file ends; "" where there is none. */
const char *sx_manifest_ending(const sx_manifest_film *f);
/* Whether the film is written at all; YOLO would call one that is abnormal or unknown normal for
 * want of a box. */
bool sx_manifest_has_place(const sx_manifest_film *f, sx_layout layout);
bool sx_manifest_in_split(const sx_manifest *m, sx_split s);

/* Whether the layout can hold this set: SX_ERR_UNSUPPORTED, SX_ERR_MISSING (a size). */
bool sx_manifest_can_hold(const sx_manifest *m, sx_layout layout, sx_error *err) SX_MUST_USE;
/* All files of annotations. */
bool sx_manifest_write_layout(const sx_manifest_writing *w, sx_error *err) SX_MUST_USE;

#endif
