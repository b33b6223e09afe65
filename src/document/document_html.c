#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "base/utf8.h"
#include "document/document_impl.h"

/* ---- text ---- */

static void put_character(sx_str *out, const char *p) {
    switch (*p) {
    case '&':
        sx_str_add(out, "&amp;");
        break;
    case '<':
        sx_str_add(out, "&lt;");
        break;
    case '>':
        sx_str_add(out, "&gt;");
        break;
    case '"':
        sx_str_add(out, "&quot;");
        break;
    default:
        sx_str_append(out, p, 1);
    }
}

void sx_html_text(sx_str *out, const char *text) {
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, text, true);
    for (const char *p = sx_str_text(&shown); *p; p++)
        put_character(out, p);
    out->failed = out->failed || shown.failed;
    sx_str_free(&shown);
}

/* Whether an absolute path begins at `p`: a slash at the beginning of a word. */
static bool begins_path(const char *text, const char *p) {
    return p[0] == '/' && p[1] && !strchr(" /", p[1]) &&
           (p == text || strchr(" \"'(=:,", p[-1]) != NULL);
}

/* The last part of the path at `p`, and what follows it. */
static const char *last_part(const char *p) {
    const char *last = p + 1;
    for (const char *q = p + 1; *q && *q != ' '; q++)
        if (*q == '/' && q[1] && q[1] != ' ') last = q + 1;
    return last;
}

/* Text without absolute paths. */
static void put_text(sx_str *out, const char *text) {
    for (const char *p = text; *p; p++) {
        if (begins_path(text, p)) p = last_part(p);
        put_character(out, p);
    }
}

static void put_element(sx_str *out, const char *open, const char *text, const char *close) {
    sx_str_add(out, open);
    put_text(out, text);
    sx_str_add(out, close);
}

/* ---- the page ---- */

typedef struct page {
    const sx_doc *doc;
    sx_str *out;
    sx_names anchors; /* of all blocks */
    bool *written;    /* [anchors.count] the place of an anchor is on the page */
    unsigned sections, figures;
} page;

static bool collect_anchors(page *g, sx_error *err) {
    uint32_t number;
    for (const sx_block *b = g->doc->first; b; b = b->next)
        if (b->anchor && !sx_names_add(&g->anchors, b->anchor, &number, err)) return false;
    g->written = sx_calloc_for(g->anchors.count + 1, sizeof *g->written, "a page", err);
    return g->written != NULL;
}

/* The id of a block, unless an earlier one has it. */
static void put_id(page *g, const sx_block *b) {
    const long at = b->anchor ? sx_names_find(&g->anchors, b->anchor) : -1;
    if (at < 0 || g->written[at]) return;
    g->written[at] = true;
    sx_str_printf(g->out, " id=\"%s\"", b->anchor);
}

/* A value with its interval, which is less prominent. */
static void put_value(sx_str *out, const sx_cell *c) {
    const char *open = c->number ? strstr(c->text, " (") : NULL;
    if (strcmp(c->text, "-") == 0 && c->number) {
        sx_str_add(out, "\xe2\x80\x93");
    } else if (open && !isnan(c->interval.low)) {
        sx_str_append(out, c->text, (size_t)(open - c->text));
        put_element(out, " <span class=ci>", open + 1, "</span>");
    } else {
        put_text(out, c->text);
    }
}

static void put_cell(const page *g, const sx_cell *c) {
    const bool linked = c->link && sx_names_find(&g->anchors, c->link) >= 0;
    const bool marked = linked || c->title;
    if (linked)
        sx_str_printf(g->out, "<a href=\"#%s\"", c->link);
    else if (marked)
        sx_str_add(g->out, "<span");
    if (c->title) put_element(g->out, " title=\"", c->title, "\"");
    if (marked) sx_str_add(g->out, ">");
    put_value(g->out, c);
    if (marked) sx_str_add(g->out, linked ? "</a>" : "</span>");
}

static void put_head(sx_str *out, const sx_table *t) {
    sx_str_add(out, "<thead><tr>");
    for (size_t c = 0; c < t->column_count; c++)
        put_element(out, t->numbers[c] ? "<th class=n scope=col>" : "<th scope=col>",
                    t->headings[c], "</th>");
    sx_str_add(out, "</tr></thead>");
}

static void put_rows(page *g, const sx_table *t, const sx_row *first, bool totals) {
    for (const sx_row *r = first; r && r->total == totals; r = r->next) {
        sx_str_add(g->out, r->strong ? "<tr class=s>" : "<tr>");
        for (size_t c = 0; c < t->column_count; c++) {
            sx_str_add(g->out, t->numbers[c] ? "<td class=n>" : "<td>");
            if (c < r->cell_count) put_cell(g, &r->cells[c]);
            sx_str_add(g->out, "</td>");
        }
        sx_str_add(g->out, "</tr>\n");
    }
}

