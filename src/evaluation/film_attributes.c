#include "evaluation/film_attributes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"
#include "base/csv.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/dicom_film.h"

/* ---- from a CSV ---- */

typedef struct alias {
    const char *name, *column;
} alias;

static const alias aliases[] = {
    { "sex", "patient_sex" },        { "age", "patient_age" },     { "maker", "manufacturer" },
    { "width", "image_width" },      { "height", "image_height" }, { "bits", "bits_stored" },
    { "syntax", "transfer_syntax" },
};

/* The column of that name, or of the name that `data meta` gives to it; -1: none. */
static int column_of(const sx_csv *c, const char *name) {
    int column = sx_csv_find(c, name);
    for (size_t i = 0; column < 0 && i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(name, aliases[i].name) == 0) column = sx_csv_find(c, aliases[i].column);
    return column;
}

typedef struct columns {
    int image, value;
    int width, height; /* for film_size and aspect; -1: not used */
} columns;

/* False: this table does not have the attribute. */
static bool find_columns(const sx_csv *c, const char *name, columns *to) {
    const bool sized = strcmp(name, "film_size") == 0 || strcmp(name, "aspect") == 0;
    to->image = sx_csv_find(c, "image_id");
    to->value = column_of(c, name);
    to->width = to->height = -1;
    if (to->value < 0 && sized) {
        to->width = sx_csv_find(c, "image_width");
        to->height = sx_csv_find(c, "image_height");
    }
    return to->image >= 0 && (to->value >= 0 || (to->width >= 0 && to->height >= 0));
}

static void put_size(const char *name, double width, double height, char *buf, size_t size) {
    if (!(width > 0) || !(height > 0))
        buf[0] = '\0';
    else if (strcmp(name, "aspect") == 0)
        snprintf(buf, size, "%.6g", width / height);
    else
        snprintf(buf, size, "%.4f", width * height / 1e6);
}

static bool set_value(char **to, const char *text, sx_error *err) {
    *to = sx_strdup(text);
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for attributes");
}

static bool read_row(const sx_csv *c, const columns *at, const sx_truth *t, const char *name,
                     sx_attribute *a, sx_error *err) {
    char size[64];
    const char *text = sx_csv_field(c, at->value);
    const long film = sx_truth_film(t, sx_csv_field(c, at->image));
    if (film < 0) return true; /* a table may describe more films */
    if (at->value < 0) {
        double width, height;
        if (!sx_csv_double(c, at->width, &width, err) ||
            !sx_csv_double(c, at->height, &height, err))
            return false;
        put_size(name, width, height, size, sizeof size);
        text = size;
    }
    if (!text[0]) return true;
    if (!a->values[film]) return set_value(&a->values[film], text, err);
    return strcmp(a->values[film], text) == 0 ||
           sx_csv_fail(c, err, "film \"%s\" has two values of %s: %s and %s",
                       sx_csv_field(c, at->image), name, a->values[film], text);
}

/* *found: the table has the attribute. */
static bool read_table(const char *path, const sx_truth *t, const char *name, sx_attribute *a,
                       bool *found, sx_error *err) {
    columns at;
    bool failed = false;
    sx_csv *c = sx_csv_open(path, err);
    if (!c) return false;
    *found = find_columns(c, name, &at);
    bool ok = true;
    while (*found && ok && sx_csv_next(c, &failed, err))
        ok = read_row(c, &at, t, name, a, err);
    ok = ok && !failed;
    if (ok && *found) ok = set_value(&a->origin, path, err);
    sx_csv_close(c);
    return ok;
}

/* ---- from headers ---- */

typedef struct header_work {
    const sx_attribute_sources *from;
    const char *name;
    sx_attribute *a;
    sx_error *errors; /* [film_count] */
} header_work;

static const char *const header_names[] = { "sex",    "age",    "view",        "body_part",
                                            "maker",  "device", "photometric", "film_size",
                                            "aspect", "width",  "height",      "spacing",
                                            "bits",   "syntax", "mean_grey" };

static bool is_header_name(const char *name) {
    for (size_t i = 0; i < sizeof header_names / sizeof *header_names; i++)
        if (strcmp(name, header_names[i]) == 0) return true;
    return false;
}

/* The mean grey value of the film as the networks see it, 0 to 255. */
static bool put_mean_grey(const sx_film *f, char *buf, size_t size, sx_error *err) {
    sx_image grey = { 0 };
    double sum = 0;
    if (!sx_film_to_8bit_named(f, SX_PIXELS_AUTO, &grey, err)) return false;
    const size_t n = sx_image_bytes(&grey);
    for (size_t i = 0; i < n; i++)
        sum += sx_image_u8(&grey)[i];
    snprintf(buf, size, "%.3f", sum / (double)n);
    sx_image_free(&grey);
    return true;
}

static const char *text_of(const char *name, const sx_film_info *i) {
    return strcmp(name, "sex") == 0           ? i->sex
           : strcmp(name, "view") == 0        ? i->view
           : strcmp(name, "body_part") == 0   ? i->body_part
           : strcmp(name, "maker") == 0       ? i->manufacturer
           : strcmp(name, "device") == 0      ? i->device
           : strcmp(name, "photometric") == 0 ? i->photometric
           : strcmp(name, "syntax") == 0      ? i->transfer_syntax
                                              : NULL;
}

