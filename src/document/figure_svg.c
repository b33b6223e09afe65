#include <cairo-svg.h>
#include <string.h>

#include "document/document.h"
#include "document/figure_draw.h"

/* Copies the content between <svg ...> and </svg>. cairo numbers its surfaces and writes the number
 * as an id, which differs from run to run and is not referred to, so it is left out. Shapes of one
 * colour need no other id. */
static bool put_content(sx_str *out, const sx_str *file, sx_error *err) {
    static const char id[] = " id=\"surface";
    const char *root = file->data ? strstr(file->data, "<svg") : NULL;
    const char *from = root ? strchr(root, '>') : NULL;
    const char *end = from ? strstr(from, "</svg>") : NULL;
    if (!end) return sx_fail(err, SX_ERR_INTERNAL, "figure: cairo wrote no SVG");
    from++;
    for (const char *at = strstr(from, id); at && at < end; at = strstr(from, id)) {
        sx_str_append(out, from, (size_t)(at - from));
        from = at + sizeof id - 1;
        from += strcspn(from, "\"");
        from += *from == '"';
    }
    sx_str_append(out, from, (size_t)(end - from));
    return true;
}

static void put_label(sx_str *out, const sx_label *l) {
    static const char *const anchors[] = { "", " text-anchor=\"middle\"", " text-anchor=\"end\"" };
    const double x = l->x + 0.0, y = l->y + 0.0; /* no "-0" */
    sx_str_printf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" fill=\"#%06x\"%s%s", x, y,
                  l->style.size, (unsigned)l->style.ink, anchors[l->style.anchor],
                  l->style.bold ? " font-weight=\"bold\"" : "");
    if (l->style.upward) sx_str_printf(out, " transform=\"rotate(-90 %.1f %.1f)\"", x, y);
    sx_str_add(out, ">");
    sx_html_text(out, l->text);
    sx_str_add(out, "</text>\n");
}

static void put_head(const sx_figure *f, const char *id, sx_str *out) {
    sx_str_printf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" "
                  "height=\"%g\" role=\"img\" aria-labelledby=\"%s-title\" "
                  "aria-describedby=\"%s-desc\" "
                  "font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n"
                  "<title id=\"%s-title\">",
                  f->width, f->height, f->width, f->height, id, id, id);
    sx_html_text(out, f->title);
    sx_str_printf(out, "</title>\n<desc id=\"%s-desc\">", id);
    sx_html_text(out, sx_str_text(&f->description));
    sx_str_add(out, "</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
}

bool sx_figure_svg(const sx_figure *f, const char *id, sx_str *out, sx_error *err) {
    sx_str file = { 0 };
    if (!sx_figure_check(f, err)) return false;
    bool ok = sx_figure_finish(
        f, cairo_svg_surface_create_for_stream(sx_figure_append, &file, f->width, f->height), false,
        err);
    if (ok) {
        put_head(f, id, out);
        ok = put_content(out, &file, err);
    }
    for (size_t i = 0; ok && i < f->label_count; i++)
        put_label(out, &f->labels[i]);
    sx_str_add(out, "</svg>");
    sx_str_free(&file);
    return ok && sx_str_ok(out, err);
}
