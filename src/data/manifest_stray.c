/* Tables that have the name of annotations and not their columns, beside another layout. */
#include <stdio.h>
#include <string.h>

#include "data/manifest_tables.h"

/* Whether a part of the name of a column, such as "xmin" of "image_id;xmin" in a table that another
 * sign separates, is like that of annotations. */
static bool is_nearly_known(const char *name) {
    static const char *const known[] = { "image_id", "lesion_type", "xmin",     "ymin",
                                         "xmax",     "ymax",        "abnormal", "label" };
    char part[64];
    for (size_t n; *name; name += n + (name[n] != '\0')) {
        n = strcspn(name, ";|\t");
        if (n >= sizeof part) continue;
        snprintf(part, sizeof part, "%.*s", (int)n, name);
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (sx_manifest_is_alike(part, known[i])) return true;
    }
    return false;
}

static bool has_nearly_known(const char *path) {
    sx_error why = { 0 };
    sx_csv *c = sx_csv_open(path, &why);
    bool has = false;
    for (size_t i = 0; c && i < sx_csv_columns(c); i++)
        has = has || is_nearly_known(sx_csv_name(c, i));
    sx_csv_close(c);
    return has;
}

/* *found: labels of YOLO or XML files of VOC, in x->folder. */
static bool find_layout(sx_manifest_build *b, const char *root, sx_stray_tables *x, bool *found,
                        sx_error *err) {
    static const char *const xml[] = { "Annotations", "annotations" };
    char images[4096];
    *found = false;
    if (sx_manifest_has_classes(b, root)) {
        x->what = "labels of YOLO";
        *found = sx_manifest_has_below(b, x->folder, root, "labels", "") &&
                 (b->o->images || sx_manifest_has_below(b, images, root, "images", ""));
        for (size_t i = 0; !*found && sx_split_names[i]; i++)
            *found = sx_manifest_has_below(b, x->folder, root, "%s/labels", sx_split_names[i]);
    }
    for (size_t i = 0; !*found && i < sizeof xml / sizeof *xml; i++) {
        x->what = "XML files of VOC";
        if (sx_manifest_has_below(b, x->folder, root, xml[i], "") &&
            !sx_manifest_has_files(x->folder, ".xml", found, err))
            return false;
    }
    return true;
}

/* *lacking: all tables of that name lack the columns of annotations; nearly: one of them has a
 * column that is called nearly like one. */
static void see_tables(sx_manifest_build *b, const char *root, const char *pattern,
                       sx_error *lacking, bool *nearly) {
    char path[4096];
    for (size_t i = 0; sx_split_names[i] && (i == 0 || strstr(pattern, "%s")); i++) {
        sx_error missing = { 0 };
        if (!sx_manifest_has_below(b, path, root, pattern, sx_split_names[i])) continue;
        if (sx_manifest_csv_fits(path, NULL, &missing) || missing.code != SX_ERR_MISSING) {
            lacking->code = SX_OK;
            return;
        }
        if (!lacking->code) *lacking = missing;
        *nearly = *nearly || has_nearly_known(path);
    }
}

bool sx_manifest_is_stray(sx_manifest_build *b, const char *root, const char *pattern,
                          sx_stray_tables *x, bool *stray, sx_error *err) {
    sx_error lacking = { 0 };
    bool nearly = false, found = false;
    *stray = false;
    if (b->o->label_column || !sx_path_has_ending(pattern, ".csv")) return true;
    see_tables(b, root, pattern, &lacking, &nearly);
    if (!lacking.code) return true;
    if (!find_layout(b, root, x, &found, err)) return false;
    if (found && nearly)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "%.120s: two layouts: %s (%.120s), and a table to correct, or to rename if "
                       "they are meant: %s",
                       root, x->what, x->folder, lacking.message);
    *stray = found;
    if (found && !x->why.code) x->why = lacking;
    return true;
}