/* The keyboard scrolls what has the focus. */
static void put_table(page *g, const sx_block *b) {
    sx_str *out = g->out;
    const sx_table *t = b->table;
    if (t->caption[0]) put_element(out, "<p class=cap>", t->caption, "</p>");
    put_element(out, "<div class=scroll role=region tabindex=0 aria-label=\"Table: ", t->id, "\"");
    put_id(g, b);
    sx_str_add(out, "><table>");
    put_head(out, t);
    sx_str_add(out, "<tbody>\n");
    const sx_row *totals = t->first;
    while (totals && !totals->total)
        totals = totals->next;
    put_rows(g, t, t->first, false);
    sx_str_add(out, "</tbody>");
    if (totals) {
        sx_str_add(out, "<tfoot>\n");
        put_rows(g, t, totals, true);
        sx_str_add(out, "</tfoot>");
    }
    sx_str_add(out, "</table></div>\n");
}

static void put_base64(sx_str *out, const unsigned char *p, size_t n) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)p[i] << 16 | (i + 1 < n ? (unsigned)p[i + 1] << 8 : 0) |
                     (i + 2 < n ? p[i + 2] : 0u);
        char c[4] = { digit[v >> 18], digit[(v >> 12) & 63], digit[(v >> 6) & 63], digit[v & 63] };
        if (i + 1 >= n) c[2] = '=';
        if (i + 2 >= n) c[3] = '=';
        sx_str_append(out, c, 4);
    }
}

/* A file's name may hold any character. */
static void put_address(sx_str *out, const char *path) {
    for (const char *p = path; *p; p++) {
        const unsigned char c = (unsigned char)*p;
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || strchr("/-._~", c);
        if (plain)
            sx_str_append(out, p, 1);
        else
            sx_str_printf(out, "%%%02X", c);
    }
}

/* The address of a file, or the picture itself. */
static void put_picture(sx_str *out, const char *file, const sx_str *bytes) {
    const bool png = bytes->len > 4 && memcmp(bytes->data, "\x89PNG", 4) == 0;
    if (file) {
        put_address(out, file);
        return;
    }
    sx_str_printf(out, "data:image/%s;base64,", png ? "png" : "jpeg");
    put_base64(out, (const unsigned char *)bytes->data, bytes->len);
}

/* JSON in an attribute with single quotes: an escape for each of its many double quotes would make
 * a page of some thousand films twice as large. */
static void put_json(sx_str *out, const char *json) {
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, json, true);
    for (const char *p = sx_str_text(&shown); *p; p++)
        if (*p == '\'')
            sx_str_add(out, "&#39;");
        else if (*p == '"')
            sx_str_append(out, p, 1);
        else
            put_character(out, p);
    out->failed = out->failed || shown.failed;
    sx_str_free(&shown);
}

/* What the script shows large. */
static void put_view(const page *g, const sx_block *b) {
    if (!b->view || !g->doc->interactive) return;
    sx_str_add(g->out, " data-view='");
    put_json(g->out, b->view);
    sx_str_add(g->out, "' data-plain=\"");
    put_picture(g->out, b->plain_file, &b->plain);
    sx_str_add(g->out, "\"");
}

static void put_film(page *g, const sx_block *b) {
    sx_str *out = g->out;
    sx_str_add(out, b->full ? "<figure class=full" : "<figure");
    put_id(g, b);
    put_view(g, b);
    put_element(out, "><img alt=\"", b->alt, b->file ? "\" loading=lazy src=\"" : "\" src=\"");
    put_picture(out, b->file, &b->bytes);
    sx_str_add(out, "\"><figcaption><b>");
    if (b->link) {
        sx_str_add(out, "<a href=\"");
        put_address(out, b->link);
        sx_str_add(out, "\">");
    }
    put_text(out, b->text);
    sx_str_add(out, b->link ? "</a></b>" : "</b>");
    put_text(out, b->detail);
    sx_str_add(out, "</figcaption></figure>\n");
}

/* Numbers make the figures' ids differ. */
static bool put_figure(page *g, const sx_block *b, sx_error *err) {
    char id[32];
    snprintf(id, sizeof id, "figure-%u", ++g->figures);
    sx_str_add(g->out, b->half ? "<figure" : "<figure class=full");
    put_id(g, b);
    sx_str_add(g->out, ">");
    if (!sx_figure_svg(b->figure, id, g->out, err)) return false;
    put_element(g->out, "<figcaption>", b->text, "</figcaption></figure>\n");
    return true;
}

