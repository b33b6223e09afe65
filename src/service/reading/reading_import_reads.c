#include "service/reading/reading_import_reads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fold.h"
#include "base/mem.h"
#include "base/nearest_word.h"
#include "base/random.h"
#include "data/stated_size.h"
#include "service/access/accounts.h"
#include "service/reading/reading_export.h"
#include "service/reading/reading_film_names.h"
#include "service/reading/reading_log.h"
#include "service/reading/reading_task_view.h"

typedef struct reads_run {
    sx_db *db;
    const sx_reading_project *project;
    const sx_manifest *m;
    const sx_reading_import_reads_options *o;
    sx_reading_reads_counts *out;
    int64_t account, *labels; /* [classes.count] ids */
    sx_reading_film_names *names;
    char client[SX_READING_BOX_ID];
    int64_t seq;
} reads_run;

/* ---- what there is ---- */

static bool find_reader(reads_run *r, sx_error *err) {
    sx_account a;
    bool found = false;
    if (!sx_accounts_find(r->db, r->o->reader, &a, &found, err)) return false;
    if (!found || (a.role != SX_ROLE_READER && a.role != SX_ROLE_ADJUDICATOR))
        return sx_fail(err, SX_ERR_MISSING, "%.64s: there is no such reader", r->o->reader);
    r->account = a.id;
    return true;
}

static bool find_labels(reads_run *r, sx_error *err) {
    const sx_names *classes = &r->m->classes;
    if (!(r->labels = sx_calloc_for(classes->count + 1, sizeof *r->labels, "labels", err)))
        return false;
    for (size_t i = 0; i < classes->count; i++) {
        bool used = false;
        for (size_t k = 0; k < r->m->box_count && !used; k++)
            used = r->m->boxes[k].label == i;
        if (used && !sx_reading_label_find(r->db, r->project->id, "box", classes->items[i],
                                           &r->labels[i], err))
            return false;
    }
    return true;
}

static bool make_client(reads_run *r, sx_error *err) {
    char name[SX_RANDOM_NAME];
    if (!sx_random_name(name, err)) return false;
    sx_format(r->client, sizeof r->client, "import-%s", name);
    return true;
}

typedef struct film_row {
    int64_t film, study;
    char split[8];
    double width, height;
    bool found;
} film_row;

static bool take_film(void *user, const sx_db_row *row, sx_error *err) {
    film_row *f = user;
    (void)err;
    f->film = sx_db_get_int(row, 0);
    f->study = sx_db_get_int(row, 1);
    f->width = (double)sx_db_get_int(row, 3);
    f->height = (double)sx_db_get_int(row, 4);
    sx_db_copy_text(row, 2, f->split, sizeof f->split);
    f->found = true;
    return true;
}

/* `claim`: no other film of the annotations may be the same one. */
static bool find_film(reads_run *r, const char *image, bool claim, film_row *out, sx_error *err) {
    sx_reading_named_film *film;
    *out = (film_row){ .found = false };
    if (!sx_reading_film_names_find(r->names, image, &film, err)) return false;
    if (!film) return true;
    const sx_db_value id = sx_db_int(film->id);
    return (!claim || sx_reading_film_names_claim(film, image, err)) &&
           sx_db_query(r->db,
                       "SELECT f.id, s.id, s.split, f.width, f.height FROM reading_film f"
                       " JOIN reading_study s ON s.id = f.study WHERE f.id = ? AND f.held = ''",
                       &id, 1, take_film, out, err);
}

/* ---- tasks ---- */

static bool add_task(reads_run *r, const film_row *f, int64_t *id, sx_error *err) {
    bool found;
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_int(f->study),
                                   sx_db_text(f->split),      sx_db_int(r->account),
                                   sx_db_int(r->o->round),    sx_db_int(r->project->id),
                                   sx_db_int(r->account),     sx_db_int(r->o->now) };
    return sx_db_query_int(r->db,
                           "INSERT INTO reading_task (project, study, split, reader, kind, round,"
                           " repeat, state, prelabels, seq, why, made) VALUES (?, ?, ?, ?, 'read',"
                           " ?, 0, 'new', 'none', (SELECT COALESCE(MAX(seq), 0) + 1 FROM"
                           " reading_task WHERE project = ? AND reader = ?), 'import', ?)"
                           " RETURNING id",
                           values, 8, id, &found, err);
}

