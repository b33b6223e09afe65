#include "document/document.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/str.h"
#include "base/utf8.h"
#include "document/document_impl.h"

static void *alloc_for_document(sx_doc *d, size_t count, size_t size) {
    void *p = d->failed ? NULL : sx_arena_alloc(d->arena, count, size);
    if (!p) d->failed = true;
    return p;
}

/* `text`, or a copy in which control characters and bytes that are not UTF-8 are escaped: pages
 * contain names of files. */
static char *valid(sx_doc *d, char *text) {
    sx_str escaped = { 0 };
    sx_utf8_printable(&escaped, text, true);
    if (!escaped.failed && escaped.len == strlen(text)) {
        sx_str_free(&escaped);
        return text;
    }
    char *s = escaped.failed ? NULL : alloc_for_document(d, escaped.len + 1, 1);
    if (s) memcpy(s, escaped.data, escaped.len + 1);
    d->failed = d->failed || escaped.failed;
    sx_str_free(&escaped);
    return s;
}

static char *format(sx_doc *d, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = sx_vformat(NULL, 0, fmt, args);
    char *s = n < 0 ? NULL : alloc_for_document(d, (size_t)n + 1, 1);
    if (s) sx_vformat(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s ? valid(d, s) : NULL;
}

static char *copy(sx_doc *d, const char *text) {
    const size_t n = strlen(text) + 1;
    char *s = alloc_for_document(d, n, 1);
    if (s) memcpy(s, text, n);
    return s ? valid(d, s) : NULL;
}

sx_doc *sx_doc_new(const char *title) {
    sx_doc *d = sx_calloc(1, sizeof *d);
    if (!d) return NULL;
    d->arena = sx_arena_new();
    if (!d->arena) {
        free(d);
        return NULL;
    }
    d->title = copy(d, title);
    return d;
}

void sx_doc_free(sx_doc *d) {
    if (!d) return;
    for (sx_block *b = d->first; b; b = b->next) {
        sx_figure_free(b->figure);
        sx_str_free(&b->bytes);
        sx_str_free(&b->plain);
    }
    for (sx_doc *t = d->taken, *next; t; t = next) {
        next = t->next;
        sx_doc_free(t);
    }
    sx_arena_free(d->arena);
    free(d);
}

bool sx_doc_check(const sx_doc *d, sx_error *err) {
    return d->failed ? sx_fail(err, SX_ERR_MEMORY, "out of memory for a report") : true;
}

static void add_line(sx_doc *d, sx_line **first, sx_line **last, const char *key, char *text) {
    sx_line *l = alloc_for_document(d, 1, sizeof *l);
    if (!l || !text) return;
    l->key = key ? copy(d, key) : NULL;
    l->text = text;
    if (*last)
        (*last)->next = l;
    else
        *first = l;
    *last = l;
}

void sx_doc_fact(sx_doc *d, const char *key, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(d, &d->facts, &d->last_fact, key, format(d, fmt, args));
    va_end(args);
}

void sx_doc_warn(sx_doc *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(d, &d->warnings, &d->last_warning, NULL, format(d, fmt, args));
    va_end(args);
}

void sx_doc_notice(sx_doc *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_line(d, &d->notices, &d->last_notice, NULL, format(d, fmt, args));
    va_end(args);
}

static sx_block *add_block(sx_doc *d, sx_block_kind kind, char *text) {
    sx_block *b = alloc_for_document(d, 1, sizeof *b);
    if (!b || !text) return NULL;
    b->kind = kind;
    b->page_only = d->page_only;
    b->text = text;
    if (d->last)
        d->last->next = b;
    else
        d->first = b;
    d->last = b;
    return b;
}

void sx_doc_section(sx_doc *d, const char *title) {
    add_block(d, SX_BLOCK_SECTION, copy(d, title));
}

void sx_doc_subsection(sx_doc *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    sx_block *b = add_block(d, SX_BLOCK_SUBSECTION, format(d, fmt, args));
    va_end(args);
    if (b) b->page_only = true;
}

void sx_doc_anchor(sx_doc *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    char *anchor = format(d, fmt, args);
    va_end(args);
    if (d->last) d->last->anchor = anchor;
}

void sx_doc_text(sx_doc *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    add_block(d, SX_BLOCK_TEXT, format(d, fmt, args));
    va_end(args);
}

void sx_doc_figure(sx_doc *d, const char *caption, sx_figure *figure, bool half) {
    sx_block *b = add_block(d, SX_BLOCK_FIGURE, copy(d, caption));
    if (!figure) d->failed = true;
    if (b) {
        b->figure = figure;
        b->half = half;
    } else {
        sx_figure_free(figure);
    }
}

void sx_doc_film(sx_doc *d, const sx_doc_picture *p) {
    sx_block *b = add_block(d, SX_BLOCK_FILM, copy(d, p->title));
    if (!b) return;
    b->link = p->link ? copy(d, p->link) : NULL;
    b->detail = copy(d, p->detail);
    b->alt = copy(d, p->alt);
    b->file = p->file ? copy(d, p->file) : NULL;
    b->wide = p->wide || p->full;
    b->full = p->full;
    if (!p->file) sx_str_append(&b->bytes, p->bytes, p->size);
    if (p->view) {
        b->view = copy(d, p->view->data);
        b->plain_file = p->view->file ? copy(d, p->view->file) : NULL;
        if (!p->view->file) sx_str_append(&b->plain, p->view->bytes, p->view->size);
    }
    if (b->bytes.failed || b->plain.failed) d->failed = true;
}

void sx_doc_interactive(sx_doc *d) {
    d->interactive = true;
}

void sx_doc_fail(sx_doc *d) {
    d->failed = true;
}

bool sx_doc_page_only(sx_doc *d, bool only) {
    const bool before = d->page_only;
    d->page_only = only;
    return before;
}

void sx_doc_append(sx_doc *d, sx_doc *from, const char *part) {
    if (from->warnings) sx_doc_section(d, part);
    for (const sx_line *w = from->warnings; w; w = w->next)
        sx_doc_text(d, "%s", w->text);
    for (sx_block *b = from->first; b; b = b->next) {
        b->page_only = b->page_only || d->page_only;
        if (b->kind != SX_BLOCK_SECTION) continue;
        const size_t n = strlen(part) + strlen(b->text) + 3;
        char *text = alloc_for_document(d, n, 1);
        if (!text) break;
        snprintf(text, n, "%s: %s", part, b->text);
        b->text = text;
    }
    if (d->last)
        d->last->next = from->first;
    else
        d->first = from->first;
    if (from->last) d->last = from->last;
    d->failed = d->failed || from->failed;
    from->first = from->last = NULL;
    from->next = d->taken;
    d->taken = from;
}

/* ---- tables ---- */

/* Receives rows when memory is exhausted. */
static sx_table *nowhere(sx_doc *d) {
    static _Thread_local sx_table t;
    t = (sx_table){ .doc = d };
    return &t;
}

sx_table *sx_doc_table(sx_doc *d, const char *id, const char *caption) {
    sx_table *t = alloc_for_document(d, 1, sizeof *t);
    sx_block *b = add_block(d, SX_BLOCK_TABLE, copy(d, caption));
    if (!t || !b) return nowhere(d);
    t->doc = d;
    t->id = copy(d, id);
    t->caption = b->text;
    b->table = t;
    return t;
}

void sx_table_column(sx_table *t, const char *heading, bool number) {
    if (t->column_count == SX_COLUMNS_MAX) return;
    t->headings[t->column_count] = copy(t->doc, heading);
    t->numbers[t->column_count++] = number;
}

void sx_table_row(sx_table *t, bool strong) {
    sx_row *r = alloc_for_document(t->doc, 1, sizeof *r);
    sx_cell *cell = r ? alloc_for_document(t->doc, t->column_count + 1, sizeof *cell) : NULL;
    if (!cell) return;
    r->cells = cell;
    r->strong = strong;
    if (t->last)
        t->last->next = r;
    else
        t->first = r;
    t->last = r;
}

void sx_table_row_or_total(sx_table *t, bool total) {
    const sx_row *before = t->last;
    sx_table_row(t, total);
    if (t->last != before) t->last->total = total;
}

static void add_cell(sx_table *t, char *text, bool number, double value, sx_interval interval) {
    if (!t->last || !text || t->last->cell_count == t->column_count) return;
    t->last->cells[t->last->cell_count++] =
        (sx_cell){ .text = text, .number = number, .value = value, .interval = interval };
}

void sx_table_link(sx_table *t, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    char *anchor = format(t->doc, fmt, args);
    va_end(args);
    if (t->last && t->last->cell_count) t->last->cells[t->last->cell_count - 1].link = anchor;
}

void sx_table_title(sx_table *t, const char *text) {
    if (!t->last || !t->last->cell_count) return;
    sx_cell *cell = &t->last->cells[t->last->cell_count - 1];
    if (strcmp(cell->text, text) != 0) cell->title = copy(t->doc, text);
}

void sx_table_text(sx_table *t, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    char *s = format(t->doc, fmt, args);
    va_end(args);
    add_cell(t, s, false, NAN, (sx_interval){ NAN, NAN });
}

static void number_text(char *buf, size_t size, double v, int decimals, double scale) {
    if (isnan(v))
        snprintf(buf, size, "-");
    else if (isinf(v))
        snprintf(buf, size, v > 0 ? "inf" : "-inf");
    else
        sx_format(buf, size, "%.*f", decimals, v * scale + 0.0);
}

void sx_table_value(sx_table *t, double value, int decimals, double scale) {
    char buf[64];
    number_text(buf, sizeof buf, value, decimals, scale);
    add_cell(t, copy(t->doc, buf), true, value, (sx_interval){ NAN, NAN });
}

void sx_table_p(sx_table *t, double p) {
    if (p < 0.0001)
        add_cell(t, copy(t->doc, "< 0.0001"), true, p, (sx_interval){ NAN, NAN });
    else
        sx_table_value(t, p, 4, 1);
}

void sx_table_interval(sx_table *t, double value, sx_interval i, int decimals, double scale) {
    char v[64], low[64], high[64], buf[200];
    number_text(v, sizeof v, value, decimals, scale);
    number_text(low, sizeof low, i.low, decimals, scale);
    number_text(high, sizeof high, i.high, decimals, scale);
    if (isnan(i.low))
        snprintf(buf, sizeof buf, "%s", v);
    else
        snprintf(buf, sizeof buf, "%s (%s, %s)", v, low, high);
    add_cell(t, copy(t->doc, buf), true, value, i);
}

void sx_table_range(sx_table *t, sx_interval i, int decimals, double scale) {
    char low[64], high[64], buf[140];
    number_text(low, sizeof low, i.low, decimals, scale);
    number_text(high, sizeof high, i.high, decimals, scale);
    if (isnan(i.low))
        snprintf(buf, sizeof buf, "-");
    else
        snprintf(buf, sizeof buf, "%s, %s", low, high);
    add_cell(t, copy(t->doc, buf), true, NAN, i);
}

/* ---- CSV ---- */

static void put_number(sx_str *out, double v) {
    if (isfinite(v)) sx_str_printf(out, "%.17g", v);
}

static const char *full_text(const sx_cell *cell) {
    return cell->title ? cell->title : cell->text;
}

bool sx_doc_to_csv(const sx_doc *d, sx_str *out, sx_error *err) {
    if (!sx_doc_check(d, err)) return false;
    sx_str_add(out, "table,row,column,value,low,high,text\n");
    for (const sx_block *b = d->first; b; b = b->next)
        for (const sx_row *r = b->table ? b->table->first : NULL; r; r = r->next)
            for (size_t c = 1; c < r->cell_count; c++) {
                const sx_cell *cell = &r->cells[c];
                sx_csv_put(out, b->table->id);
                sx_str_add(out, ",");
                sx_csv_put(out, full_text(&r->cells[0]));
                sx_str_add(out, ",");
                sx_csv_put(out, b->table->headings[c]);
                sx_str_add(out, ",");
                put_number(out, cell->value);
                sx_str_add(out, ",");
                put_number(out, cell->interval.low);
                sx_str_add(out, ",");
                put_number(out, cell->interval.high);
                sx_str_add(out, ",");
                sx_csv_put(out, full_text(cell));
                sx_str_add(out, "\n");
            }
    return sx_str_ok(out, err);
}
