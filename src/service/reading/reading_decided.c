#include "service/reading/reading_decided.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- loading ---- */

static bool take_decision(void *user, const sx_db_row *row, sx_error *err) {
    sx_decided_list *l = user;
    sx_decided *more = sx_realloc(l->items, l->count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for decisions");
    l->items = more;
    sx_decided *d = &more[l->count++];
    *d = (sx_decided){ .id = sx_db_get_int(row, 0), .film = sx_db_get_int(row, 1) };
    sx_db_copy_text(row, 2, d->cluster, sizeof d->cluster);
    sx_db_copy_text(row, 3, d->decision, sizeof d->decision);
    sx_db_copy_text(row, 4, d->box, sizeof d->box);
    sx_db_copy_text(row, 5, d->reason, sizeof d->reason);
    return true;
}

static bool take_own_box(void *user, const sx_db_row *row, sx_error *err) {
    sx_decided_list *l = user;
    sx_own_box *more = sx_realloc(l->boxes, l->box_count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    l->boxes = more;
    sx_own_box *b = &more[l->box_count++];
    *b = (sx_own_box){ .film = sx_db_get_int(row, 1), .label = sx_db_get_int(row, 2) };
    sx_db_copy_text(row, 0, b->box, sizeof b->box);
    for (int i = 0; i < 4; i++)
        b->corners[i] = sx_db_get_real(row, 3 + i);
    return true;
}

/* In the order of the decisions. */
static bool take_source(void *user, const sx_db_row *row, sx_error *err) {
    sx_decided_list *l = user;
    const int64_t id = sx_db_get_int(row, 0);
    sx_study_box *more = sx_realloc(l->sources, l->source_count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for decisions");
    l->sources = more;
    sx_study_box *b = &more[l->source_count];
    *b = (sx_study_box){ .task = sx_db_get_int(row, 1) };
    sx_db_copy_text(row, 2, b->box, sizeof b->box);
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].id != id) continue;
        if (!l->items[i].source_count++) l->items[i].first_source = l->source_count;
    }
    l->source_count++;
    return true;
}

bool sx_decided_load(sx_db *db, int64_t task, sx_decided_list *out, sx_error *err) {
    const sx_db_value value = sx_db_int(task);
    *out = (sx_decided_list){ 0 };
    return sx_db_query(db,
                       "SELECT id, film, cluster, CASE withdrawn WHEN 1 THEN 'withdraw'"
                       " ELSE decision END, box, reason FROM reading_adjudication"
                       " WHERE task = ? ORDER BY id",
                       &value, 1, take_decision, out, err) &&
           sx_db_query(db,
                       "SELECT s.adjudication, s.task, s.box FROM reading_adjudication_source s"
                       " JOIN reading_adjudication a ON a.id = s.adjudication WHERE a.task = ?"
                       " ORDER BY s.adjudication, s.task, s.box",
                       &value, 1, take_source, out, err) &&
           sx_db_query(db,
                       "SELECT x.box, x.film, x.label, x.x0, x.y0, x.x1, x.y1 FROM reading_box x"
                       " JOIN reading_film f ON f.id = x.film"
                       " WHERE x.task = ? AND x.deleted = 0 AND f.held = '' ORDER BY x.film, x.box",
                       &value, 1, take_own_box, out, err);
}

void sx_decided_free(sx_decided_list *l) {
    free(l->items);
    free(l->sources);
    free(l->boxes);
}

/* ---- which hold ---- */

sx_own_box *sx_decided_box(const sx_decided_list *l, int64_t film, const char *box) {
    for (size_t i = 0; i < l->box_count; i++)
        if (l->boxes[i].film == film && strcmp(l->boxes[i].box, box) == 0) return &l->boxes[i];
    return NULL;
}

bool sx_decided_has_reason(const sx_decided_list *l, const sx_own_box *b) {
    for (size_t i = l->count; i-- > 0;) {
        const sx_decided *d = &l->items[i];
        if (!*d->cluster && d->film == b->film && strcmp(d->box, b->box) == 0)
            return strcmp(d->decision, "draw") == 0;
    }
    return false;
}

bool sx_decided_stands(const sx_own_box *b, const sx_study_reads *s, size_t from, size_t to,
                       size_t cluster) {
    const sx_cluster_proposal p = sx_reading_propose(s->boxes + from, to - from, cluster);
    bool class = false, place = sx_cluster_same_place(b->corners, p.corners);
    for (size_t i = from; i < to; i++) {
        if (s->boxes[i].cluster != cluster) continue;
        class |= s->boxes[i].label == b->label;
        place |= sx_cluster_same_place(b->corners, s->boxes[i].corners);
    }
    return class && place;
}

static bool has_source(const sx_decided_list *l, const sx_decided *d, const sx_study_box *b) {
    for (size_t i = 0; i < d->source_count; i++) {
        const sx_study_box *x = &l->sources[d->first_source + i];
        if (x->task == b->task && strcmp(x->box, b->box) == 0) return true;
    }
    return false;
}

bool sx_decided_is_about(const sx_decided_list *l, const sx_decided *d, const sx_study_reads *s,
                         size_t from, size_t to, size_t cluster) {
    size_t members = 0;
    if (!*d->cluster || d->film != s->of[from].film) return false;
    for (size_t i = from; i < to; i++) {
        if (s->boxes[i].cluster != cluster) continue;
        if (!has_source(l, d, &s->of[i])) return false;
        members++;
    }
    return members == d->source_count;
}

bool sx_decided_again(const sx_decided_list *l, size_t i) {
    for (size_t k = i + 1; k < l->count; k++)
        if (*l->items[k].cluster && strcmp(l->items[k].box, l->items[i].box) == 0) return true;
    return false;
}

/* Whether a decision on a box that is there holds. */
static bool holds(const sx_decided_list *l, size_t i, const sx_own_box *b, const sx_study_reads *s,
                  size_t from, size_t to, size_t cluster) {
    const sx_decided *d = &l->items[i];
    if (strcmp(d->decision, "draw") == 0) return true;
    return !sx_decided_again(l, i) && sx_decided_stands(b, s, from, to, cluster);
}

const sx_decided *sx_decided_of(const sx_decided_list *l, const sx_study_reads *s, size_t from,
                                size_t to, size_t cluster) {
    const sx_decided *rejected = NULL;
    bool withdrawn = false; /* whether there was a rejection, and it was withdrawn */
    for (size_t i = l->count; i-- > 0;) {
        const sx_decided *d = &l->items[i];
        if (!sx_decided_is_about(l, d, s, from, to, cluster)) continue;
        const sx_own_box *b = sx_decided_box(l, d->film, d->box);
        withdrawn |= !rejected && strcmp(d->decision, "withdraw") == 0;
        if (!*d->box && !rejected && !withdrawn) rejected = d;
        if (b) return holds(l, i, b, s, from, to, cluster) ? d : rejected;
    }
    return rejected;
}
