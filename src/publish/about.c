#include "publish/about.h"

#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/nearest_word.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "publish/licences.h"

enum { LONGEST = 20000 };

static const sx_about_key *find_key(const sx_about_key *keys, const char *name) {
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0) return keys;
    return NULL;
}

static bool is_day(const char *s) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    static const char digits[] = "0123456789";
    long year, month, day;
    char part[3][8];
    if (strlen(s) != 10 || s[4] != '-' || s[7] != '-') return false;
    for (int i = 0; i < 10; i++)
        if (i != 4 && i != 7 && !strchr(digits, s[i])) return false;
    sx_format(part[0], 8, "%.4s", s);
    sx_format(part[1], 8, "%.2s", s + 5);
    sx_format(part[2], 8, "%.2s", s + 8);
    if (!sx_parse_long(part[0], 1900, 9999, &year) || !sx_parse_long(part[1], 1, 12, &month))
        return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return sx_parse_long(part[2], 1, days[month - 1] + (leap && month == 2), &day);
}

static bool is_url(const char *s) {
    if (!sx_starts_with(s, "https://") && !sx_starts_with(s, "http://")) return false;
    for (const char *c = s; *c; c++)
        if ((unsigned char)*c <= ' ' || strchr("\"<>\\^`{|}", *c)) return false;
    return strlen(s) <= 2000;
}

/* NULL: the value is of its kind. */
static const char *fault_of(const sx_about_key *k, const sx_yaml_value *v) {
    if (v->list && k->kind != SX_ABOUT_LIST) return "is a list";
    if (v->null || v->count == 0) return "is empty";
    if (v->no_text) return "has an item that is no text";
    for (size_t i = 0; i < v->count; i++) {
        if (!v->items[i][strspn(v->items[i], " \t\r\n")]) return "is empty";
        if (strlen(v->items[i]) > LONGEST) return "is longer than 20,000 bytes";
        if (sx_utf8_has_controls(v->items[i], true)) return "has a control character";
        if (strcmp(k->name, "title") == 0 && v->items[i][strcspn(v->items[i], "\r\n")])
            return "has more than one line";
    }
    if (k->kind == SX_ABOUT_DATE && !is_day(v->items[0])) return "is no day such as 2026-11-29";
    if (k->kind == SX_ABOUT_URL && !is_url(v->items[0])) return "is no address of http or https";
    return NULL;
}

static bool check_licence(const char *path, const sx_yaml_value *v, sx_error *err) {
    const char *name = v->items[0];
    const sx_licence_kind kind = sx_licence_kind_of(name);
    if (kind == SX_LICENCE_LISTED || kind == SX_LICENCE_OWN) return true;
    if (kind == SX_LICENCE_DEPRECATED)
        return sx_fail(err, SX_ERR_FORMAT,
                       "%s:%zu: %s %s is a deprecated SPDX identifier; "
                       "https://spdx.org/licenses/%s.html names its successors",
                       path, v->line, v->key, name, name);
    const char *nearest = sx_licence_nearest(name);
    return sx_fail(err, SX_ERR_FORMAT,
                   "%s:%zu: %s %.80s is no SPDX identifier%s%s%s; a licence of your own is called "
                   "LicenseRef-NAME and needs licence_file",
                   path, v->line, v->key, name, nearest ? " (did you mean " : "",
                   nearest ? nearest : "", nearest ? "?)" : "");
}

static bool refuse_unknown(const char *path, const sx_about_key *keys, const sx_yaml_value *v,
                           sx_error *err) {
    const size_t length = strlen(v->key);
    int distance = (int)length / 3;
    const char *nearest = NULL;
    for (const sx_about_key *k = keys; k->name; k++)
        if (strncmp(k->name, v->key, length) == 0 && k->name[length] == '.')
            return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: %s has no keys below it, such as %s", path,
                           v->line, v->key, k->name + length + 1);
    if (distance < 2) distance = 2;
    for (; keys->name; keys++)
        nearest = sx_word_nearer(v->key, keys->name, nearest, &distance);
    return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: unknown key %.80s%s%s%s", path, v->line, v->key,
                   nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static bool check_values(const char *path, const sx_about_key *keys, const sx_yaml *y,
                         sx_error *err) {
    for (size_t i = 0; i < y->count; i++) {
        const sx_yaml_value *v = &y->values[i];
        const sx_about_key *k = find_key(keys, v->key);
        if (!k) return refuse_unknown(path, keys, v, err);
        const char *fault = fault_of(k, v);
        if (fault)
            return sx_fail(err, SX_ERR_FORMAT, "%s:%zu: %s %s", path, v->line, v->key, fault);
        if (k->kind == SX_ABOUT_LICENCE && !check_licence(path, v, err)) return false;
    }
    return true;
}

