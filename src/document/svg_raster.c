#include "document/svg_raster.h"

#include <cairo.h>
#include <expat.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "image/image_file.h"

enum { DEPTH = 32 };

typedef struct paint {
    bool on;
    double r, g, b;
} paint;

/* What elements inherit. */
typedef struct style {
    paint fill, stroke;
    double line, size, width,
        height; /* width, height: of the svg element around, in its own units */
    bool bold;
} style;

typedef struct drawing {
    XML_Parser parser;
    cairo_surface_t *surface;
    cairo_t *c;
    style styles[DEPTH];
    int depth;
    double scale, x, y, turn[3]; /* of the text that is open */
    char anchor;
    bool in_text, failed;
    sx_str text;
    sx_error *err;
} drawing;

static void stop(drawing *d, sx_error_code code, const char *what, const char *name) {
    if (!d->failed) sx_fail(d->err, code, "figure: %s %.60s", what, name);
    d->failed = true;
    XML_StopParser(d->parser, XML_FALSE);
}

static const char *find(const char **attributes, const char *name) {
    for (; attributes[0]; attributes += 2)
        if (strcmp(attributes[0], name) == 0) return attributes[1];
    return NULL;
}

static double number(const char **attributes, const char *name, double otherwise) {
    const char *v = find(attributes, name);
    return v ? strtod(v, NULL) : otherwise;
}

static void read_paint(paint *p, const char *v) {
    if (!v) return;
    p->on = v[0] == '#';
    const bool brief = strlen(v) == 4;
    const unsigned long k = p->on ? strtoul(v + 1, NULL, 16) : 0;
    const unsigned long r = brief ? (k >> 8 & 15) * 17 : k >> 16 & 255;
    const unsigned long g = brief ? (k >> 4 & 15) * 17 : k >> 8 & 255,
                        b = brief ? (k & 15) * 17 : k & 255;
    p->r = (double)r / 255;
    p->g = (double)g / 255;
    p->b = (double)b / 255;
}

static void read_style(style *s, const char **attributes) {
    const char *weight = find(attributes, "font-weight");
    read_paint(&s->fill, find(attributes, "fill"));
    read_paint(&s->stroke, find(attributes, "stroke"));
    s->line = number(attributes, "stroke-width", s->line);
    s->size = number(attributes, "font-size", s->size);
    if (weight) s->bold = strcmp(weight, "bold") == 0 || strtod(weight, NULL) >= 600;
}

/* Of the outermost svg, whose size is the picture's. */
static void begin_picture(drawing *d, double width, double height) {
    const double w = ceil(width * d->scale), h = ceil(height * d->scale);
    if (!(w >= 1 && h >= 1 && w <= 16384 && h <= 16384)) {
        stop(d, SX_ERR_LIMIT, "a picture of", "no size, or too large");
        return;
    }
    d->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)w, (int)h);
    d->c = cairo_create(d->surface);
    cairo_set_source_rgb(d->c, 1, 1, 1);
    cairo_paint(d->c);
    cairo_scale(d->c, d->scale, d->scale);
}

/* An svg without a size fills the one around it. */
static void begin_svg(drawing *d, style *s, const char **attributes) {
    double box[4] = { 0 };
    const char *view = find(attributes, "viewBox");
    const bool has_box = view &&
                         sscanf(view, "%lf %lf %lf %lf", &box[0], &box[1], &box[2], &box[3]) == 4 &&
                         box[2] > 0 && box[3] > 0;
    const double width = number(attributes, "width", d->c ? s->width : box[2]);
    const double height = number(attributes, "height", d->c ? s->height : box[3]);
    if (!d->c) {
        begin_picture(d, width, height);
        if (d->failed) return;
    } else {
        cairo_translate(d->c, number(attributes, "x", 0), number(attributes, "y", 0));
    }
    s->width = has_box ? box[2] : width;
    s->height = has_box ? box[3] : height;
    if (!has_box) return;
    const double scale = fmin(width / box[2], height / box[3]);
    if (!(scale > 0)) return;
    cairo_scale(d->c, scale, scale);
    cairo_translate(d->c, -box[0], -box[1]);
}

