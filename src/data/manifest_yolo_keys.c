/* `path`, `train`, `val` and `test` of data.yaml: which films belong to which split. Relative paths
 * begin at `path`, which begins at the folder of data.yaml. As in Ultralytics' programs
 * (ultralytics/data/utils.py, check_det_dataset), "../train/images" is also "train/images". */
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/name_forms.h"
#include "base/yaml.h"
#include "data/manifest_yolo.h"

static const struct {
    const char *name;
    sx_split split;
} keys[] = { { "train", SX_SPLIT_TRAIN },
             { "val", SX_SPLIT_VAL },
             { "validation", SX_SPLIT_VAL },
             { "test", SX_SPLIT_TEST } };

void sx_yolo_keys_free(sx_yolo_keys *k) {
    free(k->file);
    free(k->path);
    for (size_t i = 0; i < SX_SPLITS; i++)
        sx_paths_free(&k->entries[i]);
    sx_names_free(&k->lists);
    free(k->base);
    sx_paths_free(&k->folders);
    sx_paths_free(&k->sets);
}

/* The value of a key; NULL: it is missing, null or empty. */
static bool find_value(sx_manifest_build *b, const sx_yaml *y, const char *key,
                       const sx_yaml_value **value, sx_error *err) {
    const sx_yaml_value *v = sx_yaml_find(y, key);
    *value = NULL;
    if (!y->count) return true;
    if (!v)
        return sx_manifest_fail(b, y->values[0].line, SX_ERR_FORMAT, err,
                                "%s is neither a path nor a list of paths", key);
    if (v->no_text)
        return sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err,
                                "%s: item %zu is no path: it is null or a list", key, v->no_text);
    if (v->null || !v->count || (!v->list && !v->items[0][0])) return true;
    *value = v;
    return true;
}

static bool add_entries(sx_manifest_build *b, const sx_yaml_value *v, size_t key, sx_error *err) {
    sx_yolo_keys *k = b->yolo;
    const sx_split split = keys[key].split;
    if (k->entries[split].count)
        return sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err,
                                "%s names the films of a split that %s in line %zu names, too",
                                keys[key].name, k->keys[split], k->lines[split]);
    k->keys[split] = keys[key].name;
    k->lines[split] = v->line;
    for (size_t i = 0; i < v->count; i++)
        if (!v->items[i][0])
            return sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err, "%s: item %zu is empty",
                                    keys[key].name, i + 1);
        else if (!sx_paths_add(&k->entries[split], v->items[i], err))
            return false;
    return true;
}

static bool read_path(sx_manifest_build *b, const char *path, const char *text, sx_error *err) {
    const sx_yaml_value *v = NULL;
    sx_yaml y;
    bool ok = sx_yaml_parse_key(path, text, strlen(text), "path", &y, err) &&
              find_value(b, &y, "path", &v, err);
    if (ok && v && v->list)
        ok = sx_manifest_fail(b, v->line, SX_ERR_FORMAT, err, "path is a list");
    else if (ok && v)
        ok = (b->yolo->path = sx_strdup(v->items[0])) != NULL ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    sx_yaml_free(&y);
    return ok;
}

