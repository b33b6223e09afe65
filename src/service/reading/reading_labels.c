#include "service/reading/reading_labels.h"

#include <string.h>

#include "base/nearest_word.h"
#include "base/str.h"

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

static bool check_label(const sx_reading_label *l, sx_error *err) {
    if (!sx_word_is_one_of(l->kind, "box|level|line|film|study"))
        return sx_fail(err, SX_ERR_VALUE, "a label is a box, level, line, film or study, not %.20s",
                       l->kind);
    if (!*l->name || strlen(l->name) >= SX_READING_NAME)
        return sx_fail(err, SX_ERR_VALUE, "the name of a label has 1 to %d bytes",
                       SX_READING_NAME - 1);
    if (strlen(l->color) != 7 || *l->color != '#' || strspn(l->color + 1, "0123456789abcdef") != 6)
        return sx_fail(err, SX_ERR_VALUE, "the colour of label %s is not #rrggbb", l->name);
    return true;
}

bool sx_reading_label_add(sx_db *db, int64_t project, const sx_reading_label *l, int64_t *id,
                          sx_error *err) {
    bool found = false;
    const sx_db_value values[] = { sx_db_int(project),       sx_db_text(l->kind),
                                   sx_db_text(l->name),      sx_db_text(l->color),
                                   sx_db_text(l->code),      sx_db_int(l->order),
                                   sx_db_text(l->attributes) };
    if (!check_label(l, err)) return false;
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

bool sx_reading_label_retire(sx_db *db, int64_t project, const char *kind, const char *name,
                             bool retired, sx_error *err) {
    int64_t id;
    if (!sx_reading_label_find(db, project, kind, name, &id, err)) return false;
    const sx_db_value values[] = { sx_db_int(retired), sx_db_int(id) };
    return sx_db_run(db, "UPDATE reading_label SET retired = ? WHERE id = ?", values, 2, err);
}
