#include "service/reading/reading_project.h"

#include <string.h>

#include "base/name_check.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "base/utf8.h"

/* ---- projects ---- */

static bool check_key(const char *key, sx_error *err) {
    const size_t n = strlen(key);
    if (n && n < SX_READING_KEY && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == n &&
        *key != '-')
        return true;
    return sx_fail(err, SX_ERR_VALUE,
                   "the key of a project has 1 to %d lower-case letters, digits and -, not %.60s",
                   SX_READING_KEY - 1, key);
}

static bool check_project(const sx_reading_project *p, const char *guide, sx_error *err) {
    if (!check_key(p->key, err) ||
        !sx_name_check("the name of a project", p->name, SX_READING_NAME - 1, err))
        return false;
    if (sx_utf8_span(guide, strlen(guide)) != strlen(guide))
        return sx_fail(err, SX_ERR_VALUE, "the guide of project %s is not UTF-8", p->key);
    if (p->readers < 1 || p->readers > 20)
        return sx_fail(err, SX_ERR_VALUE, "a study has 1 to 20 readers, not %d", p->readers);
    if (!sx_word_is_one_of(p->prelabels, "none|after|before"))
        return sx_fail(err, SX_ERR_VALUE, "prelabels are none, after or before, not %s",
                       p->prelabels);
    return true;
}

bool sx_reading_project_add(sx_db *db, const sx_reading_project *p, const char *guide, int64_t *id,
                            sx_error *err) {
    bool found = false;
    const sx_db_value values[] = { sx_db_text(p->key),
                                   sx_db_text(p->name),
                                   sx_db_text(guide),
                                   sx_db_int(p->readers),
                                   sx_db_text(p->random_order ? "random" : "given"),
                                   sx_db_text(p->prelabels),
                                   sx_db_int(p->confidence),
                                   sx_db_int(p->seed),
                                   sx_db_int(p->made) };
    if (!check_project(p, guide, err)) return false;
    if (sx_db_query_int(db,
                        "INSERT INTO reading_project (key, name, guide, readers, film_order,"
                        " prelabels, confidence, seed, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        " RETURNING id",
                        values, 9, id, &found, err))
        return sx_reading_labels_add_standard(db, *id, err);
    if (err && err->code == SX_ERR_MISMATCH)
        sx_fail(err, SX_ERR_MISMATCH, "there is a project %s already", p->key);
    return false;
}

#define PROJECT_SELECT                                                                             \
    "SELECT id, key, name, readers, film_order, prelabels, confidence, seed, made"                 \
    " FROM reading_project"

typedef struct found_project {
    sx_reading_project *out;
    bool found;
} found_project;

static bool take_project(void *user, const sx_db_row *row, sx_error *err) {
    found_project *f = user;
    sx_reading_project *p = f->out;
    (void)err;
    *p = (sx_reading_project){ .id = sx_db_get_int(row, 0),
                               .readers = (int)sx_db_get_int(row, 3),
                               .random_order = strcmp(sx_db_get_text(row, 4), "random") == 0,
                               .confidence = sx_db_get_int(row, 6) != 0,
                               .seed = sx_db_get_int(row, 7),
                               .made = sx_db_get_int(row, 8) };
    sx_db_copy_text(row, 1, p->key, sizeof p->key);
    sx_db_copy_text(row, 2, p->name, sizeof p->name);
    sx_db_copy_text(row, 5, p->prelabels, sizeof p->prelabels);
    f->found = true;
    return true;
}

bool sx_reading_project_find(sx_db *db, const char *key, sx_reading_project *out, sx_error *err) {
    const sx_db_value value = sx_db_text(key);
    found_project f = { out, false };
    return sx_db_query(db, PROJECT_SELECT " WHERE key = ?", &value, 1, take_project, &f, err) &&
           (f.found || sx_fail(err, SX_ERR_MISSING, "%.60s: there is no such project", key));
}

bool sx_reading_project_get(sx_db *db, int64_t id, sx_reading_project *out, sx_error *err) {
    const sx_db_value value = sx_db_int(id);
    found_project f = { out, false };
    return sx_db_query(db, PROJECT_SELECT " WHERE id = ?", &value, 1, take_project, &f, err) &&
           (f.found || sx_fail(err, SX_ERR_MISSING, "there is no such project"));
}

/* An update that changes nothing locks the row until the end of the transaction. SQLite has one
 * writer anyway. */
bool sx_reading_rounds_hold(sx_db *db, const sx_reading_project *project, sx_error *err) {
    const sx_db_value value = sx_db_int(project->id);
    return sx_db_kind_of(db) == SX_DB_SQLITE ||
           sx_db_run(db, "UPDATE reading_project SET made = made WHERE id = ?", &value, 1, err);
}

bool sx_reading_round_check(sx_db *db, const sx_reading_project *project, int round,
                            sx_error *err) {
    int64_t adjudicated = 0;
    bool closed = false;
    const sx_db_value values[] = { sx_db_int(project->id), sx_db_int(round) };
    if (!sx_reading_rounds_hold(db, project, err) ||
        !sx_db_query_int(db,
                         "SELECT CASE WHEN kind = 'adjudicate' THEN 1 ELSE 0 END AS adjudicated"
                         " FROM reading_task WHERE project = ? AND round = ?"
                         " AND (kind = 'adjudicate' OR state = 'locked')"
                         " ORDER BY adjudicated DESC LIMIT 1",
                         values, 2, &adjudicated, &closed, err))
        return false;
    return !closed ||
           sx_fail(err, SX_ERR_MISMATCH,
                   "project %s: round %d %s and takes no more readings; use another"
                   " round",
                   project->key, round, adjudicated ? "is being adjudicated" : "is locked");
}

void sx_reading_note(char out[SX_READING_NOTE], size_t tasks, int round, const char *const *logins,
                     size_t count) {
    const size_t rest = sizeof " and 200 others"; /* is always left */
    size_t at = (size_t)sx_format(out, SX_READING_NOTE, "%zu new %s of round %d:", tasks,
                                  sx_noun(tasks, "task", "tasks"), round);
    for (size_t i = 0; i < count; i++) {
        if (at + strlen(", ") + strlen(logins[i]) + rest > SX_READING_NOTE) {
            sx_format(out + at, SX_READING_NOTE - at, " and %zu %s", count - i,
                      sx_noun(count - i, "other", "others"));
            return;
        }
        at += (size_t)sx_format(out + at, SX_READING_NOTE - at, "%s %s", i ? "," : "", logins[i]);
    }
}
