#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document/document_impl.h"

void sx_html_text(sx_str *out, const char *text) {
    for (const char *p = text; *p; p++) {
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
}

static const char style[] =
    ":root{--ink:#1b1f24;--soft:#5b6570;--line:#d6dbe1;--tint:#f4f6f8;--accent:#0b5f8a}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:#fff;color:var(--ink);font:15px/1.5 'Source Sans 3','Segoe "
    "UI',Roboto,'Helvetica "
    "Neue',Arial,sans-serif;-webkit-text-size-adjust:100%}"
    "main{max-width:1080px;margin:0 auto;padding:2.4rem 1.4rem 4rem}"
    "h1{font-size:1.65rem;line-height:1.25;margin:0 0 1.1rem;font-weight:650}"
    "h2{font-size:1.14rem;margin:2.6rem 0 .9rem;padding-bottom:.3rem;border-bottom:1px solid "
    "var(--line)}"
    "p{max-width:46rem;margin:.6rem 0 1rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.22rem 1.2rem;margin:0 0 "
    "1.2rem;font-size:.92rem}"
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}"
    ".warn{border-left:3px solid #c77700;background:#fdf6ea;padding:.5rem .9rem;margin:.5rem "
    "0;max-width:none}"
    ".scroll{overflow-x:auto;margin:.3rem 0 1.5rem}"
    "table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;border-top:1."
    "5px solid "
    "var(--ink);border-bottom:1.5px solid var(--ink)}"
    ".cap{font-size:.9rem;color:var(--soft);margin:1.2rem 0 "
    ".4rem;break-after:avoid}h2+.cap{margin-top:0}"
    "th,td{padding:.3rem .75rem;text-align:left;white-space:nowrap;vertical-align:baseline}"
    "th{font-weight:600;border-bottom:1px solid "
    "var(--ink);white-space:normal;vertical-align:bottom;max-width:11rem}"
    "th.n,td.n{text-align:right}"
    "tbody tr:nth-child(even){background:var(--tint)}"
    "tr.s td{font-weight:650}"
    ".ci{color:var(--soft);font-size:.92em;font-weight:400}"
    ".figures{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1.6rem "
    "2rem;margin:.6rem 0 "
    "1.6rem}"
    "figure{margin:0;min-width:0}figure.full{grid-column:1/-1}figure.full svg{max-width:700px}"
    "figure svg{width:100%;height:auto;display:block;font-family:inherit}"
    "figcaption{font-size:.86rem;color:var(--soft);margin-top:.35rem;max-width:44rem}"
    ".films{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:1rem;margin:"
    ".6rem 0 "
    "1.6rem}"
    ".films a{color:inherit;text-decoration:none;display:block;min-width:0}"
    ".films "
    "img{width:100%;height:220px;object-fit:contain;background:#0a0c0e;display:block;border-radius:"
    "2px}"
    ".films "
    "b{display:block;font-size:.84rem;font-weight:600;margin-top:.35rem;overflow:hidden;text-"
    "overflow:"
    "ellipsis;"
    "white-space:nowrap}"
    ".films span{font-size:.8rem;color:var(--soft);display:block;line-height:1.35}"
    ".sheets{grid-template-columns:repeat(auto-fill,minmax(460px,1fr));gap:1.5rem}"
    ".sheets img{height:auto}"
    "@media(max-width:720px){main{padding:1.4rem .9rem "
    "3rem}.figures{grid-template-columns:minmax(0,1fr)}"
    "h1{font-size:1.32rem}th.n{min-width:4.4rem}dl{grid-template-columns:1fr;gap:0}dd{margin-"
    "bottom:.45rem}"
    "th,td{padding:.28rem "
    ".5rem}"
    "td:first-child:not(.n){white-space:normal;overflow-wrap:anywhere;min-width:7.6rem}"
    ".films{grid-template-columns:repeat(2,minmax(0,1fr))}.sheets{grid-template-columns:minmax(0,"
    "1fr)}}"
    "@media print{body{font-size:10pt}main{max-width:none;padding:0}.scroll{overflow:visible}"
    "figure,table,.films a{break-inside:avoid}h2{break-after:avoid}}";

/* A value with its interval, which is less prominent. */
static void put_cell(sx_str *out, const sx_cell *c) {
    const char *open = c->number ? strstr(c->text, " (") : NULL;
    if (strcmp(c->text, "-") == 0 && c->number) {
        sx_str_add(out, "\xe2\x80\x93");
    } else if (open && !isnan(c->interval.low)) {
        sx_str_append(out, c->text, (size_t)(open - c->text));
        sx_str_add(out, " <span class=ci>");
        sx_html_text(out, open + 1);
        sx_str_add(out, "</span>");
    } else {
        sx_html_text(out, c->text);
    }
}