/* The reader's task of the study, locked. Operations of others than this import are in the way. */
static bool need_task(reads_run *r, const char *image, const film_row *row, sx_reading_task *task,
                      sx_error *err) {
    int64_t id = 0, foreign = 0;
    bool found = false, any;
    const sx_db_value values[] = { sx_db_int(row->study), sx_db_int(r->account),
                                   sx_db_int(r->o->round) };
    if (!sx_db_query_int(r->db,
                         "SELECT id FROM reading_task WHERE study = ? AND reader = ? AND round = ?"
                         " AND kind = 'read' AND repeat = 0",
                         values, 3, &id, &found, err) ||
        (!found && !add_task(r, row, &id, err)) || !sx_reading_task_lock_id(r->db, id, task, err))
        return false;
    const sx_db_value ours[] = { sx_db_int(id), sx_db_text(r->client) };
    if (!sx_db_query_int(r->db, "SELECT COUNT(*) FROM reading_op WHERE task = ? AND client <> ?",
                         ours, 2, &foreign, &any, err))
        return false;
    return !foreign ||
           sx_fail(err, SX_ERR_MISMATCH, "film %s: %s has read its study already in round %d",
                   image, r->o->reader, r->o->round);
}

/* ---- operations ---- */

static bool box_op(reads_run *r, const sx_manifest_box *b, const film_row *f, sx_reading_op *op,
                   sx_error *err) {
    char name[SX_RANDOM_NAME];
    if (!sx_random_name(name, err)) return false;
    *op = (sx_reading_op){ .kind = SX_READING_BOX_PUT,
                           .seq = ++r->seq,
                           .film = f->film,
                           .label = r->labels[b->label],
                           .imported = true,
                           .confidence = -1 };
    sx_format(op->box, sizeof op->box, "%s", name);
    sx_format(op->attributes, sizeof op->attributes, "[]");
    sx_format(op->source, sizeof op->source, "manual");
    const double corners[4] = { b->xywh[0], b->xywh[1], b->xywh[0] + b->xywh[2],
                                b->xywh[1] + b->xywh[3] };
    /* the sum of corner and width may exceed the film by a rounding error */
    for (int i = 0; i < 4; i++) {
        const double most = i % 2 ? f->height : f->width, v = corners[i];
        op->corners[i] = v > most && v < most + 1e-6 ? most : v;
    }
    return true;
}

static void verdict_op(reads_run *r, const char *verdict, const film_row *f, sx_reading_op *op) {
    *op = (sx_reading_op){
        .kind = SX_READING_VERDICT, .seq = ++r->seq, .film = f->film, .confidence = -1
    };
    sx_format(op->verdict, sizeof op->verdict, "%s", verdict);
}

static bool send(reads_run *r, sx_reading_task *task, const sx_reading_op *ops, size_t count,
                 sx_error *err) {
    bool conflict;
    for (size_t i = 0; i < count; i += SX_READING_BATCH) {
        const sx_reading_batch b = { .account = r->account,
                                     .client = r->client,
                                     .base_rev = task->rev,
                                     .ops = ops + i,
                                     .count = count - i < SX_READING_BATCH ? count - i
                                                                           : SX_READING_BATCH,
                                     .now = r->o->now };
        if (!sx_reading_log_append(r->db, task, &b, &conflict, err)) return false;
    }
    return true;
}

static bool finish(reads_run *r, const sx_reading_task *task, sx_error *err) {
    sx_error why = { 0 };
    const sx_db_value values[] = { sx_db_int(r->o->now), sx_db_int(task->id) };
    if (!sx_reading_task_is_complete(r->db, task, &why))
        return why.code == SX_ERR_MISMATCH || sx_fail(err, why.code, "%s", why.message);
    r->out->complete++;
    return sx_db_run(r->db, "UPDATE reading_task SET state = 'done', done = ? WHERE id = ?", values,
                     2, err);
}

static const char *verdict_of(const sx_manifest_film *f) {
    if (f->box_count) return "abnormal";
    if (f->no_finding_count || f->label == 0) return "normal";
    return f->label == 1 ? "abnormal" : NULL;
}

/* Whether an earlier operation has a box of the same class and corners. */
static bool is_copy(const sx_reading_op *ops, size_t count, const sx_reading_op *op) {
    for (size_t i = 0; i < count; i++)
        if (ops[i].label == op->label && sx_reading_same_pixels(ops[i].corners, op->corners))
            return true;
    return false;
}

