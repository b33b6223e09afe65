#include "service/reading/reading_labels.h"

#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/json.h"
#include "base/name_check.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "base/vindr_classes.h"

/* Colours: the palette of Okabe and Ito, as the pages have it, then lighter and darker ones. */
static const sx_reading_label standard[] = {
    { "box", "Disc space narrowing", "#e69f00", "Digit1", "[]", 1 },
    { "box", "Foraminal stenosis", "#56b4e9", "Digit2", "[]", 2 },
    { "box", "Osteophytes", "#f0e442", "Digit3", "[]", 3 },
    { "box", "Other lesions", "#e59ac6", "Digit4", "[]", 4 },
    { "box", "Spondylolysthesis", "#1fc795", "Digit5", "[]", 5 },
    { "box", "Surgical implant", "#ff8244", "Digit6", "[]", 6 },
    { "box", "Vertebral collapse", "#8d9bff", "Digit7", "[]", 7 },
    { "box", "Ankylosis", "#c9f26d", "Shift+Digit1", "[]", 8 },
    { "box", "Enthesophytes", "#7fe3ff", "Shift+Digit2", "[]", 9 },
    { "box", "Foreign body", "#ffb3a7", "Shift+Digit3", "[]", 10 },
    { "box", "Fracture", "#ff5d6c", "Shift+Digit4", "[]", 11 },
    { "box", "Sclerotic lesion", "#d6b8ff", "Shift+Digit5", "[]", 12 },
    { "box", "Subchondral sclerosis", "#b7a58a", "Shift+Digit6", "[]", 13 },
};

const char *sx_reading_key_of(const char *code, char key[SX_READING_WORD]) {
    const bool shift = sx_starts_with(code, "Shift+");
    const char *digit = code + (shift ? 6 : 0);
    sx_format(key, SX_READING_WORD, "%s%s", shift ? "Shift+" : "",
              sx_starts_with(digit, "Digit") ? digit + 5 : digit);
    return key;
}

/* The page's other commands have the other keys (web/src/reading/key_table.ts). */
static bool is_code(const char *code) {
    if (sx_starts_with(code, "Shift+")) code += 6;
    return sx_starts_with(code, "Digit") && code[5] >= '0' && code[5] <= '9' && !code[6];
}

static bool check_may_have(const char *kind, const char *name, sx_error *err) {
    return !sx_word_is_one_of(kind, "film|study") ||
           sx_fail(err, SX_ERR_VALUE, "label %s: tags of a %s have no attributes", name, kind);
}

/* Readers of CSV files leave out blanks around a field, and know "No finding" in any letters. Names
 * that differ in their case or blanks alone look the same on a page. */
static bool check_name(const char *name, sx_error *err) {
    if (!sx_name_check("the name of a label", name, SX_READING_NAME - 1, err)) return false;
    if (sx_has_outer_blank(name))
        return sx_fail(err, SX_ERR_VALUE, "the name of label %s begins or ends with a blank", name);
    return !sx_equal_folded(name, SX_NO_FINDING) ||
           sx_fail(err, SX_ERR_VALUE,
                   "\"" SX_NO_FINDING "\" is no label: an export says so of normal films");
}

static bool check_label(const sx_reading_label *l, sx_error *err) {
    if (!sx_word_is_one_of(l->kind, "box|level|line|film|study"))
        return sx_fail(err, SX_ERR_VALUE, "a label is a box, level, line, film or study, not %.20s",
                       l->kind);
    if (!check_name(l->name, err)) return false;
    if (*l->color && (strlen(l->color) != 7 || *l->color != '#' ||
                      strspn(l->color + 1, "0123456789abcdef") != 6))
        return sx_fail(err, SX_ERR_VALUE, "the colour of label %s is not #rrggbb", l->name);
    if (*l->code && (strcmp(l->kind, "box") != 0 || !is_code(l->code)))
        return sx_fail(err, SX_ERR_VALUE,
                       "the key of label %s: a digit of the keyboard, with or without Shift, and "
                       "only for boxes",
                       l->name);
    return strcmp(l->attributes, "[]") == 0 || check_may_have(l->kind, l->name, err);
}

