/* The tables of a document as LaTeX and as Markdown. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/line.h"
#include "base/names.h"
#include "document/document_impl.h"

/* ---- LaTeX ---- */

static void put_latex(sx_str *out, const char *text) {
    for (const char *p = text; *p; p++) {
        const char *special = strchr("&%$#_{}", *p);
        if (special)
            sx_str_printf(out, "\\%c", *p);
        else if (*p == '\\')
            sx_str_add(out, "\\textbackslash{}");
        else if (*p == '~')
            sx_str_add(out, "\\textasciitilde{}");
        else if (*p == '^')
            sx_str_add(out, "\\textasciicircum{}");
        else if (*p == '<' || *p == '>')
            sx_str_printf(out, "$%c$", *p);
        else if (*p == '|') /* a dash in fonts of the encoding OT1 */
            sx_str_add(out, "\\textbar{}");
        else if (*p == '\n' || *p == '\r') /* two of them would end the paragraph */
            sx_str_add(out, " ");
        else
            sx_str_append(out, p, 1);
    }
}

/* A minus sign, and a dash where there is no value. */
static void put_latex_cell(sx_str *out, const sx_cell *c, bool strong) {
    if (c->number && strcmp(c->text, "-") == 0) {
        sx_str_add(out, "--");
        return;
    }
    if (strong) sx_str_add(out, "\\textbf{");
    if (c->number && c->text[0] == '-') {
        sx_str_add(out, "$-$");
        put_latex(out, c->text + 1);
    } else {
        put_latex(out, c->title ? c->title : c->text);
    }
    if (strong) sx_str_add(out, "}");
}

static void put_latex_head(sx_str *out, const sx_table *t) {
    sx_str_add(out, "\\begin{tabular}{");
    for (size_t c = 0; c < t->column_count; c++)
        sx_str_add(out, t->numbers[c] ? "r" : "l");
    sx_str_add(out, "}\n\\toprule\n");
    for (size_t c = 0; c < t->column_count; c++) {
        if (c) sx_str_add(out, " & ");
        put_latex(out, t->headings[c]);
    }
    sx_str_add(out, " \\\\\n\\midrule\n");
}

/* In each table: a table is copied into another text on its own. */
static void put_latex_notices(sx_str *out, const sx_line *notices) {
    if (!notices) return;
    sx_str_add(out, "\\par\\smallskip\n{\\footnotesize ");
    for (const sx_line *l = notices; l; l = l->next) {
        put_latex(out, l->text);
        sx_str_add(out, l->next ? " " : "}\n");
    }
}

/* "tab:subgroup-sex" of the table's id, which is unique among `used`. */
static bool put_latex_label(sx_str *out, const sx_table *t, sx_names *used, sx_error *err) {
    char label[200], unique[240];
    size_t n = 0;
    uint32_t at;
    for (const char *p = t->id; *p && n + 1 < sizeof label; p++) {
        const bool letter = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
        if (letter || (*p >= 'A' && *p <= 'Z'))
            label[n++] = letter ? *p : (char)(*p - 'A' + 'a');
        else if (n && label[n - 1] != '-')
            label[n++] = '-';
    }
    while (n && label[n - 1] == '-')
        n--;
    label[n] = '\0';
    snprintf(unique, sizeof unique, "%s", label);
    for (unsigned k = 2; sx_names_find(used, unique) >= 0; k++)
        snprintf(unique, sizeof unique, "%s-%u", label, k);
    sx_str_printf(out, "\\label{tab:%s}\n", unique);
    return sx_names_add(used, unique, &at, err);
}

/* Without a caption a table has no number, and its label would be that of the section. */
static bool put_latex_caption(sx_str *out, const sx_table *t, sx_names *used, sx_error *err) {
    if (!t->caption[0]) return true;
    sx_str_add(out, "\\caption{");
    put_latex(out, t->caption);
    sx_str_add(out, "}\n");
    return put_latex_label(out, t, used, err);
}