/* Boxes of a film that was scaled would land elsewhere. */
static bool check_size(const sx_manifest_film *f, const film_row *row, sx_error *err) {
    if (f->two_sizes)
        return sx_fail(err, SX_ERR_MISMATCH,
                       "film %s: line %u gives it another size: two films with one id?", f->id,
                       f->two_sizes);
    const sx_stated_size stated = { f->width, f->height };
    char size[SX_STATED_SIZE_TEXT];
    return !sx_stated_size_differs(stated, row->width, row->height) ||
           sx_fail(err, SX_ERR_MISMATCH, "film %s is %g x %g, the annotations say %s", f->id,
                   row->width, row->height, sx_stated_size_text(stated, size));
}

static bool import_film(reads_run *r, const sx_manifest_film *f, const film_row *row,
                        sx_reading_op *ops, sx_error *err) {
    sx_reading_task task;
    size_t count = 0;
    if (!need_task(r, f->id, row, &task, err)) return false;
    const bool fresh = task.rev == 0;
    for (size_t i = 0; i < f->box_count; i++) {
        if (!box_op(r, &r->m->boxes[f->first_box + i], row, &ops[count], err)) return false;
        const bool copy = is_copy(ops, count, &ops[count]);
        r->out->copies += copy;
        count += !copy;
    }
    const size_t boxes = count;
    verdict_op(r, verdict_of(f), row, &ops[count++]);
    if (!send(r, &task, ops, count, err)) return sx_fail_in(err, "film %s", f->id);
    r->out->tasks += fresh;
    r->out->films++;
    r->out->boxes += boxes;
    return finish(r, &task, err);
}

static bool import_films(reads_run *r, sx_error *err) {
    bool ok = true;
    for (size_t i = 0; ok && i < r->m->film_count; i++) {
        const sx_manifest_film *f = &r->m->films[i];
        film_row row;
        if (!verdict_of(f)) continue;
        if (!find_film(r, f->id, true, &row, err)) return false;
        r->out->unknown += !row.found;
        if (!row.found) continue;
        if (!check_size(f, &row, err)) return false;
        sx_reading_op *ops = sx_calloc_for(f->box_count + 1, sizeof *ops, "operations", err);
        ok = ops && import_film(r, f, &row, ops, err);
        free(ops);
    }
    return ok;
}

/* ---- what reading.json alone says ---- */

/* Whether the row is a reading of the person whose rows are imported. */
static bool is_chosen(const reads_run *r, const json_t *row) {
    const char *reader = json_string_value(json_object_get(row, "reader"));
    return json_integer_value(json_object_get(row, "repeat")) == 0 &&
           (!r->o->rad_id || (reader && strcmp(reader, r->o->rad_id) == 0));
}

static bool has_verdict(reads_run *r, const sx_reading_task *task, const film_row *f, bool *has,
                        sx_error *err) {
    int64_t unused;
    const sx_db_value values[] = { sx_db_int(task->id), sx_db_int(f->film) };
    return sx_db_query_int(r->db,
                           "SELECT 1 FROM reading_film_read WHERE task = ? AND film = ?"
                           " AND verdict <> ''",
                           values, 2, &unused, has, err);
}

static bool import_verdict(reads_run *r, const char *image, const char *verdict, const char *reason,
                           sx_error *err) {
    film_row f;
    sx_reading_task task;
    sx_reading_op op;
    bool has = false;
    if (!find_film(r, image, false, &f, err)) return false;
    r->out->unknown += !f.found;
    if (!f.found) return true;
    if (!need_task(r, image, &f, &task, err) || !has_verdict(r, &task, &f, &has, err)) return false;
    if (has) return true;
    const bool fresh = task.rev == 0, rejected = strcmp(verdict, "rejected") == 0;
    if (strlen(reason) >= sizeof op.reason || rejected == sx_is_blank(reason))
        return sx_fail(err, SX_ERR_VALUE, "reading.json: film %s: %s", image,
                       rejected ? "it is rejected without a reason, or with one that is too long"
                                : "only a rejected film has a reason");
    verdict_op(r, verdict, &f, &op);
    sx_format(op.reason, sizeof op.reason, "%s", reason);
    if (!send(r, &task, &op, 1, err)) return sx_fail_in(err, "film %s", image);
    r->out->tasks += fresh;
    r->out->rejected += rejected;
    r->out->unboxed += !rejected;
    return finish(r, &task, err);
}