static bool check_code(sx_db *db, int64_t project, const char *code, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(code) };
    int64_t id;
    bool found = false;
    char key[SX_READING_WORD];
    if (!*code) return true;
    return sx_db_query_int(db,
                           "SELECT id FROM reading_label WHERE project = ? AND code = ?"
                           " AND retired = 0",
                           values, 2, &id, &found, err) &&
           (!found || sx_fail(err, SX_ERR_MISMATCH, "another label has the key %s",
                              sx_reading_key_of(code, key)));
}

typedef struct name_search {
    const char *kind, *name;
} name_search;

static bool differs_from(void *user, int64_t id, const sx_reading_label *l, bool retired,
                         sx_error *err) {
    const name_search *s = user;
    (void)id;
    (void)retired;
    return strcmp(l->kind, s->kind) != 0 || !sx_equal_folded(l->name, s->name) ||
           sx_fail(err, SX_ERR_MISMATCH, "there is a %s label %s already", l->kind, l->name);
}

/* Boxes side by side should differ in colour. */
static const char *next_color(const char *kind, int64_t order) {
    static const char *const colors[] = { "#a5e887", "#f7a1ff", "#66d9d0", "#ffd28a",
                                          "#9fb8ff", "#e8e3a0", "#ff94bd" };
    enum { COLORS = sizeof colors / sizeof *colors };
    return sx_word_is_one_of(kind, "film|study") ? "#c3ccd5" : colors[order % COLORS];
}

static bool last_order(sx_db *db, int64_t project, int64_t *order, sx_error *err) {
    const sx_db_value value = sx_db_int(project);
    bool found;
    return sx_db_query_int(db,
                           "SELECT COALESCE(MAX(ord), 0) + 1 FROM reading_label WHERE project = ?",
                           &value, 1, order, &found, err);
}

bool sx_reading_label_add(sx_db *db, int64_t project, const sx_reading_label *l, int64_t *id,
                          sx_error *err) {
    bool found = false;
    int64_t order = l->order;
    name_search same = { l->kind, l->name };
    if (!check_label(l, err) || !check_code(db, project, l->code, err) ||
        !sx_reading_labels_list(db, project, differs_from, &same, err) ||
        (!order && !last_order(db, project, &order, err)))
        return false;
    const char *color = *l->color ? l->color : next_color(l->kind, order);
    const sx_db_value values[] = { sx_db_int(project),       sx_db_text(l->kind),
                                   sx_db_text(l->name),      sx_db_text(color),
                                   sx_db_text(l->code),      sx_db_int(order),
                                   sx_db_text(l->attributes) };
    if (sx_db_query_int(db,
                        "INSERT INTO reading_label (project, kind, name, color, code, ord,"
                        " attributes) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
                        values, 7, id, &found, err))
        return true;
    if (err && err->code == SX_ERR_MISMATCH)
        sx_fail(err, SX_ERR_MISMATCH, "there is a %s label %s already", l->kind, l->name);
    return false;
}

bool sx_reading_labels_add_standard(sx_db *db, int64_t project, sx_error *err) {
    int64_t id;
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
        if (!sx_reading_label_add(db, project, &standard[i], &id, err)) return false;
    return true;
}

bool sx_reading_label_find(sx_db *db, int64_t project, const char *kind, const char *name,
                           int64_t *id, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(project), sx_db_text(kind), sx_db_text(name) };
    bool found = false;
    return sx_db_query_int(db,
                           "SELECT id FROM reading_label WHERE project = ? AND kind = ?"
                           " AND name = ?",
                           values, 3, id, &found, err) &&
           (found ||
            sx_fail(err, SX_ERR_MISSING, "the project has no %s label %.120s", kind, name));
}

typedef struct label_state {
    bool retired;
    char code[40], attributes[SX_READING_LIST];
} label_state;

static bool take_state(void *user, const sx_db_row *row, sx_error *err) {
    label_state *s = user;
    (void)err;
    s->retired = sx_db_get_int(row, 0) != 0;
    sx_db_copy_text(row, 1, s->code, sizeof s->code);
    sx_db_copy_text(row, 2, s->attributes, sizeof s->attributes);
    return true;
}

