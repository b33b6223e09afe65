/* The names of YOLO's classes, by number: lines of classes.txt or obj.names, or `names` in
 * data.yaml, a list or a mapping of numbers to names in any order. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "data/manifest_yolo.h"

bool sx_manifest_check_text(const sx_file *f, const char *path, size_t *begin, sx_error *err) {
    *begin = f->size >= 3 && memcmp(f->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (sx_utf16_is_marked(f->data, f->size))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: is UTF-16 text; save it as UTF-8", path);
    if (f->size && memchr(f->data, 0, f->size))
        return sx_fail(err, SX_ERR_FORMAT, "%s: not text: a NUL byte", path);
    return true;
}

char *sx_manifest_text(sx_manifest_build *b, const char *path, sx_error *err) {
    sx_file f;
    size_t begin;
    char *text = NULL;
    if (!sx_manifest_source_open(b, path, &f, err)) return NULL;
    const size_t good = sx_utf8_span(f.data, f.size);
    bool ok = sx_manifest_check_text(&f, path, &begin, err);
    if (ok && good < f.size)
        ok = sx_fail(err, SX_ERR_FORMAT, "%s: the byte 0x%02x is not UTF-8: save the file as UTF-8",
                     path, f.data[good]);
    if (ok && (text = sx_calloc_for(f.size - begin + 1, 1, path, err)) != NULL)
        memcpy(text, f.data + begin, f.size - begin);
    sx_file_close(&f);
    return text;
}

char *sx_manifest_next_line(char **rest) {
    if (!*rest || !**rest) return NULL;
    char *line = strsep(rest, "\n");
    const size_t n = strlen(line);
    if (n && line[n - 1] == '\r') line[n - 1] = '\0';
    return line;
}

/* A missing or repeated name would shift the numbers of all later classes. */
static bool add_name(sx_manifest_build *b, size_t line, const char *name, sx_names *names,
                     sx_error *err) {
    bool fresh = false;
    if (!name[strspn(name, " \t\r\n")])
        return sx_manifest_fail(b, line, SX_ERR_FORMAT, err, "class %zu has an empty name",
                                names->count);
    if (strpbrk(name, "\r\n"))
        return sx_manifest_fail(b, line, SX_ERR_FORMAT, err,
                                "the name of class %zu has a line break", names->count);
    if (!sx_names_put(names, name, (uint32_t)names->count, &fresh, err)) return false;
    return fresh || sx_manifest_fail(b, line, SX_ERR_FORMAT, err,
                                     "the classes %ld and %zu are both called \"%.80s\"",
                                     sx_names_find(names, name), names->count, name);
}

static char *trim(char *s) {
    while (*s == ' ' || *s == '\t' || *s == '\'' || *s == '"')
        s++;
    for (size_t n = strlen(s); n && strchr(" \t'\"\r", s[n - 1]); n--)
        s[n - 1] = '\0';
    return s;
}

/* Blank lines are allowed at the end only. */
static bool names_of_lines(sx_manifest_build *b, char *text, sx_names *names, sx_error *err) {
    size_t number = 0;
    for (char *line; (line = sx_manifest_next_line(&text));) {
        number++;
        line = trim(line);
        if (!line[0] && (!text || !text[strspn(text, " \t\r\n")])) return true;
        if (!add_name(b, number, line, names, err)) return false;
    }
    return true;
}

/* The number of "names.NUMBER" among `count` names. */
static bool class_number(const sx_manifest_build *b, const sx_yaml_value *v, size_t count,
                         size_t *number, sx_error *err) {
    const char *text = v->key + strlen("names.");
    long n = 0;
    if (strspn(text, "0123456789") != strlen(text) || (text[0] == '0' && text[1]) ||
        !sx_parse_long(text, 0, 1000000, &n))
        return sx_manifest_fail(b, v->line, SX_ERR_VALUE, err, "\"%.80s\" is not a class number",
                                text);
    if (v->list || v->null || v->count != 1)
        return sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err, "class %ld has no name", n);
    *number = (size_t)n;
    return *number < count ||
           sx_manifest_fail(b, v->line, SX_ERR_MISSING, err,
                            "class number %ld, but there are only %zu names: a number is missing",
                            n, count);
}

