#include "document/stats_tables.h"

#include <math.h>

static sx_table *begin_table(sx_doc *d, const sx_set_stats *s, const char *id, const char *caption,
                             const char *first) {
    sx_table *t = sx_doc_table(d, id, caption);
    sx_table_column(t, first, false);
    for (int k = 0; k < SX_STATS_COLUMNS; k++)
        if (s->columns[k].films)
            sx_table_column(t,
                            k == SX_STATS_ALL ? "all"
                            : k               ? sx_split_name((sx_split)k)
                                              : "no split",
                            true);
    return t;
}

static void put_range(sx_table *t, const sx_stats_range *r) {
    const sx_interval i = { r->n ? r->low : (double)NAN, r->n ? r->high : (double)NAN };
    sx_table_interval(t, sx_stats_mean(r), i, 1, 1);
}

/* Rows whose numbers lie at `offset` of each column. */
static void add_counts(sx_table *t, const sx_set_stats *s, const char *name, size_t offset) {
    sx_table_row(t, false);
    sx_table_text(t, "%s", name);
    for (int k = 0; k < SX_STATS_COLUMNS; k++) {
        const char *column = (const char *)&s->columns[k];
        const size_t *n = (const size_t *)(const void *)(column + offset);
        if (s->columns[k].films) sx_table_value(t, (double)*n, 0, 1);
    }
}

static void add_ranges(sx_table *t, const sx_set_stats *s, const char *name, size_t offset) {
    sx_table_row(t, false);
    sx_table_text(t, "%s", name);
    for (int k = 0; k < SX_STATS_COLUMNS; k++) {
        const char *column = (const char *)&s->columns[k];
        if (s->columns[k].films)
            put_range(t, (const sx_stats_range *)(const void *)(column + offset));
    }
}

static void add_films(sx_doc *d, const sx_set_stats *s) {
    sx_table *t = begin_table(d, s, "films", "", "data set");
    add_counts(t, s, "films", offsetof(sx_stats_column, films));
    add_counts(t, s, "studies", offsetof(sx_stats_column, studies));
    add_counts(t, s, "patients", offsetof(sx_stats_column, patients));
    add_counts(t, s, "abnormal films", offsetof(sx_stats_column, label[2]));
    add_counts(t, s, "normal films", offsetof(sx_stats_column, label[1]));
    add_counts(t, s, "films without a label", offsetof(sx_stats_column, label[0]));
    add_counts(t, s, "films of women", offsetof(sx_stats_column, sex[0]));
    add_counts(t, s, "films of men", offsetof(sx_stats_column, sex[1]));
    add_counts(t, s, "films, sex not known", offsetof(sx_stats_column, sex[2]));
    if (s->columns[SX_STATS_ALL].no_age)
        add_counts(t, s, "films with an invalid age", offsetof(sx_stats_column, no_age));
    if (s->columns[SX_STATS_ALL].two_ages)
        add_counts(t, s, "films with two ages", offsetof(sx_stats_column, two_ages));
    if (s->columns[SX_STATS_ALL].two_sexes)
        add_counts(t, s, "films with two sexes", offsetof(sx_stats_column, two_sexes));
    t = begin_table(d, s, "sizes", "Mean (smallest, largest)", "films");
    add_ranges(t, s, "age, years", offsetof(sx_stats_column, age));
    add_ranges(t, s, "width, pixels", offsetof(sx_stats_column, width));
    add_ranges(t, s, "height, pixels", offsetof(sx_stats_column, height));
}

typedef enum part { BOXES, FILMS, WIDTH, HEIGHT } part;

static void add_findings(sx_doc *d, const sx_manifest *m, const sx_set_stats *s, part what) {
    static const char *const ids[] = { "boxes", "films_with_boxes", "box_width", "box_height" };
    static const char *const firsts[] = { "boxes", "films with boxes", "box width, pixels",
                                          "box height, pixels" };
    const bool range = what == WIDTH || what == HEIGHT;
    sx_table *t =
        begin_table(d, s, ids[what], range ? "Mean (smallest, largest)" : "", firsts[what]);
    for (size_t c = 0; c < s->class_count; c++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", m->classes.items[c]);
        for (int k = 0; k < SX_STATS_COLUMNS; k++) {
            const sx_stats_finding *f = &s->findings[c][k];
            if (!s->columns[k].films) continue;
            if (range)
                put_range(t, what == WIDTH ? &f->width : &f->height);
            else
                sx_table_value(t, (double)(what == BOXES ? f->boxes : f->films), 0, 1);
        }
    }
}

sx_doc *sx_stats_tables(const sx_manifest *m, const sx_set_stats *s, const char *name) {
    sx_doc *d = sx_doc_new(name);
    if (!d) return NULL;
    add_films(d, s);
    for (int what = BOXES; s->class_count && what <= HEIGHT; what++)
        add_findings(d, m, s, (part)what);
    return d;
}