static bool read_state(sx_db *db, int64_t id, label_state *out, sx_error *err) {
    const sx_db_value value = sx_db_int(id);
    return sx_db_query(db, "SELECT retired, code, attributes FROM reading_label WHERE id = ?",
                       &value, 1, take_state, out, err);
}

bool sx_reading_label_retire(sx_db *db, int64_t project, const char *kind, const char *name,
                             bool retired, sx_error *err) {
    int64_t id;
    label_state now = { .retired = false };
    if (!sx_reading_label_find(db, project, kind, name, &id, err)) return false;
    const sx_db_value values[] = { sx_db_int(retired), sx_db_int(id) };
    if (!read_state(db, id, &now, err) ||
        (!retired && now.retired && !check_code(db, project, now.code, err)))
        return false;
    return sx_db_run(db, "UPDATE reading_label SET retired = ? WHERE id = ?", values, 2, err);
}

/* ---- attributes ---- */

static bool holds(const json_t *list, const char *text) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0) return true;
    return false;
}

static bool print_list(const json_t *list, char out[SX_READING_LIST], sx_error *err) {
    char *text = json_dumps(list, JSON_COMPACT);
    const bool ok = text && strlen(text) < SX_READING_LIST;
    if (ok) sx_format(out, SX_READING_LIST, "%s", text);
    free(text);
    return ok || sx_fail(err, SX_ERR_LIMIT, "the attributes of a label have more than %d bytes",
                         SX_READING_LIST - 1);
}

bool sx_reading_attributes_add(char list[SX_READING_LIST], const char *const *texts, size_t count,
                               sx_error *err) {
    json_t *all = sx_json_parse(list, strlen(list), true, NULL, err);
    bool ok = all != NULL;
    for (size_t i = 0; ok && i < count; i++) {
        ok = sx_name_check("an attribute", texts[i], SX_READING_LIST - 1, err);
        if (ok && !holds(all, texts[i]) && json_array_append_new(all, json_string(texts[i])) != 0)
            ok = sx_fail(err, SX_ERR_MEMORY, "out of memory for attributes");
    }
    ok = ok && print_list(all, list, err);
    json_decref(all);
    return ok;
}

bool sx_reading_label_extend(sx_db *db, int64_t project, const char *kind, const char *name,
                             const char *const *texts, size_t count, sx_error *err) {
    int64_t id;
    label_state now = { .attributes = "[]" };
    if (!check_may_have(kind, name, err) ||
        !sx_reading_label_find(db, project, kind, name, &id, err) ||
        !read_state(db, id, &now, err) ||
        !sx_reading_attributes_add(now.attributes, texts, count, err))
        return false;
    const sx_db_value values[] = { sx_db_text(now.attributes), sx_db_int(id) };
    return sx_db_run(db, "UPDATE reading_label SET attributes = ? WHERE id = ?", values, 2, err);
}

/* ---- lists ---- */

typedef struct label_list {
    sx_reading_label_fn *each;
    void *user;
} label_list;

static bool pass_label(void *user, const sx_db_row *row, sx_error *err) {
    const label_list *l = user;
    const sx_reading_label label = { sx_db_get_text(row, 1), sx_db_get_text(row, 2),
                                     sx_db_get_text(row, 3), sx_db_get_text(row, 4),
                                     sx_db_get_text(row, 6), (int)sx_db_get_int(row, 5) };
    return l->each(l->user, sx_db_get_int(row, 0), &label, sx_db_get_int(row, 7) != 0, err);
}

bool sx_reading_labels_list(sx_db *db, int64_t project, sx_reading_label_fn *each, void *user,
                            sx_error *err) {
    const sx_db_value value = sx_db_int(project);
    label_list l = { each, user };
    return sx_db_query(db,
                       "SELECT id, kind, name, color, code, ord, attributes, retired"
                       " FROM reading_label WHERE project = ? ORDER BY ord, id",
                       &value, 1, pass_label, &l, err);
}
