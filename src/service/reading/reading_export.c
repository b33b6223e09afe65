#include "service/reading/reading_export.h"

#include <math.h>
#include <string.h>

#include "base/csv.h"
#include "base/vindr_classes.h"

enum { PIXEL_TEXT = 64 };

static void print_pixel(char text[PIXEL_TEXT], double v) {
    sx_format(text, PIXEL_TEXT, "%.4f", v);
    if (strcmp(text, "-0.0000") == 0) sx_format(text, PIXEL_TEXT, "0.0000");
}

bool sx_reading_same_pixels(const double a[4], const double b[4]) {
    char one[PIXEL_TEXT], other[PIXEL_TEXT];
    for (int i = 0; i < 4; i++) {
        if (fabs(a[i] - b[i]) > 1e-3) return false;
        print_pixel(one, a[i]);
        print_pixel(other, b[i]);
        if (strcmp(one, other) != 0) return false;
    }
    return true;
}

void sx_reading_put_pixel(sx_str *out, double v) {
    char text[PIXEL_TEXT];
    print_pixel(text, v);
    size_t n = strlen(text);
    while (n && text[n - 1] == '0')
        n--;
    if (n && text[n - 1] == '.') n--;
    sx_str_append(out, text, n);
}

/* One row for each box, and one for each film without a box. */
static const char rows_sql[] =
    "SELECT f.image_id, s.study_id, f.series_id, s.patient_id, a.login, r.verdict, l.name, b.x0,"
    " b.y0, b.x1, b.y1, f.width, f.height, s.split FROM reading_task t"
    " JOIN account a ON a.id = t.reader JOIN reading_study s ON s.id = t.study"
    " JOIN reading_film f ON f.study = s.id AND f.held = ''"
    " JOIN reading_film_read r ON r.task = t.id AND r.film = f.id AND r.verdict <> ''"
    " LEFT JOIN reading_box b ON b.task = t.id AND b.film = f.id AND b.deleted = 0"
    " AND r.verdict <> 'rejected'"
    " AND EXISTS (SELECT 1 FROM reading_label x WHERE x.id = b.label AND x.kind = 'box')"
    " LEFT JOIN reading_label l ON l.id = b.label"
    " WHERE t.project = ? AND t.state IN ('done', 'locked') AND t.repeat = 0"
    " AND (t.kind = 'adjudicate') = (? = 1) AND (? = 0 OR t.round = ?) AND (? = '' OR a.login = ?)"
    " ORDER BY s.ord, s.id, f.ord, f.id, a.login, t.round, b.rev, b.box";

typedef struct csv_rows {
    sx_str *out;
    sx_reading_export_counts *counts;
    char last[400]; /* film and reader of the row before */
} csv_rows;

static void put_field(sx_str *out, const char *text) {
    sx_csv_put(out, text);
    sx_str_add(out, ",");
}

/* False: the reading of the film has no row in this format. */
static bool counts_as_row(csv_rows *c, const sx_db_row *row) {
    const char *verdict = sx_db_get_text(row, 5);
    const bool box = !sx_db_is_null(row, 6);
    char key[400];
    sx_format(key, sizeof key, "%s/%s", sx_db_get_text(row, 4), sx_db_get_text(row, 0));
    const bool fresh = strcmp(key, c->last) != 0;
    memcpy(c->last, key, sizeof key);
    if (strcmp(verdict, "rejected") == 0) {
        c->counts->rejected++;
        return false;
    }
    if (!box && strcmp(verdict, "normal") != 0) {
        c->counts->unboxed++;
        return false;
    }
    c->counts->films += fresh;
    c->counts->boxes += box;
    return true;
}

static bool put_row(void *user, const sx_db_row *row, sx_error *err) {
    csv_rows *c = user;
    const bool box = !sx_db_is_null(row, 6);
    if (!counts_as_row(c, row)) return true;
    for (int i = 0; i < 5; i++)
        put_field(c->out, sx_db_get_text(row, i));
    put_field(c->out, box ? sx_db_get_text(row, 6) : SX_NO_FINDING);
    for (int i = 7; i < 11; i++) {
        if (box) sx_reading_put_pixel(c->out, sx_db_get_real(row, i));
        sx_str_add(c->out, ",");
    }
    sx_str_printf(c->out, "%d,%d,", (int)sx_db_get_int(row, 11), (int)sx_db_get_int(row, 12));
    sx_csv_put(c->out, sx_db_get_text(row, 13));
    sx_str_add(c->out, "\n");
    return sx_str_ok(c->out, err);
}

bool sx_reading_export_csv(sx_db *db, const sx_reading_project *project,
                           const sx_reading_selection *s, sx_str *out,
                           sx_reading_export_counts *counts, sx_error *err) {
    csv_rows c = { out, counts, "" };
    const char *reader = s->reader ? s->reader : "";
    const sx_db_value values[] = { sx_db_int(project->id), sx_db_int(s->adjudicated),
                                   sx_db_int(s->round),    sx_db_int(s->round),
                                   sx_db_text(reader),     sx_db_text(reader) };
    *counts = (sx_reading_export_counts){ 0 };
    sx_str_add(out, "image_id,study_id,series_id,patient_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,"
                    "image_width,image_height,split\n");
    return sx_db_query(db, rows_sql, values, 6, put_row, &c, err) && sx_str_ok(out, err);
}