static bool put_latex_table(sx_str *out, const sx_table *t, const sx_line *notices, sx_names *used,
                            sx_error *err) {
    sx_str_add(out, "\\begin{table}\n\\centering\n");
    if (!put_latex_caption(out, t, used, err)) return false;
    put_latex_head(out, t);
    for (const sx_row *r = t->first; r; r = r->next) {
        for (size_t c = 0; c < t->column_count; c++) {
            if (c) sx_str_add(out, " & ");
            if (c < r->cell_count) put_latex_cell(out, &r->cells[c], r->strong);
        }
        sx_str_add(out, " \\\\\n");
    }
    sx_str_add(out, "\\bottomrule\n\\end{tabular}\n");
    put_latex_notices(out, notices);
    sx_str_add(out, "\\end{table}\n\n");
    return true;
}

bool sx_doc_to_latex(const sx_doc *d, sx_str *out, sx_error *err) {
    if (!sx_doc_check(d, err)) return false;
    sx_str_add(out, "% Tables of spinexr eval; needs \\usepackage{booktabs}\n\n");
    sx_names labels = { 0 };
    bool ok = true;
    for (const sx_block *b = d->first; ok && b; b = b->next)
        if (b->kind == SX_BLOCK_TABLE)
            ok = put_latex_table(out, b->table, d->notices, &labels, err);
    sx_names_free(&labels);
    return ok && sx_str_ok(out, err);
}

/* ---- Markdown ---- */

static void put_markdown(sx_str *out, const char *text) {
    for (const char *p = text; *p; p++) {
        if (strchr("|\\*_`<>[]#", *p))
            sx_str_printf(out, "\\%c", *p);
        else if (*p == '\n' || *p == '\r')
            sx_str_add(out, " ");
        else
            sx_str_append(out, p, 1);
    }
}

static void put_markdown_row(sx_str *out, const sx_table *t, const sx_row *r) {
    for (size_t c = 0; c < t->column_count; c++) {
        sx_str_add(out, c ? " | " : "| ");
        if (c >= r->cell_count) continue;
        const sx_cell *cell = &r->cells[c];
        const bool strong = r->strong && cell->text[0];
        if (strong) sx_str_add(out, "**");
        put_markdown(out, cell->title ? cell->title : cell->text);
        if (strong) sx_str_add(out, "**");
    }
    sx_str_add(out, " |\n");
}

static void put_markdown_table(sx_str *out, const sx_table *t) {
    if (t->caption[0]) {
        put_markdown(out, t->caption);
        sx_str_add(out, "\n\n");
    }
    for (size_t c = 0; c < t->column_count; c++) {
        sx_str_add(out, c ? " | " : "| ");
        put_markdown(out, t->headings[c]);
    }
    sx_str_add(out, " |\n");
    for (size_t c = 0; c < t->column_count; c++)
        sx_str_add(out, t->numbers[c] ? "| ---: " : "| --- ");
    sx_str_add(out, "|\n");
    for (const sx_row *r = t->first; r; r = r->next)
        put_markdown_row(out, t, r);
    sx_str_add(out, "\n");
}

static void put_markdown_notices(sx_str *out, const sx_line *notices) {
    for (const sx_line *l = notices; l; l = l->next) {
        sx_str_add(out, l == notices ? "*" : "");
        put_markdown(out, l->text);
        sx_str_add(out, l->next ? " " : "*\n\n");
    }
}

/* A section without a table has no heading. */
static bool has_table(const sx_block *section) {
    for (const sx_block *b = section->next; b && b->kind != SX_BLOCK_SECTION; b = b->next)
        if (b->kind == SX_BLOCK_TABLE) return true;
    return false;
}

bool sx_doc_to_markdown(const sx_doc *d, sx_str *out, sx_error *err) {
    if (!sx_doc_check(d, err)) return false;
    put_markdown_notices(out, d->notices);
    for (const sx_block *b = d->first; b; b = b->next) {
        if (b->kind == SX_BLOCK_SECTION && has_table(b)) {
            sx_str_add(out, "## ");
            put_markdown(out, b->text);
            sx_str_add(out, "\n\n");
        }
        if (b->kind == SX_BLOCK_TABLE) put_markdown_table(out, b->table);
    }
    return sx_str_ok(out, err);
}
