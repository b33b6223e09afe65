#include "models/weights_use.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

static const char points_key[] = "spinexr.operating_points";

/* Values for each class, by its name, and the names of the calibration that they belong to. */
static const char *const of_classes[] = { "gates", "fusion", "operating_points", NULL };
static const char *const of_calibration[] = { "calibration", "calibration_tiles",
                                              "calibration_classifiers", "calibration_detectors",
                                              NULL };

enum { KEY_ROOM = 96 };

/* ---- operating points ---- */

static bool refuse(const sx_weights *w, sx_error *err, const char *class_name, const char *fault) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s: %.60s%s", sx_weights_path(w), points_key,
                   class_name, fault);
}

int sx_class_find(const char *const *class_names, int class_count, const char *name) {
    int i = 0;
    while (i < class_count && strcmp(class_names[i], name) != 0)
        i++;
    return i < class_count ? i : -1;
}

/* A score from 0 to 1; NaN: it is none. */
static double score_of(const json_t *object, const char *key) {
    const json_t *v = json_object_get(object, key);
    const double score = json_is_number(v) ? json_number_value(v) : (double)NAN;
    return score >= 0 && score <= 1 ? score : (double)NAN;
}

static bool read_class(const sx_weights *w, const char *name, const json_t *value,
                       sx_class_points *out, sx_error *err) {
    *out = (sx_class_points){ score_of(value, "sensitive"), score_of(value, "specific") };
    if (json_object_size(value) != 2 || isnan(out->sensitive) || isnan(out->specific))
        return refuse(w, err, name, " lacks a score \"sensitive\" or \"specific\" from 0 to 1");
    return out->sensitive <= out->specific ||
           refuse(w, err, name, ": the sensitive score is above the specific one");
}

static bool read_classes(const sx_weights *w, json_t *object, const char *const *class_names,
                         int class_count, sx_class_points *out, sx_error *err) {
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        const int i = sx_class_find(class_names, class_count, name);
        if (i < 0) return refuse(w, err, name, " is not a class of this network");
        if (!read_class(w, name, value, &out[i], err)) return false;
    }
    return true;
}

bool sx_class_points_read(const sx_weights *w, const char *const *class_names, int class_count,
                          sx_class_points **out, sx_error *err) {
    const char *text = sx_weights_meta(w, points_key);
    *out = NULL;
    if (!text) return true;
    sx_error why = { 0 };
    json_t *object = sx_json_parse(text, strlen(text), true, NULL, &why);
    sx_class_points *points = NULL;
    bool ok =
        object || sx_fail(err, why.code, "%s: %s: %s", sx_weights_path(w), points_key, why.message);
    if (ok && !json_is_object(object)) ok = refuse(w, err, "", "not a JSON object");
    if (ok) points = sx_calloc_for((size_t)class_count + 1, sizeof *points, points_key, err);
    for (int i = 0; points && i < class_count; i++)
        points[i] = (sx_class_points){ NAN, NAN };
    ok = points && read_classes(w, object, class_names, class_count, points, err);
    const bool none = json_object_size(object) == 0; /* "{}" is a network without points */
    json_decref(object);
    if (ok && !none)
        *out = points;
    else
        free(points);
    return ok;
}

bool sx_class_points_text(const sx_class_points *points, const char *const *class_names,
                          int class_count, sx_str *out, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    for (int i = 0; i < class_count; i++) {
        if (isnan(points[i].sensitive)) continue;
        sx_json at = sx_json_object(root, class_names[i]);
        sx_json_number(at, "sensitive", points[i].sensitive);
        sx_json_number(at, "specific", points[i].specific);
    }
    const bool ok = sx_json_print(&doc, SX_JSON_COMPACT, out, err);
    sx_json_free(&doc);
    return ok;
}

/* ---- films and date ---- */

static const char *beside(const char *name, const char *suffix, char key[KEY_ROOM]) {
    snprintf(key, KEY_ROOM, "spinexr.%s%s", name, suffix);
    return key;
}

/* The number that the first n digits are. */
static int number_of(const char *digits, size_t n) {
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = 10 * value + (digits[i] - '0');
    return value;
}

/* A day of the calendar, YYYY-MM-DD. */
static bool is_date(const char *s) {
    static const char shape[] = "dddd-dd-dd";
    static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    size_t i = 0;
    while (shape[i] && (shape[i] == 'd' ? sx_is_digit((unsigned char)s[i]) : s[i] == '-'))
        i++;
    if (shape[i] || s[i]) return false;
    const int year = number_of(s, 4), month = number_of(s + 5, 2), day = number_of(s + 8, 2);
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (leap || month != 2 || day <= 28);
}

bool sx_weights_set_fitted(sx_weights *w, const char *name, const char *value,
                           const char *chosen_on, sx_error *err) {
    char key[KEY_ROOM], today[16];
    sx_today(today, sizeof today);
    return sx_weights_set_meta(w, beside(name, "", key), value, err) &&
           sx_weights_set_meta(w, beside(name, "_chosen_on", key), chosen_on, err) &&
           sx_weights_set_meta(w, beside(name, "_date", key), today, err);
}

bool sx_weights_fitted(const sx_weights *w, const char *name, const char **chosen_on,
                       const char **date, sx_error *err) {
    char key[KEY_ROOM];
    const char *on = sx_weights_meta(w, beside(name, "_chosen_on", key)),
               *day = sx_weights_meta(w, beside(name, "_date", key));
    *chosen_on = on ? on : "";
    *date = day ? day : "";
    return !day || is_date(day) ||
           sx_fail(err, SX_ERR_FORMAT, "%s: %s is %.40s, not a date such as 2026-11-28",
                   sx_weights_path(w), key, day);
}

/* Removes spinexr.NAME with what describes it, and appends the name. */
static bool remove_value(sx_weights *w, const char *name, sx_str *removed, sx_error *err) {
    static const char *const ends[] = { "", "_chosen_on", "_date" };
    char key[KEY_ROOM];
    if (sx_weights_meta(w, beside(name, "", key)))
        sx_str_printf(removed, "%s%s", removed->len ? ", " : "", name);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++)
        if (!sx_weights_set_meta(w, beside(name, ends[k], key), NULL, err)) return false;
    return sx_str_ok(removed, err);
}

static bool remove_values(sx_weights *w, const char *const *names, sx_str *removed, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && names[i]; i++)
        ok = remove_value(w, names[i], removed, err);
    return ok;
}

bool sx_weights_remove_fitted(sx_weights *w, sx_str *removed, sx_error *err) {
    static const char *const names[] = { "temperature", "threshold", "fused_threshold",
                                         "familiarity", NULL };
    return remove_values(w, names, removed, err) && remove_values(w, of_classes, removed, err) &&
           remove_values(w, of_calibration, removed, err);
}

bool sx_weights_remove_of_classes(sx_weights *w, sx_str *removed, sx_error *err) {
    if (!remove_values(w, of_classes, removed, err)) return false;
    return !removed->len || remove_values(w, of_calibration, removed, err);
}
