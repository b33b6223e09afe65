#include <string.h>

#include "document/document_impl.h"

/* Columns that a UTF-8 text takes. */
static size_t width_of(const char *s) {
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

static void pad(sx_str *out, size_t n) {
    while (n-- > 0)
        sx_str_append(out, " ", 1);
}

static void put_cell(sx_str *out, const char *text, size_t width, bool right, bool last) {
    size_t n = width_of(text), gap = n < width ? width - n : 0;
    if (right) pad(out, gap);
    sx_str_add(out, text);
    if (!right && !last) pad(out, gap);
    if (last) {
        while (out->len && out->data[out->len - 1] == ' ')
            out->data[--out->len] = '\0';
    }
    sx_str_add(out, last ? "\n" : "  ");
}

static void put_table(sx_str *out, const sx_table *t) {
    size_t width[SX_COLUMNS_MAX];
    for (size_t c = 0; c < t->column_count; c++) {
        width[c] = width_of(t->headings[c]);
        for (const sx_row *r = t->first; r; r = r->next)
            if (c < r->cell_count && width_of(r->cells[c].text) > width[c])
                width[c] = width_of(r->cells[c].text);
    }
    if (t->caption[0]) sx_str_printf(out, "%s\n", t->caption);
    for (size_t c = 0; c < t->column_count; c++)
        put_cell(out, t->headings[c], width[c], t->numbers[c], c + 1 == t->column_count);
    for (size_t c = 0; c < t->column_count; c++) {
        for (size_t i = 0; i < width[c]; i++)
            sx_str_append(out, "-", 1);
        sx_str_add(out, c + 1 == t->column_count ? "\n" : "  ");
    }
    for (const sx_row *r = t->first; r; r = r->next)
        for (size_t c = 0; c < t->column_count; c++)
            put_cell(out, c < r->cell_count ? r->cells[c].text : "", width[c], t->numbers[c],
                     c + 1 == t->column_count);
    sx_str_add(out, "\n");
}

/* Words on lines of at most 96 columns, the second and later ones indented. */
static void put_wrapped(sx_str *out, const char *text, size_t indent) {
    size_t at = 0;
    for (const char *p = text; *p;) {
        const char *end = strchr(p, ' ');
        char word[512];
        size_t n = end ? (size_t)(end - p) : strlen(p);
        if (n >= sizeof word) n = sizeof word - 1;
        memcpy(word, p, n);
        word[n] = '\0';
        size_t w = width_of(word);
        if (at && at + 1 + w > 96 - indent) {
            sx_str_add(out, "\n");
            pad(out, indent);
            at = 0;
        }
        sx_str_printf(out, "%s%s", at ? " " : "", word);
        at += w + (at > 0);
        p += n;
        while (*p == ' ')
            p++;
    }
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
    if (!sx_doc_check(d, err)) return false;
    sx_str_printf(out, "%s\n\n", d->title);
    for (const sx_line *l = d->facts; l; l = l->next)
        if (width_of(l->key) > widest) widest = width_of(l->key);
    for (const sx_line *l = d->facts; l; l = l->next) {
        put_cell(out, l->key, widest, false, false);
        put_wrapped(out, l->text, widest + 2);
    }
    if (d->facts) sx_str_add(out, "\n");
    for (const sx_line *l = d->warnings; l; l = l->next) {
        sx_str_add(out, "! ");
        put_wrapped(out, l->text, 2);
    }
    if (d->warnings) sx_str_add(out, "\n");
    for (const sx_block *b = d->first; b; b = b->next) {
        if (b->page_only) continue;
        if (b->kind == SX_BLOCK_SECTION && has_text(b)) sx_str_printf(out, "== %s ==\n\n", b->text);
        if (b->kind == SX_BLOCK_TEXT) {
            put_wrapped(out, b->text, 0);
            sx_str_add(out, "\n");
        }
        if (b->kind == SX_BLOCK_TABLE) put_table(out, b->table);
    }
    while (out->len > 1 && out->data[out->len - 1] == '\n' && out->data[out->len - 2] == '\n')
        out->data[--out->len] = '\0';
    return sx_str_ok(out, err);
}