/* If all numbers are below the count and none is repeated, none is missing. */
static bool names_of_mapping(sx_manifest_build *b, const sx_yaml *y, sx_names *names,
                             sx_error *err) {
    const sx_yaml_value **by_number = sx_calloc_for(y->count, sizeof *by_number, "classes", err);
    bool ok = by_number != NULL;
    size_t number = 0;
    for (size_t i = 0; ok && i < y->count; i++) {
        ok = class_number(b, &y->values[i], y->count, &number, err);
        if (ok) by_number[number] = &y->values[i];
    }
    for (size_t i = 0; ok && i < y->count; i++)
        ok = add_name(b, by_number[i]->line, by_number[i]->items[0], names, err);
    free(by_number);
    return ok;
}

static bool names_of_yaml(sx_manifest_build *b, const char *path, const char *text, sx_names *names,
                          sx_error *err) {
    sx_yaml y;
    bool ok = sx_yaml_parse_key(path, text, strlen(text), "names", &y, err);
    const sx_yaml_value *v = ok ? sx_yaml_find(&y, "names") : NULL;
    if (ok && (!y.count || (v && v->null)))
        ok = sx_manifest_fail(b, 0, SX_ERR_MISSING, err, "no names of classes");
    else if (ok && v && !v->list)
        ok = sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err,
                              "names is neither a list nor a mapping of numbers to names");
    else if (ok && v && v->no_text)
        ok = sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err,
                              "class %zu has no name: its item is null or a list", v->no_text - 1);
    else if (ok && v)
        for (size_t i = 0; ok && i < v->count; i++)
            ok = add_name(b, v->line, v->items[i], names, err);
    else if (ok)
        ok = names_of_mapping(b, &y, names, err);
    sx_yaml_free(&y);
    return ok;
}

/* `nc`, the number of classes, which may be missing. */
static bool check_count(sx_manifest_build *b, const char *path, const char *text, size_t count,
                        sx_error *err) {
    sx_yaml y;
    long n = 0;
    bool ok = sx_yaml_parse_key(path, text, strlen(text), "nc", &y, err);
    const sx_yaml_value *v = ok ? sx_yaml_find(&y, "nc") : NULL;
    if (v && (v->count != 1 || !sx_parse_long(v->items[0], 0, 1000000, &n) || (size_t)n != count))
        ok =
            sx_manifest_fail(b, v->line, SX_ERR_MISMATCH, err, "nc is %s, but there are %zu names",
                             v->count == 1 && v->items[0][0] ? v->items[0] : "not a number", count);
    sx_yaml_free(&y);
    return ok;
}

static bool same_names(sx_manifest_build *b, const sx_names *names, sx_error *err) {
    const sx_names *first = &b->numbered;
    bool same = names->count == first->count;
    for (size_t i = 0; same && i < names->count; i++)
        same = strcmp(names->items[i], first->items[i]) == 0;
    return same || sx_manifest_fail(b, 0, SX_ERR_MISMATCH, err,
                                    "its classes are not those of %s beside it: correct or remove "
                                    "one of the two",
                                    sx_path_base(b->m->sources.items[b->source - 1]));
}

static bool read_names(sx_manifest_build *b, const char *path, sx_names *names, sx_error *err) {
    char *text = sx_manifest_text(b, path, err);
    bool ok = text != NULL;
    if (ok && (sx_path_has_ending(path, ".yaml") || sx_path_has_ending(path, ".yml")))
        ok = names_of_yaml(b, path, text, names, err) &&
             check_count(b, path, text, names->count, err) && sx_yolo_keys_read(b, path, text, err);
    else if (ok)
        ok = names_of_lines(b, text, names, err);
    free(text);
    return ok;
}

bool sx_manifest_yolo_classes(sx_manifest_build *b, const char *path, sx_error *err) {
    sx_names names = { 0 };
    uint32_t label;
    bool ok = read_names(b, path, &names, err);
    const bool first = !b->numbered.count;
    if (ok && !first) ok = same_names(b, &names, err);
    if (!ok || !first) {
        sx_names_free(&names);
        return ok;
    }
    b->numbered = names;
    for (size_t i = 0; ok && !b->closed && i < names.count; i++)
        ok = sx_names_add(&b->m->classes, names.items[i], &label, err);
    b->ordered = true;
    return ok;
}
