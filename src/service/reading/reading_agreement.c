/* The route of agreement between the readers of a round: kappa of films, F1 of boxes, as `eval
 * agreement` computes them from an export. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/agreement.h"
#include "service/reading/reading_manager.h"
#include "service/reading/reading_routes.h"

enum { MOST_READERS = 64 };
static const double least_iou = 0.5;

/* A film that a reader has read, with its boxes in `boxes`, by label. */
typedef struct film_reading {
    int64_t film;
    int reader;
    bool abnormal; /* also without a box */
    size_t first, count;
} film_reading;

typedef struct round_readings {
    char logins[MOST_READERS][65];
    int reader_count;
    film_reading *items; /* [count] by film */
    size_t count, film_count;
    sx_truth_box *boxes; /* [box_count] */
    size_t box_count;
} round_readings;

/* ---- what was read ---- */

static bool find_reader(round_readings *r, const char *login, int *reader, sx_error *err) {
    for (*reader = 0; *reader < r->reader_count; ++*reader)
        if (strcmp(r->logins[*reader], login) == 0) return true;
    if (r->reader_count == MOST_READERS)
        return sx_fail(err, SX_ERR_LIMIT, "a round has at most %d readers here", MOST_READERS);
    sx_format(r->logins[r->reader_count++], sizeof r->logins[0], "%s", login);
    return true;
}

