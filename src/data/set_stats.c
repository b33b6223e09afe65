#include "data/set_stats.h"

#include <math.h>
#include <stdio.h>

#include "base/csv.h"

enum { ALL = SX_SPLITS, COLUMNS };

typedef struct range {
    size_t n;
    double sum, low, high;
} range;

typedef struct column {
    size_t films, studies, patients, label[3],
        sex[3]; /* label: unknown, normal, abnormal; sex: F, M, other */
    range age, width, height;
} column;

typedef struct finding {
    size_t boxes, films;
    range width, height;
} finding;

static void extend_range(range *r, double v) {
    if (!isfinite(v)) return;
    if (!r->n || v < r->low) r->low = v;
    if (!r->n || v > r->high) r->high = v;
    r->n++;
    r->sum += v;
}

static bool once(sx_names *seen, int at, const char *kind, const char *name, size_t *count,
                 sx_error *err) {
    char key[600];
    bool fresh;
    if (!name[0]) return true;
    snprintf(key, sizeof key, "%d/%s/%s", at, kind, name);
    if (!sx_names_put(seen, key, 0, &fresh, err)) return false;
    *count += fresh;
    return true;
}

static bool count_films(const sx_manifest *m, column *col, sx_error *err) {
    sx_names seen = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const int places[2] = { (int)f->split, ALL };
        for (int k = 0; ok && k < 2; k++) {
            column *c = &col[places[k]];
            c->films++;
            c->label[f->label + 1]++;
            c->sex[f->sex == 'F' ? 0 : f->sex == 'M' ? 1 : 2]++;
            extend_range(&c->age, f->age);
            if (f->width && f->height) {
                extend_range(&c->width, f->width);
                extend_range(&c->height, f->height);
            }
            ok = once(&seen, places[k], "study", f->study, &c->studies, err) &&
                 once(&seen, places[k], "patient", f->patient, &c->patients, err);
        }
    }
    sx_names_free(&seen);
    return ok;
}

static void count_boxes(const sx_manifest *m, size_t label, finding *col) {
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const int places[2] = { (int)f->split, ALL };
        for (int k = 0; k < 2; k++) {
            finding *c = &col[places[k]];
            size_t before = c->boxes;
            for (size_t b = f->first_box; b < f->first_box + f->box_count; b++) {
                if (m->boxes[b].label != label) continue;
                c->boxes++;
                extend_range(&c->width, (double)m->boxes[b].xyxy[2] - (double)m->boxes[b].xyxy[0]);
                extend_range(&c->height, (double)m->boxes[b].xyxy[3] - (double)m->boxes[b].xyxy[1]);
            }
            c->films += c->boxes > before;
        }
    }
}

typedef struct table {
    const column *col;
    bool csv;
    sx_str *out;
} table;

static void begin_row(const table *t, const char *name) {
    if (t->csv)
        sx_csv_put(t->out, name);
    else
        sx_str_printf(t->out, "%-28s", name);
}

static void cell(const table *t, const char *text) {
    if (t->csv) sx_str_add(t->out, ",");
    if (t->csv)
        sx_csv_put(t->out, text);
    else
        sx_str_printf(t->out, " %20s", text);
}

static void number(const table *t, size_t n) {
    char text[32];
    snprintf(text, sizeof text, "%zu", n);
    cell(t, text);
}

static void spread(const table *t, const range *r) {
    char text[96] = "-";
    if (r->n)
        snprintf(text, sizeof text, "%.1f [%.4g-%.4g]", r->sum / (double)r->n, r->low, r->high);
    cell(t, text);
}

/* Rows whose cells lie at `offset` of each column. */
static void counts(const table *t, const char *name, size_t offset) {
    begin_row(t, name);
    for (int k = 0; k < COLUMNS; k++)
        if (t->col[k].films)
            number(t, *(const size_t *)(const void *)((const char *)&t->col[k] + offset));
    sx_str_add(t->out, "\n");
}

static void ranges(const table *t, const char *name, size_t offset) {
    begin_row(t, name);
    for (int k = 0; k < COLUMNS; k++)
        if (t->col[k].films)
            spread(t, (const range *)(const void *)((const char *)&t->col[k] + offset));
    sx_str_add(t->out, "\n");
}

static void heading(const table *t, const char *name) {
    begin_row(t, name);
    for (int k = 0; k < COLUMNS; k++)
        if (t->col[k].films)
            cell(t, k == ALL ? "all" : k ? sx_split_name((sx_split)k) : "no split");
    sx_str_add(t->out, "\n");
}

static void findings(const table *t, const sx_manifest *m) {
    for (size_t c = 0; c < m->classes.count; c++) {
        finding f[COLUMNS] = { { 0 } };
        char name[200];
        count_boxes(m, c, f);
        for (int row = 0; row < 4; row++) {
            static const char *const of[] = { "", ", films", ", box width", ", box height" };
            snprintf(name, sizeof name, "%s%.120s%s", row && !t->csv ? "  " : "",
                     row && !t->csv ? "" : m->classes.items[c],
                     row && !t->csv ? of[row] + 2 : of[row]);
            begin_row(t, name);
            for (int k = 0; k < COLUMNS; k++) {
                if (!t->col[k].films) continue;
                if (row < 2)
                    number(t, row ? f[k].films : f[k].boxes);
                else
                    spread(t, row == 2 ? &f[k].width : &f[k].height);
            }
            sx_str_add(t->out, "\n");
        }
    }
}

bool sx_stats_text(const sx_manifest *m, bool csv, sx_str *out, sx_error *err) {
    column col[COLUMNS] = { { 0 } };
    if (!count_films(m, col, err)) return false;
    const table t = { col, csv, out };
    heading(&t, "data set");
    counts(&t, "films", offsetof(column, films));
    counts(&t, "studies", offsetof(column, studies));
    counts(&t, "patients", offsetof(column, patients));
    counts(&t, "abnormal films", offsetof(column, label[2]));
    counts(&t, "normal films", offsetof(column, label[1]));
    counts(&t, "films without a label", offsetof(column, label[0]));
    counts(&t, "films of women", offsetof(column, sex[0]));
    counts(&t, "films of men", offsetof(column, sex[1]));
    counts(&t, "films, sex not known", offsetof(column, sex[2]));
    ranges(&t, "age, years", offsetof(column, age));
    ranges(&t, "width, pixels", offsetof(column, width));
    ranges(&t, "height, pixels", offsetof(column, height));
    if (m->classes.count) {
        if (!csv) {
            sx_str_add(out, "\n");
            heading(&t, "boxes");
        }
        findings(&t, m);
    }
    return sx_str_ok(out, err);
}