static bool put_block(page *g, const sx_block *b, sx_error *err) {
    sx_str *out = g->out;
    switch (b->kind) {
    case SX_BLOCK_SECTION:
        sx_str_printf(out, "<h2 id=\"section-%u\">", ++g->sections);
        put_element(out, "", b->text, "</h2>\n");
        break;
    case SX_BLOCK_SUBSECTION:
        sx_str_add(out, "<h3");
        put_id(g, b);
        put_element(out, ">", b->text, "</h3>\n");
        break;
    case SX_BLOCK_TEXT:
        sx_str_add(out, "<p");
        put_id(g, b);
        put_element(out, ">", b->text, "</p>\n");
        break;
    case SX_BLOCK_TABLE:
        put_table(g, b);
        break;
    case SX_BLOCK_FIGURE:
        return put_figure(g, b, err);
    case SX_BLOCK_FILM:
        put_film(g, b);
        break;
    }
    return true;
}

/* Consecutive figures and films form one grid. */
static const char *grid_of(const sx_block *b) {
    if (b->kind == SX_BLOCK_FILM) return b->wide ? "films sheets" : "films";
    return b->kind == SX_BLOCK_FIGURE ? "figures" : NULL;
}

static bool put_blocks(page *g, sx_error *err) {
    const char *grid = NULL;
    for (const sx_block *b = g->doc->first; b; b = b->next) {
        const char *now = grid_of(b);
        if (grid && now != grid) sx_str_add(g->out, "</div>\n");
        if (now && now != grid) sx_str_printf(g->out, "<div class=\"%s\">\n", now);
        grid = now;
        if (!put_block(g, b, err)) return false;
    }
    if (grid) sx_str_add(g->out, "</div>\n");
    return true;
}

/* The first line in bold. */
static void put_notices(const page *g, const char *open, const char *close) {
    const sx_line *first = g->doc->notices;
    if (!first) return;
    put_element(g->out, open, first->text, "");
    for (const sx_line *l = first->next; l; l = l->next)
        put_element(g->out, " <span>", l->text, "</span>");
    sx_str_add(g->out, close);
}

static void put_contents(const page *g) {
    enum { LEAST = 3 };
    unsigned count = 0;
    for (const sx_block *b = g->doc->first; b; b = b->next)
        count += b->kind == SX_BLOCK_SECTION;
    if (count < LEAST) return;
    sx_str_add(g->out, "<nav aria-label=\"Contents\"><ul>\n");
    count = 0;
    for (const sx_block *b = g->doc->first; b; b = b->next) {
        if (b->kind != SX_BLOCK_SECTION) continue;
        sx_str_printf(g->out, "<li><a href=\"#section-%u\">", ++count);
        put_element(g->out, "", b->text, "</a></li>\n");
    }
    sx_str_add(g->out, "</ul></nav>\n");
}

static void put_beginning(const page *g) {
    sx_str *out = g->out;
    sx_str_add(out, "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
                    "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n");
    put_element(out, "<title>", g->doc->title, "</title>\n");
    sx_str_printf(out, "<style>\n%s%s</style></head>\n<body><main>\n", sx_doc_style,
                  g->doc->interactive ? sx_page_style : "");
    put_element(out, "<h1>", g->doc->title, "</h1>\n");
    put_notices(g, "<p class=notice role=note>", "</p>\n");
    if (g->doc->facts) sx_str_add(out, "<dl>\n");
    for (const sx_line *l = g->doc->facts; l; l = l->next) {
        put_element(out, "<dt>", l->key, "</dt>");
        put_element(out, "<dd>", l->text, "</dd>\n");
    }
    if (g->doc->facts) sx_str_add(out, "</dl>\n");
    for (const sx_line *l = g->doc->warnings; l; l = l->next)
        put_element(out, "<p class=warn>", l->text, "</p>\n");
    put_contents(g);
}

bool sx_doc_to_html(const sx_doc *d, sx_str *out, sx_error *err) {
    if (!sx_doc_check(d, err)) return false;
    page g = { .doc = d, .out = out };
    bool ok = collect_anchors(&g, err);
    if (ok) {
        put_beginning(&g);
        ok = put_blocks(&g, err);
        sx_str_add(out, "</main>\n");
        put_notices(&g, "<footer>", "</footer>\n");
        if (d->interactive) sx_str_printf(out, "<script>\n%s</script>\n", sx_page_script);
        sx_str_add(out, "</body></html>\n");
    }
    sx_names_free(&g.anchors);
    free(g.written);
    return ok && sx_str_ok(out, err);
}