static bool add_reading(round_readings *r, int64_t film, int reader, bool abnormal, sx_error *err) {
    film_reading *more = sx_realloc(r->items, r->count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for readings");
    r->items = more;
    r->film_count += !r->count || more[r->count - 1].film != film;
    more[r->count++] = (film_reading){ film, reader, abnormal, r->box_count, 0 };
    return true;
}

static bool add_box(round_readings *r, const sx_db_row *row, sx_error *err) {
    sx_truth_box *more = sx_realloc(r->boxes, r->box_count + 1, sizeof *more);
    if (!more) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    r->boxes = more;
    sx_truth_box *b = &more[r->box_count++];
    *b = (sx_truth_box){ .x = sx_db_get_real(row, 3),
                         .y = sx_db_get_real(row, 4),
                         .label = (int)sx_db_get_int(row, 2) };
    b->w = sx_db_get_real(row, 5) - b->x;
    b->h = sx_db_get_real(row, 6) - b->y;
    b->area = b->w * b->h;
    r->items[r->count - 1].count++;
    return true;
}

static bool take_row(void *user, const sx_db_row *row, sx_error *err) {
    round_readings *r = user;
    int reader;
    const int64_t film = sx_db_get_int(row, 0);
    if (!find_reader(r, sx_db_get_text(row, 1), &reader, err)) return false;
    const film_reading *last = r->count ? &r->items[r->count - 1] : NULL;
    if ((!last || last->film != film || last->reader != reader) &&
        !add_reading(r, film, reader, strcmp(sx_db_get_text(row, 7), "abnormal") == 0, err))
        return false;
    return sx_db_is_null(row, 2) || add_box(r, row, err);
}

/* Films with the verdict normal or abnormal. */
static bool load_round(sx_db *db, int64_t project, int round, round_readings *out, sx_error *err) {
    const sx_db_value values[] = { sx_db_int(project), sx_db_int(round) };
    return sx_db_query(db,
                       "SELECT f.id, a.login, b.label, b.x0, b.y0, b.x1, b.y1, r.verdict"
                       " FROM reading_task t"
                       " JOIN account a ON a.id = t.reader"
                       " JOIN reading_film f ON f.study = t.study AND f.held = ''"
                       " JOIN reading_film_read r ON r.task = t.id AND r.film = f.id"
                       " LEFT JOIN reading_box b ON b.task = t.id AND b.film = f.id"
                       " AND b.deleted = 0 AND EXISTS (SELECT 1 FROM reading_label l"
                       " WHERE l.id = b.label AND l.kind = 'box')"
                       " WHERE t.project = ? AND t.round = ? AND t.kind = 'read' AND t.repeat = 0"
                       " AND t.state IN ('done', 'locked')"
                       " AND r.verdict IN ('normal', 'abnormal')"
                       " ORDER BY f.id, a.login, b.label, b.rev, b.box",
                       values, 2, take_row, out, err);
}

/* ---- numbers ---- */

static void put_kappa(sx_json o, const sx_kappa *k) {
    sx_json_count(o, "films", k->film_count);
    sx_json_number(o, "kappa", k->kappa);
    sx_json_number(o, "observed", k->observed);
    sx_json_number(o, "expected", k->expected);
}

static bool put_fleiss(const round_readings *r, sx_json to, sx_error *err) {
    uint32_t *counts = sx_calloc_for(2 * r->film_count + 1, sizeof *counts, "readings", err);
    if (!counts) return false;
    uint32_t *positive = counts, *readers = counts + r->film_count;
    size_t film = 0;
    for (size_t i = 0; i < r->count; i++) {
        film += i > 0 && r->items[i].film != r->items[i - 1].film;
        readers[film]++;
        positive[film] += r->items[i].abnormal;
    }
    const sx_kappa k = sx_fleiss_kappa(positive, readers, r->film_count, NULL);
    put_kappa(sx_json_object(to, "fleiss"), &k);
    free(counts);
    return true;
}

/* Boxes of one class are paired with one another. */
static bool pair_film(const round_readings *r, const film_reading *a, const film_reading *b,
                      sx_box_agreement *out, sx_error *err) {
    size_t i = 0, k = 0;
    const sx_truth_box *x = r->boxes + a->first, *y = r->boxes + b->first;
    while (i < a->count || k < b->count) {
        const int label =
            k == b->count || (i < a->count && x[i].label < y[k].label) ? x[i].label : y[k].label;
        size_t n = 0, m = 0;
        while (i + n < a->count && x[i + n].label == label)
            n++;
        while (k + m < b->count && y[k + m].label == label)
            m++;
        if (!sx_pair_boxes(x + i, n, y + k, m, least_iou, out, err)) return false;
        i += n;
        k += m;
    }
    return true;
}

typedef struct reader_pair {
    unsigned char *a, *b; /* whether either is abnormal, of the films that both have read */
    size_t count;
    sx_box_agreement boxes;
} reader_pair;

static bool compare_pair(const round_readings *r, int first, int second, reader_pair *out,
                         sx_error *err) {
    for (size_t from = 0, to; from < r->count; from = to) {
        const film_reading *a = NULL, *b = NULL;
        for (to = from; to < r->count && r->items[to].film == r->items[from].film; to++) {
            if (r->items[to].reader == first) a = &r->items[to];
            if (r->items[to].reader == second) b = &r->items[to];
        }
        if (!a || !b) continue;
        out->a[out->count] = a->abnormal;
        out->b[out->count++] = b->abnormal;
        if (!pair_film(r, a, b, &out->boxes, err)) return false;
    }
    return true;
}

static void put_pair(const round_readings *r, int first, int second, const reader_pair *p,
                     sx_json list) {
    const sx_json o = sx_json_object(list, NULL);
    const sx_box_agreement *x = &p->boxes;
    const sx_kappa k = sx_cohen_kappa(p->a, p->b, p->count, NULL);
    sx_json_text(o, "first", r->logins[first]);
    sx_json_text(o, "second", r->logins[second]);
    put_kappa(o, &k);
    sx_json_count(o, "boxes_first", x->a);
    sx_json_count(o, "boxes_second", x->b);
    sx_json_count(o, "matched", x->matched);
    sx_json_number(o, "f1", x->a + x->b ? 2.0 * (double)x->matched / (double)(x->a + x->b) : NAN);
    sx_json_number(o, "mean_iou", x->matched ? x->iou_sum / (double)x->matched : NAN);
}

static bool put_pairs(const round_readings *r, sx_json to, sx_error *err) {
    const sx_json list = sx_json_array(to, "pairs");
    unsigned char *room = sx_calloc_for(2 * r->film_count + 1, 1, "readings", err);
    bool ok = room != NULL;
    for (int i = 0; ok && i < r->reader_count; i++)
        for (int k = i + 1; ok && k < r->reader_count; k++) {
            reader_pair p = { .a = room, .b = room + r->film_count };
            ok = compare_pair(r, i, k, &p, err);
            if (ok && p.count) put_pair(r, i, k, &p, list);
        }
    free(room);
    return ok;
}

/* ---- GET /api/reading/projects/{project}/agreement ---- */

static bool show_agreement(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    sx_reading_project p;
    sx_json_doc doc;
    long round;
    if (!sx_web_query_int(r, "round", 1, 100, 1, &round, err) || !sx_reading_project_of(r, &p, err))
        return false;
    round_readings *x = sx_calloc_for(1, sizeof *x, "readings", err);
    if (!x) return false;
    const sx_json o = sx_json_new_object(&doc);
    bool ok = load_round(r->db, p.id, (int)round, x, err);
    sx_json_integer(o, "round", round);
    sx_json_count(o, "films", x->film_count);
    ok = ok && put_fleiss(x, o, err) && put_pairs(x, o, err);
    ok = ok && sx_web_reply_json(reply, 200, &doc, err);
    if (!ok) sx_json_free(&doc);
    free(x->items);
    free(x->boxes);
    free(x);
    return ok;
}

const sx_web_route sx_reading_agreement_routes[] = {
    { "GET", "/api/reading/projects/{project}/agreement", SX_ROLE_MANAGER, SX_WEB_SESSION,
      SX_WEB_NO_BODY, 0, show_agreement },
    { .method = NULL },
};
