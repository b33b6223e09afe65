#include <stdlib.h>

#include "base/files.h"
#include "base/line.h"
#include "base/text_table.h"
#include "document/document_impl.h"

static void pad(sx_str *out, size_t n) {
    while (n-- > 0)
        sx_str_add(out, " ");
}

/* The text in one line; if it must be copied for that, `copies` owns it. */
static const char *one_line(const char *text, sx_paths *copies, sx_str *out) {
    sx_str memory = { 0 };
    const char *line = text ? sx_line_one(&memory, text) : NULL;
    if (line != text) {
        out->failed = out->failed || memory.failed || !sx_paths_add(copies, line, NULL);
        line = out->failed ? "" : copies->items[copies->count - 1];
    }
    sx_str_free(&memory);
    return line;
}

static void put_table(sx_str *out, const sx_table *t) {
    size_t rows = 0;
    sx_paths copies = { 0 };
    for (const sx_row *r = t->first; r; r = r->next)
        rows++;
    const char **cells = sx_calloc(rows * t->column_count + 1, sizeof *cells);
    if (!cells) {
        out->failed = true;
        return;
    }
    size_t at = 0;
    for (const sx_row *r = t->first; r; r = r->next, at += t->column_count)
        for (size_t c = 0; c < t->column_count && c < r->cell_count; c++)
            cells[at + c] = one_line(r->cells[c].text, &copies, out);
    if (t->caption[0]) {
        sx_line_fold(out, t->caption, 0);
        sx_str_add(out, "\n");
    }
    const sx_text_table table = { .column_count = t->column_count,
                                  .row_count = rows,
                                  .headings = (const char *const *)t->headings,
                                  .numbers = t->numbers,
                                  .cells = cells,
                                  .ruled = true };
    sx_text_table_put(out, &table);
    free(cells);
    sx_paths_free(&copies);
    sx_str_add(out, "\n");
}

static void put_lines(sx_str *out, const char *text, size_t indent) {
    sx_line_fold(out, text, indent);
    sx_str_add(out, "\n");
}

/* Whether any content of a section is shown: figures are not. */
static bool has_text(const sx_block *section) {
    for (const sx_block *b = section->next; b && b->kind != SX_BLOCK_SECTION; b = b->next)
        if (b->kind == SX_BLOCK_TEXT || b->kind == SX_BLOCK_TABLE) return true;
    return false;
}

bool sx_doc_to_text(const sx_doc *d, sx_str *out, sx_error *err) {
    size_t widest = 0;
    sx_str memory = { 0 };
    if (!sx_doc_check(d, err)) return false;
    if (d->title[0]) {
        put_lines(out, d->title, 0);
        sx_str_add(out, "\n");
    }
    for (const sx_line *l = d->facts; l; l = l->next)
        if (sx_line_columns(l->key) > widest) widest = sx_line_columns(l->key);
    for (const sx_line *l = d->facts; l; l = l->next) {
        sx_str_add(out, sx_line_one(&memory, l->key));
        pad(out, widest + 2 - sx_line_columns(l->key));
        put_lines(out, l->text, widest + 2);
    }
    if (d->facts) sx_str_add(out, "\n");
    for (const sx_line *l = d->warnings; l; l = l->next) {
        sx_str_add(out, "! ");
        put_lines(out, l->text, 2);
    }
    if (d->warnings) sx_str_add(out, "\n");
    for (const sx_block *b = d->first; b; b = b->next) {
        if (b->page_only) continue;
        if (b->kind == SX_BLOCK_SECTION && has_text(b))
            sx_str_printf(out, "== %s ==\n\n", sx_line_one(&memory, b->text));
        if (b->kind == SX_BLOCK_TEXT) {
            put_lines(out, b->text, 0);
            sx_str_add(out, "\n");
        }
        if (b->kind == SX_BLOCK_TABLE) put_table(out, b->table);
    }
    while (out->len > 1 && out->data[out->len - 1] == '\n' && out->data[out->len - 2] == '\n')
        out->data[--out->len] = '\0';
    out->failed = out->failed || memory.failed;
    sx_str_free(&memory);
    return sx_str_ok(out, err);
}