static bool check_required(const char *path, const sx_about_key *keys, const sx_yaml *y,
                           sx_error *err) {
    sx_str missing = { 0 };
    for (; keys->name; keys++)
        if (keys->required && !sx_yaml_find(y, keys->name))
            sx_str_printf(&missing, "%s%s", missing.len ? ", " : "", keys->name);
    bool ok = sx_str_ok(&missing, err);
    if (ok && missing.len)
        ok = sx_fail(err, SX_ERR_MISSING, "%s: required keys are missing: %s", path,
                     sx_str_text(&missing));
    sx_str_free(&missing);
    return ok;
}

/* Nobody but the publisher knows the text of a licence that SPDX does not list. */
static bool check_own_licence(const char *path, const sx_about_key *keys, const sx_yaml *y,
                              sx_error *err) {
    for (; keys->name; keys++) {
        const sx_yaml_value *v =
            keys->kind == SX_ABOUT_LICENCE ? sx_yaml_find(y, keys->name) : NULL;
        if (v && sx_licence_kind_of(v->items[0]) == SX_LICENCE_OWN &&
            !sx_yaml_find(y, "licence_file"))
            return sx_fail(err, SX_ERR_MISSING,
                           "%s:%zu: %s %s needs licence_file, a file with its text", path, v->line,
                           v->key, v->items[0]);
    }
    return true;
}

/* Reads the file that a key names. */
static bool open_named(const sx_about *a, const char *key, sx_file *f, sx_error *err) {
    const char *name = sx_about_text(a, key);
    const bool whole = name[0] == '/' || strcmp(a->folder, ".") == 0;
    char *path = whole ? sx_strdup(name) : sx_path_join(a->folder, name);
    const bool ok =
        path ? sx_file_open(f, path, err) : sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    free(path);
    return ok;
}

/* A file that is missing is found before anything is written. */
static bool check_files(const sx_about_key *keys, const sx_about *a, sx_error *err) {
    for (; keys->name; keys++) {
        sx_file f;
        if (keys->kind != SX_ABOUT_FILE || !sx_about_text(a, keys->name)) continue;
        if (!open_named(a, keys->name, &f, err)) return false;
        sx_file_close(&f);
    }
    return true;
}

bool sx_about_open(const char *path, const sx_about_key *keys, sx_about *a, sx_error *err) {
    *a = (sx_about){ .folder = sx_path_folder(path) };
    if (!a->folder) return sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", path);
    return sx_yaml_open(path, &a->yaml, err) && check_values(path, keys, &a->yaml, err) &&
           check_required(path, keys, &a->yaml, err) &&
           check_own_licence(path, keys, &a->yaml, err) && check_files(keys, a, err);
}

void sx_about_free(sx_about *a) {
    sx_yaml_free(&a->yaml);
    free(a->folder);
    *a = (sx_about){ 0 };
}

const sx_yaml_value *sx_about_list(const sx_about *a, const char *key) {
    return sx_yaml_find(&a->yaml, key);
}

const char *sx_about_text(const sx_about *a, const char *key) {
    const sx_yaml_value *v = sx_about_list(a, key);
    return v && v->count ? v->items[0] : NULL;
}

bool sx_about_copy(const sx_about *a, const char *key, const char *to, sx_error *err) {
    sx_file f;
    if (!sx_about_text(a, key)) return true;
    if (!open_named(a, key, &f, err)) return false;
    const bool ok = sx_write_file(to, f.data, f.size, err);
    sx_file_close(&f);
    return ok;
}

void sx_about_put_list(const sx_about *a, const char *key, sx_str *out) {
    const sx_yaml_value *v = sx_about_list(a, key);
    for (size_t i = 0; v && i < v->count; i++)
        sx_str_printf(out, "%s%s", i ? ", " : "", v->items[i]);
}

void sx_about_put_licence_link(const sx_about *a, sx_str *out) {
    const char *name = sx_about_text(a, "licence"), *url = sx_about_text(a, "licence_url");
    if (url)
        sx_str_add(out, url);
    else if (sx_licence_kind_of(name) == SX_LICENCE_OWN)
        sx_str_add(out, "LICENSE");
    else
        sx_str_printf(out, "https://spdx.org/licenses/%s.html", name);
}