/* M L H V h v Z, as plot.c writes them. */
static bool put_path(cairo_t *c, const char *s) {
    double x = 0, y = 0;
    while (*s) {
        const char what = *s++;
        char *end = NULL;
        if (what == ' ') continue;
        if (what == 'Z') {
            cairo_close_path(c);
            continue;
        }
        if (!strchr("MLHVhv", what)) return false;
        const double v = strtod(s, &end);
        if (end == s) return false;
        s = end;
        if (what == 'M' || what == 'L') {
            x = v;
            y = strtod(s, &end);
            if (end == s) return false;
            s = end;
        }
        if (what == 'H' || what == 'h') x = what == 'H' ? v : x + v;
        if (what == 'V' || what == 'v') y = what == 'V' ? v : y + v;
        if (what == 'M')
            cairo_move_to(c, x, y);
        else
            cairo_line_to(c, x, y);
    }
    return true;
}

static void use(drawing *d, const paint *p, double opacity) {
    cairo_set_source_rgba(d->c, p->r, p->g, p->b, opacity);
}

static void paint_shape(drawing *d, const style *s, const char **attributes) {
    const char *dashes = find(attributes, "stroke-dasharray");
    double dash[8];
    int n = 0;
    for (char *end = NULL; dashes && n < 8; n++, dashes = end) {
        dash[n] = strtod(dashes, &end);
        if (end == dashes || !(dash[n] > 0)) break;
    }
    if (s->fill.on) {
        use(d, &s->fill, number(attributes, "fill-opacity", 1));
        cairo_fill_preserve(d->c);
    }
    if (s->stroke.on) {
        use(d, &s->stroke, 1);
        cairo_set_line_width(d->c, s->line);
        cairo_set_line_join(d->c, CAIRO_LINE_JOIN_ROUND);
        cairo_set_dash(d->c, dash, n, 0);
        cairo_stroke_preserve(d->c);
    }
    cairo_new_path(d->c);
}

static void begin_text(drawing *d, const char **attributes) {
    const char *anchor = find(attributes, "text-anchor"),
               *transform = find(attributes, "transform");
    d->in_text = true;
    d->text.len = 0;
    d->x = number(attributes, "x", 0);
    d->y = number(attributes, "y", 0);
    d->anchor = anchor ? anchor[0] : 's';
    memset(d->turn, 0, sizeof d->turn);
    if (transform &&
        sscanf(transform, "rotate(%lf %lf %lf)", &d->turn[0], &d->turn[1], &d->turn[2]) != 3)
        stop(d, SX_ERR_UNSUPPORTED, "transform", transform);
}