static void put_table(sx_str *out, const sx_table *t) {
    if (t->caption[0]) {
        sx_str_add(out, "<p class=cap>");
        sx_html_text(out, t->caption);
        sx_str_add(out, "</p>");
    }
    sx_str_add(out, "<div class=scroll><table><thead><tr>");
    for (size_t c = 0; c < t->column_count; c++) {
        sx_str_add(out, t->numbers[c] ? "<th class=n scope=col>" : "<th scope=col>");
        sx_html_text(out, t->headings[c]);
        sx_str_add(out, "</th>");
    }
    sx_str_add(out, "</tr></thead><tbody>\n");
    for (const sx_row *r = t->first; r; r = r->next) {
        sx_str_add(out, r->strong ? "<tr class=s>" : "<tr>");
        for (size_t c = 0; c < t->column_count; c++) {
            sx_str_add(out, t->numbers[c] ? "<td class=n>" : "<td>");
            if (c < r->cell_count) put_cell(out, &r->cells[c]);
            sx_str_add(out, "</td>");
        }
        sx_str_add(out, "</tr>\n");
    }
    sx_str_add(out, "</tbody></table></div>\n");
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

static void put_picture(sx_str *out, const sx_block *b) {
    bool png = b->bytes.len > 4 && memcmp(b->bytes.data, "\x89PNG", 4) == 0;
    sx_str_add(out, "<a href=\"");
    sx_html_text(out, b->link);
    sx_str_printf(out, "\"><img alt=\"\" loading=lazy src=\"data:image/%s;base64,",
                  png ? "png" : "jpeg");
    put_base64(out, (const unsigned char *)b->bytes.data, b->bytes.len);
    sx_str_add(out, "\"><b>");
    sx_html_text(out, b->text);
    sx_str_add(out, "</b><span>");
    sx_html_text(out, b->detail);
    sx_str_add(out, "</span></a>\n");
}

/* Numbers make the figures' ids differ. */
static bool put_figure(sx_str *out, const sx_block *b, unsigned number, sx_error *err) {
    char id[32];
    snprintf(id, sizeof id, "figure-%u", number);
    sx_str_add(out, b->half ? "<figure>" : "<figure class=full>");
    if (!sx_figure_svg(b->figure, id, out, err)) return false;
    sx_str_add(out, "<figcaption>");
    sx_html_text(out, b->text);
    sx_str_add(out, "</figcaption></figure>\n");
    return true;
}

/* Everything but figures. */
static void put_block(sx_str *out, const sx_block *b) {
    switch (b->kind) {
    case SX_BLOCK_SECTION:
        sx_str_add(out, "<h2>");
        sx_html_text(out, b->text);
        sx_str_add(out, "</h2>\n");
        break;
    case SX_BLOCK_TEXT:
        sx_str_add(out, "<p>");
        sx_html_text(out, b->text);
        sx_str_add(out, "</p>\n");
        break;
    case SX_BLOCK_TABLE:
        put_table(out, b->table);
        break;
    case SX_BLOCK_FIGURE:
        break;
    case SX_BLOCK_THUMBNAIL:
    case SX_BLOCK_SHEET:
        put_picture(out, b);
        break;
    }
}

/* Consecutive figures and films form one grid. */
static const char *grid_of(const sx_block *b) {
    if (!b) return NULL;
    return b->kind == SX_BLOCK_FIGURE      ? "figures"
           : b->kind == SX_BLOCK_THUMBNAIL ? "films"
           : b->kind == SX_BLOCK_SHEET     ? "films sheets"
                                           : NULL;
}

bool sx_doc_to_html(const sx_doc *d, sx_str *out, sx_error *err) {
    if (!sx_doc_check(d, err)) return false;
    sx_str_add(out, "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
                    "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n<title>");
    sx_html_text(out, d->title);
    sx_str_printf(out, "</title>\n<style>%s</style></head>\n<body><main>\n<h1>", style);
    sx_html_text(out, d->title);
    sx_str_add(out, "</h1>\n<dl>\n");
    for (const sx_line *l = d->facts; l; l = l->next) {
        sx_str_add(out, "<dt>");
        sx_html_text(out, l->key);
        sx_str_add(out, "</dt><dd>");
        sx_html_text(out, l->text);
        sx_str_add(out, "</dd>\n");
    }
    sx_str_add(out, "</dl>\n");
    for (const sx_line *l = d->warnings; l; l = l->next) {
        sx_str_add(out, "<p class=warn>");
        sx_html_text(out, l->text);
        sx_str_add(out, "</p>\n");
    }
    const char *grid = NULL;
    unsigned figures = 0;
    for (const sx_block *b = d->first; b; b = b->next) {
        const char *now = grid_of(b);
        if (grid && now != grid) sx_str_add(out, "</div>\n");
        if (now && now != grid) sx_str_printf(out, "<div class=\"%s\">\n", now);
        grid = now;
        if (b->kind != SX_BLOCK_FIGURE)
            put_block(out, b);
        else if (!put_figure(out, b, ++figures, err))
            return false;
    }
    sx_str_add(out, grid ? "</div>\n</main></body></html>\n" : "</main></body></html>\n");
    return sx_str_ok(out, err);
}