static bool import_verdicts(reads_run *r, sx_error *err) {
    const json_t *list = json_object_get(r->o->full, "readings");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        const char *image = json_string_value(json_object_get(row, "image_id")),
                   *verdict = json_string_value(json_object_get(row, "verdict")),
                   *reason = json_string_value(json_object_get(row, "reason"));
        if (!is_chosen(r, row) || !image || !verdict) continue;
        if (sx_word_is_one_of(verdict, "rejected|abnormal") &&
            !import_verdict(r, image, verdict, reason ? reason : "", err))
            return false;
    }
    return true;
}

static bool import_confidence(reads_run *r, const char *study, int confidence, sx_error *err) {
    int64_t id;
    bool found = false;
    sx_reading_task task;
    sx_reading_op op = {
        .kind = SX_READING_STUDY, .seq = ++r->seq, .tags = "[]", .confidence = confidence
    };
    const sx_db_value values[] = { sx_db_int(r->project->id), sx_db_text(study),
                                   sx_db_int(r->account), sx_db_int(r->o->round),
                                   sx_db_text(r->client) };
    if (!sx_db_query_int(
            r->db,
            "SELECT t.id FROM reading_task t JOIN reading_study s ON s.id = t.study"
            " WHERE t.project = ? AND s.study_id = ? AND t.reader = ? AND t.round = ?"
            " AND t.kind = 'read' AND t.repeat = 0 AND t.state = 'open' AND EXISTS (SELECT 1 FROM"
            " reading_op o WHERE o.task = t.id AND o.client = ?)",
            values, 5, &id, &found, err))
        return false;
    return !found || (sx_reading_task_lock_id(r->db, id, &task, err) &&
                      send(r, &task, &op, 1, err) && finish(r, &task, err));
}

/* Projects that ask for it have no complete study without a confidence. */
static bool import_confidences(reads_run *r, sx_error *err) {
    const json_t *list = json_object_get(r->o->full, "tasks");
    for (size_t i = 0; r->project->confidence && i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i), *value = json_object_get(row, "confidence");
        const char *study = json_string_value(json_object_get(row, "study_id"));
        const json_int_t n = json_integer_value(value);
        if (is_chosen(r, row) && study && json_is_integer(value) && n >= 0 && n <= 100 &&
            !import_confidence(r, study, (int)n, err))
            return false;
    }
    return true;
}

/* Annotations that fit no film of the project are of other films. Without a row, something must be
 * in reading.json. */
static bool check_any(const reads_run *r, sx_error *err) {
    const sx_reading_reads_counts *n = r->out;
    const char *of = r->o->rad_id;
    if (n->films + n->rejected + n->unboxed > 0) return true;
    if (n->unknown)
        return sx_fail(err, SX_ERR_MISSING, "project %s has none of the films that are annotated",
                       r->project->key);
    if (r->m->film_count > 0) return sx_fail(err, SX_ERR_MISSING, "nothing is said of any film");
    return sx_fail(err, SX_ERR_MISSING, "%s%s has no row, and no verdict in reading.json",
                   of ? "reader " : "the data set", of ? of : "");
}

bool sx_reading_import_reads(sx_db *db, const sx_reading_project *project, const sx_manifest *m,
                             const sx_reading_import_reads_options *o, sx_reading_reads_counts *out,
                             sx_error *err) {
    reads_run r = { .db = db, .project = project, .m = m, .o = o, .out = out };
    *out = (sx_reading_reads_counts){ 0 };
    const bool ok =
        sx_db_begin(db, err) &&
        sx_db_end(db,
                  sx_reading_round_check(db, project, o->round, err) && find_reader(&r, err) &&
                      find_labels(&r, err) && make_client(&r, err) &&
                      (r.names = sx_reading_film_names_open(db, project->id, err)) != NULL &&
                      import_films(&r, err) && import_verdicts(&r, err) &&
                      import_confidences(&r, err) && check_any(&r, err) &&
                      (!o->note || o->note(o->user, err)),
                  err);
    sx_reading_film_names_close(r.names);
    free(r.labels);
    return ok;
}