bool sx_yolo_keys_read(sx_manifest_build *b, const char *path, const char *text, sx_error *err) {
    sx_yolo_keys *k = b->yolo;
    bool ok = true, some = false;
    for (size_t i = 0; ok && i < sizeof keys / sizeof *keys; i++) {
        const sx_yaml_value *v = NULL;
        sx_yaml y;
        ok = sx_yaml_parse_key(path, text, strlen(text), keys[i].name, &y, err) &&
             find_value(b, &y, keys[i].name, &v, err);
        if (ok && v && k->file)
            ok = sx_manifest_fail(b, v->line, SX_ERR_MISMATCH, err,
                                  "%s of %s beside it names films, too: remove one of the two",
                                  keys[i].name, sx_path_base(k->file));
        if (ok && v) ok = add_entries(b, v, i, err);
        some = some || v;
        sx_yaml_free(&y);
    }
    if (!ok || !some) return ok;
    k->file = sx_strdup(path);
    return k->file ? read_path(b, path, text, err)
                   : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

/* Without empty parts and ".". */
static void put_parts(sx_str *out, const char *path) {
    out->len = 0;
    if (path[0] == '/') sx_str_add(out, "/");
    for (const char *s = path; *s;) {
        const size_t n = strcspn(s, "/");
        if (n && !(n == 1 && s[0] == '.')) {
            if (out->len && out->data[out->len - 1] != '/') sx_str_add(out, "/");
            sx_str_append(out, s, n);
        }
        s += n + (s[n] == '/');
    }
}

/* A part that gives the rest its meaning: "train/images" is not "images". */
static bool decides(const char *part, size_t n) {
    char name[32];
    if (n >= sizeof name) return false;
    memcpy(name, part, n);
    name[n] = '\0';
    return sx_equal_letters(name, "images") || sx_split_of_name(name) != SX_SPLIT_NONE;
}

bool sx_yolo_keys_are_usual(const sx_yolo_keys *k) {
    sx_str name = { 0 }, parts = { 0 };
    size_t flat = 0, count = 0;
    bool usual = true;
    for (int i = SX_SPLIT_TRAIN; i < SX_SPLITS; i++)
        for (size_t j = 0; usual && j < k->entries[i].count; j++) {
            sx_manifest_file_name(k->entries[i].items[j], &name);
            put_parts(&parts, sx_str_text(&name));
            const char *text = sx_str_text(&parts);
            char *folder = sx_path_folder(text);
            const char *last = sx_path_base(text), *above = folder ? sx_path_base(folder) : "";
            const bool split = sx_equal_letters(above, "images") &&
                               sx_split_of_name(last) == (sx_split)i,
                       turned = sx_equal_letters(last, "images") &&
                                sx_split_of_name(above) == (sx_split)i;
            count++;
            flat += !turned && sx_equal_letters(last, "images");
            usual = folder && (split || turned || sx_equal_letters(last, "images"));
            free(folder);
        }
    usual = usual && !name.failed && !parts.failed && (!flat || count == 1);
    sx_str_free(&name);
    sx_str_free(&parts);
    return usual;
}

/* dir/name, if it exists, perhaps in letters of another case. */
static bool try_in(sx_manifest_build *b, const char *dir, const char *name, sx_yolo_target *to,
                   sx_error *err) {
    char *path = name[0] ? dir[0] ? sx_path_join(dir, name) : sx_strdup(name) : sx_strdup(dir);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    if (!path[0] || !sx_manifest_exists(b, path)) {
        char *other = sx_has_forms(name) ? sx_manifest_other_form(b, path) : NULL;
        free(path);
        path = other;
    }
    if (path)
        *to = (sx_yolo_target){ .path = path,
                                .prefix = sx_starts_with(dir, b->root) ? strlen(b->root) : 0 };
    return true;
}

/* Below the data set's folder, without the first parts of the name. */
static bool try_moved(sx_manifest_build *b, const char *name, sx_yolo_target *to, sx_error *err) {
    for (const char *s = name; !to->path && *s;) {
        const size_t n = strcspn(s, "/");
        if (decides(s, n) || !s[n]) break;
        s += n + 1;
        if (*s && !sx_starts_with(s, "..") && !try_in(b, b->root, s, to, err)) return false;
    }
    return true;
}

static bool find(sx_manifest_build *b, const char *name, const char *const *folders, size_t count,
                 sx_yolo_target *to, sx_error *err) {
    sx_yolo_target inside = { 0 };
    bool ok = true;
    if (name[0] == '/')
        ok = try_in(b, "", name, to, err);
    else
        for (size_t i = 0; ok && !to->path && i < count; i++)
            ok = try_in(b, folders[i], name, to, err);
    if (!ok || (to->path && !sx_starts_with(name, "../"))) return ok;
    ok = try_moved(b, name, &inside, err);
    if (ok && to->path && inside.path && !sx_same_file(to->path, inside.path))
        ok = sx_fail(err, SX_ERR_MISMATCH, "it is not known which one this is: %.200s or %.200s",
                     to->path, inside.path);
    if (ok && !to->path)
        *to = inside;
    else
        free(inside.path);
    return ok;
}

bool sx_yolo_find(sx_manifest_build *b, const char *text, const char *const *folders, size_t count,
                  sx_yolo_target *to, sx_error *err) {
    sx_str name = { 0 }, parts = { 0 };
    *to = (sx_yolo_target){ 0 };
    sx_manifest_file_name(text, &name);
    put_parts(&parts, sx_str_text(&name));
    const bool ok = sx_str_ok(&name, err) && sx_str_ok(&parts, err) &&
                    find(b, sx_str_text(&parts), folders, count, to, err);
    if (!ok) {
        free(to->path);
        to->path = NULL;
    }
    sx_str_free(&name);
    sx_str_free(&parts);
    return ok;
}