static void end_text(drawing *d) {
    const style *s = &d->styles[d->depth - 1];
    cairo_text_extents_t e;
    d->in_text = false;
    if (!d->text.len || d->text.failed) return;
    cairo_save(d->c);
    cairo_translate(d->c, d->turn[1], d->turn[2]);
    cairo_rotate(d->c, d->turn[0] * 3.14159265358979323846 / 180);
    cairo_translate(d->c, -d->turn[1], -d->turn[2]);
    cairo_select_font_face(d->c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           s->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(d->c, s->size);
    cairo_text_extents(d->c, d->text.data, &e);
    const double back = d->anchor == 'm' ? e.x_advance / 2 : d->anchor == 'e' ? e.x_advance : 0;
    use(d, &s->fill, 1);
    cairo_move_to(d->c, d->x - back, d->y);
    cairo_show_text(d->c, d->text.data);
    cairo_restore(d->c);
}

static void XMLCALL begin(void *user, const XML_Char *name, const XML_Char **attributes) {
    drawing *d = user;
    if (d->depth == DEPTH || (d->depth == 0 && strcmp(name, "svg") != 0)) {
        stop(d, SX_ERR_UNSUPPORTED, "misplaced", name);
        return;
    }
    style *s = &d->styles[d->depth];
    *s = d->depth ? s[-1] : (style){ .fill = { .on = true }, .line = 1, .size = 16 };
    read_style(s, attributes);
    d->depth++;
    if (d->c) cairo_save(d->c);
    if (strcmp(name, "svg") == 0) {
        begin_svg(d, s, attributes);
    } else if (strcmp(name, "rect") == 0) {
        cairo_rectangle(d->c, number(attributes, "x", 0), number(attributes, "y", 0),
                        number(attributes, "width", 0), number(attributes, "height", 0));
        paint_shape(d, s, attributes);
    } else if (strcmp(name, "circle") == 0) {
        cairo_arc(d->c, number(attributes, "cx", 0), number(attributes, "cy", 0),
                  number(attributes, "r", 0), 0, 6.283185307179586);
        paint_shape(d, s, attributes);
    } else if (strcmp(name, "path") == 0) {
        const char *path = find(attributes, "d");
        if (!path || !put_path(d->c, path))
            stop(d, SX_ERR_UNSUPPORTED, "path", path ? path : "");
        else
            paint_shape(d, s, attributes);
    } else if (strcmp(name, "text") == 0) {
        begin_text(d, attributes);
    } else if (strcmp(name, "g") != 0 && strcmp(name, "title") != 0) {
        stop(d, SX_ERR_UNSUPPORTED, "element", name);
    }
}

static void XMLCALL end(void *user, const XML_Char *name) {
    drawing *d = user;
    if (strcmp(name, "text") == 0) end_text(d);
    if (d->depth > 1) cairo_restore(d->c);
    d->depth--;
}

static void XMLCALL characters(void *user, const XML_Char *s, int n) {
    drawing *d = user;
    if (d->in_text && d->text.len < 4096) sx_str_append(&d->text, s, (size_t)n);
}

static bool take(const drawing *d, sx_image *out, sx_error *err) {
    const int w = cairo_image_surface_get_width(d->surface),
              h = cairo_image_surface_get_height(d->surface);
    const int stride = cairo_image_surface_get_stride(d->surface);
    cairo_surface_flush(d->surface);
    if (!sx_image_new(out, w, h, 3, 8, err)) return false;
    for (int y = 0; y < h; y++) {
        const unsigned char *row = cairo_image_surface_get_data(d->surface) + (ptrdiff_t)y * stride;
        uint8_t *to = sx_image_u8(out) + (size_t)y * (size_t)w * 3;
        for (int x = 0; x < w; x++) {
            uint32_t v;
            memcpy(&v, row + 4 * x, 4);
            to[3 * x] = (uint8_t)(v >> 16);
            to[3 * x + 1] = (uint8_t)(v >> 8);
            to[3 * x + 2] = (uint8_t)v;
        }
    }
    return true;
}

bool sx_svg_raster(const char *svg, size_t n, double scale, sx_image *out, sx_error *err) {
    sx_error own = { 0 };
    drawing d = { .scale = scale, .err = err ? err : &own };
    *out = (sx_image){ 0 };
    if (n > 1u << 30) return sx_fail(err, SX_ERR_LIMIT, "figure: over 1 GiB");
    d.parser = XML_ParserCreate("UTF-8");
    if (!d.parser) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a figure");
    XML_SetUserData(d.parser, &d);
    XML_SetElementHandler(d.parser, begin, end);
    XML_SetCharacterDataHandler(d.parser, characters);
    bool ok = XML_Parse(d.parser, svg, (int)n, 1) != XML_STATUS_ERROR && !d.failed;
    if (!ok && !d.failed)
        sx_fail(err, SX_ERR_FORMAT, "figure: %s", XML_ErrorString(XML_GetErrorCode(d.parser)));
    if (ok && cairo_status(d.c) != CAIRO_STATUS_SUCCESS)
        ok = sx_fail(err, SX_ERR_FORMAT, "figure: %s", cairo_status_to_string(cairo_status(d.c)));
    ok = ok && sx_str_ok(&d.text, err) && take(&d, out, err);
    sx_str_free(&d.text);
    if (d.c) cairo_destroy(d.c);
    if (d.surface) cairo_surface_destroy(d.surface);
    XML_ParserFree(d.parser);
    return ok;
}

static bool is_png(const char *path) {
    return sx_ends_with(path, ".png");
}

bool sx_figure_named(const char *path) {
    return is_png(path) || sx_ends_with(path, ".svg");
}

bool sx_figure_write(const sx_str *svg, const char *path, sx_error *err) {
    if (!is_png(path)) return sx_write_file(path, svg->data, svg->len, err);
    sx_image im = { 0 };
    const bool ok =
        sx_svg_raster(svg->data, svg->len, 1.5, &im, err) && sx_image_write(&im, path, err);
    sx_image_free(&im);
    return ok;
}