static bool describe(const char *name, const sx_film *f, char *buf, size_t size, sx_error *err) {
    const sx_film_info *i = &f->info;
    const char *text = text_of(name, i);
    buf[0] = '\0';
    if (text)
        snprintf(buf, size, "%s", text);
    else if (strcmp(name, "mean_grey") == 0)
        return put_mean_grey(f, buf, size, err);
    else if (strcmp(name, "width") == 0)
        snprintf(buf, size, "%d", f->width);
    else if (strcmp(name, "height") == 0)
        snprintf(buf, size, "%d", f->height);
    else if (strcmp(name, "film_size") == 0 || strcmp(name, "aspect") == 0)
        put_size(name, f->width, f->height, buf, size);
    else if (f->kind != SX_FILM_DICOM)
        return true;
    else if (strcmp(name, "age") == 0 && !isnan(i->age))
        snprintf(buf, size, "%.4g", i->age);
    else if (strcmp(name, "spacing") == 0 && !isnan(i->spacing[0]))
        snprintf(buf, size, "%.6g", i->spacing[0]);
    else if (strcmp(name, "bits") == 0)
        snprintf(buf, size, "%d", i->bits_stored);
    return true;
}

static void read_headers(void *ctx, size_t begin, size_t end) {
    const header_work *w = ctx;
    for (size_t i = begin; i < end && !sx_context_cancelled(w->from->context); i++) {
        char text[300];
        const char *path = w->from->films->paths[i];
        sx_film_warnings warnings = { 0 };
        const sx_film_options how = { .header_only = strcmp(w->name, "mean_grey") != 0,
                                      .warnings = &warnings };
        sx_film *f = path ? sx_film_open(path, &how, &w->errors[i]) : NULL;
        if (!f) continue;
        if (describe(w->name, f, text, sizeof text, &w->errors[i]) && text[0] &&
            !(w->a->values[i] = sx_strdup(text)))
            sx_fail(&w->errors[i], SX_ERR_MEMORY, "out of memory for attributes");
        sx_film_notes_add(w->from->films->notes, path, &warnings);
        sx_film_free(f);
    }
}

static bool read_all_headers(const sx_attribute_sources *from, const char *name, sx_attribute *a,
                             sx_error *err) {
    header_work w = { from, name, a,
                      sx_calloc_for(a->film_count + 1, sizeof(sx_error), "films", err) };
    if (!w.errors) return false;
    sx_parallel_for(from->context, a->film_count, 16, read_headers, &w);
    bool ok = sx_context_check(from->context, err);
    for (size_t i = 0; ok && i < a->film_count; i++)
        if (w.errors[i].code != SX_OK)
            ok = sx_fail(err, w.errors[i].code, "%s", w.errors[i].message);
    free(w.errors);
    return ok && set_value(&a->origin, "headers", err);
}

/* ---- */

static bool is_csv(const char *path) {
    const size_t n = path ? strlen(path) : 0;
    return n > 4 && strcmp(path + n - 4, ".csv") == 0;
}

static bool no_source(const sx_attribute_sources *from, const char *name, sx_error *err) {
    if (is_header_name(name))
        return sx_fail(err, SX_ERR_MISSING,
                       "--subgroup %s: no column %s in %s, and no headers to read it from (--films "
                       "DIR, or --meta FILE of data meta)",
                       name, name, from->table ? from->table : from->truth_path);
    return sx_fail(err, SX_ERR_MISSING,
                   "--subgroup %s: no such column in %s; headers have sex, age, view, body_part, "
                   "maker, device, photometric, film_size and aspect",
                   name, from->table ? from->table : from->truth_path);
}

static bool read_from(const sx_attribute_sources *from, const sx_truth *t, const char *name,
                      sx_attribute *a, sx_error *err) {
    bool found = false;
    if (from->table && !read_table(from->table, t, name, a, &found, err)) return false;
    if (!found && is_csv(from->truth_path) &&
        !read_table(from->truth_path, t, name, a, &found, err))
        return false;
    if (found) return true;
    if (from->films && is_header_name(name)) return read_all_headers(from, name, a, err);
    return no_source(from, name, err);
}

static void drop_value(sx_attribute *a, size_t film) {
    if (!a->no_age++) snprintf(a->no_age_text, sizeof a->no_age_text, "%s", a->values[film]);
    free(a->values[film]);
    a->values[film] = NULL;
}

/* Ages as numbers of years, if more than half of the values are ages: one that is none, such as
 * "unknown", does not turn the bands into texts. */
static bool unify_ages(const char *name, sx_attribute *a, sx_error *err) {
    const bool named = strcmp(name, "age") == 0 || strcmp(name, "patient_age") == 0;
    size_t known = 0, ages = 0;
    for (size_t i = 0; i < a->film_count; i++) {
        if (!a->values[i]) continue;
        known++;
        ages += named ? !isnan(sx_age_years(a->values[i])) : sx_is_dicom_age(a->values[i]);
    }
    a->age = 2 * ages > known;
    for (size_t i = 0; a->age && i < a->film_count; i++) {
        char text[40];
        if (!a->values[i]) continue;
        const double years = sx_age_years(a->values[i]);
        if (isnan(years)) {
            drop_value(a, i);
            continue;
        }
        snprintf(text, sizeof text, "%.6g", years);
        free(a->values[i]);
        if (!set_value(&a->values[i], text, err)) return false;
    }
    return true;
}

bool sx_attribute_read(const sx_attribute_sources *from, const sx_truth *t, const char *name,
                       sx_attribute *a, sx_error *err) {
    *a = (sx_attribute){ .film_count = t->films.count };
    a->values = sx_calloc_for(a->film_count + 1, sizeof *a->values, "attributes", err);
    if (a->values && read_from(from, t, name, a, err) && unify_ages(name, a, err)) return true;
    sx_attribute_free(a);
    return false;
}

void sx_attribute_free(sx_attribute *a) {
    for (size_t i = 0; a->values && i < a->film_count; i++)
        free(a->values[i]);
    free(a->values);
    free(a->origin);
    *a = (sx_attribute){ 0 };
}
