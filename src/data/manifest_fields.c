/* Columns, fields and elements that describe films, and those that are called nearly like one and
 * are not read. */
#include <string.h>

#include "base/ascii.h"
#include "base/csv.h"
#include "data/manifest_tables.h"

/* A column that describes films; with the names that are read, the first one if there are both. */
typedef struct known_column {
    const char *names[2];
    const char *keyword; /* DICOM's */
    bool of_person;
} known_column;

static const known_column known_columns[] = {
    { { "patient_id", "patient" }, "PatientID", true },
    { { "study_id", "study_id" }, "StudyInstanceUID", false },
    { { "series_id", "series_id" }, "SeriesInstanceUID", false },
    { { "patient_sex", "sex" }, "PatientSex", true },
    { { "patient_age", "age" }, "PatientAge", true },
};
enum { KNOWN = sizeof known_columns / sizeof *known_columns };

bool sx_manifest_is_alike(const char *a, const char *b) {
    for (;; a++, b++) {
        while (*a && !sx_is_letter(*a) && !sx_is_digit(*a))
            a++;
        while (*b && !sx_is_letter(*b) && !sx_is_digit(*b))
            b++;
        if (!*a || !*b) return *a == *b;
        if (sx_to_upper(*a) != sx_to_upper(*b)) return false;
    }
}

static bool is_nearly(const char *name, const known_column *k) {
    return sx_manifest_is_alike(name, k->names[0]) || sx_manifest_is_alike(name, k->names[1]) ||
           sx_manifest_is_alike(name, k->keyword);
}

static bool note_name(sx_manifest_build *b, const char *path, const char *what, const char *name,
                      const known_column *k, bool empty, sx_error *err) {
    return sx_manifest_note(b, err, "%s: the %s %.80s is not read: its name must be %s%s", path,
                            what, name, k->names[0],
                            empty ? ", which is there without values" : "");
}

/* ---- fields and elements ---- */

static bool contains(const sx_paths *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0) return true;
    return false;
}

bool sx_manifest_note_fields(sx_manifest_build *b, const sx_paths *names, const char *what,
                             const char *path, sx_names *noted, sx_error *err) {
    bool ok = true, fresh = true;
    for (const known_column *k = known_columns; k < known_columns + KNOWN; k++)
        for (size_t i = 0; ok && i < names->count && !contains(names, k->names[0]); i++) {
            if (!is_nearly(names->items[i], k)) continue;
            if (noted) ok = sx_names_put(noted, names->items[i], 0, &fresh, err);
            if (ok && fresh) ok = note_name(b, path, what, names->items[i], k, false, err);
        }
    return ok;
}

/* ---- columns ---- */

/* Whether some row has a value in the column. One that cannot be read is an error elsewhere. */
static bool has_values(const char *path, int column) {
    sx_error why = { 0 };
    sx_csv *c = sx_csv_open(path, &why);
    bool failed = false, some = false;
    while (c && !some && sx_csv_next(c, &failed, &why))
        some = *sx_csv_field(c, column) != '\0';
    sx_csv_close(c);
    return some;
}

/* The column that is read; -1: none. */
static int read_column(const sx_csv *c, const known_column *k) {
    const int column = sx_csv_find(c, k->names[0]);
    return column >= 0 ? column : sx_csv_find(c, k->names[1]);
}

/* A column without values loses nothing, and does not stand for another one that has some. */
static bool note_column(sx_manifest_build *b, const sx_csv *c, const char *path,
                        const known_column *k, int column, sx_error *err) {
    const int other = read_column(c, k);
    if (other == column || !has_values(path, column)) return true;
    if (other >= 0 && has_values(path, other)) return true;
    return note_name(b, path, "column", sx_csv_name(c, (size_t)column), k, other >= 0, err);
}

bool sx_manifest_note_columns(sx_manifest_build *b, const sx_csv *c, const char *path,
                              bool metadata, sx_error *err) {
    bool ok = true, some = sx_csv_find(c, "image_width") >= 0 || sx_csv_find(c, "width") >= 0;
    for (const known_column *k = known_columns; k < known_columns + KNOWN; k++)
        for (size_t i = 0; ok && i < sx_csv_columns(c); i++) {
            if (!is_nearly(sx_csv_name(c, i), k)) continue;
            some = true;
            ok = note_column(b, c, path, k, (int)i, err);
        }
    if (!ok || some || !metadata) return ok;
    return sx_manifest_note(b, err,
                            "%s: has none of the columns patient_id, study_id, series_id, "
                            "patient_sex, patient_age, and is not used",
                            path);
}

bool sx_manifest_describes_persons(const char *path) {
    sx_error why = { 0 };
    sx_csv *c = sx_path_has_ending(path, ".csv") ? sx_csv_open(path, &why) : NULL;
    bool some = false;
    for (const known_column *k = known_columns; c && k < known_columns + KNOWN; k++)
        for (size_t i = 0; k->of_person && i < sx_csv_columns(c); i++)
            some = some || is_nearly(sx_csv_name(c, i), k);
    some = some && sx_csv_find(c, "image_id") >= 0;
    sx_csv_close(c);
    return some;
}
