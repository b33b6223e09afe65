#include "image/heat_sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/drawing.h"
#include "image/overlay_draw_impl.h"
#include "image/resize.h"

enum { COLUMNS = 4 };

typedef struct layout {
    sx_picture p; /* for the text */
    const sx_heat_sheet *sheet;
    int film_width, film_height; /* of one panel */
    int cell_width, cell_height; /* with caption and gaps */
    int columns, head;
} layout;

void sx_heat_map_free(sx_heat_map *h) {
    free(h->cell);
    *h = (sx_heat_map){ 0 };
}

double sx_heat_at(const sx_heat_map *h, double x, double y) {
    const double u = sx_nearest(x / h->over_x * h->width - 0.5, 0, h->width - 1),
                 v = sx_nearest(y / h->over_y * h->height - 0.5, 0, h->height - 1);
    const int i = (int)u, j = (int)v, i1 = i + 1 < h->width ? i + 1 : i,
              j1 = j + 1 < h->height ? j + 1 : j;
    const float *a = h->cell + (size_t)j * (size_t)h->width,
                *b = h->cell + (size_t)j1 * (size_t)h->width;
    const double upper = (double)a[i] + (u - i) * ((double)a[i1] - (double)a[i]),
                 lower = (double)b[i] + (u - i) * ((double)b[i1] - (double)b[i]);
    return upper + (v - j) * (lower - upper);
}

double sx_heat_peak(const sx_heat_map *h, double *x, double *y) {
    int row = 0, column = 0, best = 0;
    for (int j = 0; j < h->height && j * h->over_y < h->height; j++)
        for (int i = 0; i < h->width && i * h->over_x < h->width; i++) {
            if (h->cell[j * h->width + i] <= h->cell[best]) continue;
            best = j * h->width + i;
            row = j;
            column = i;
        }
    *x = fmin(1, (column + 0.5) / h->width * h->over_x);
    *y = fmin(1, (row + 0.5) / h->height * h->over_y);
    return (double)h->cell[best];
}

void sx_heat_color(double t, uint8_t rgb[3]) {
    static const uint8_t stops[][3] = { { 68, 1, 84 },    { 70, 50, 127 },  { 54, 92, 141 },
                                        { 39, 127, 142 }, { 31, 161, 135 }, { 74, 194, 109 },
                                        { 159, 218, 58 }, { 253, 231, 37 } };
    const int last = (int)(sizeof stops / sizeof stops[0]) - 1;
    const double at = sx_nearest(t, 0, 1) * last;
    const int i = at < last ? (int)at : last - 1;
    for (int c = 0; c < 3; c++)
        rgb[c] = (uint8_t)(stops[i][c] + (at - i) * (stops[i + 1][c] - stops[i][c]) + 0.5);
}

/* Opacity of the colour: visible early, never hiding the film completely. */
static double cover(double t) {
    return t <= 0 ? 0 : 0.62 * fmin(1, 2.2 * t / (1 + 1.2 * t));
}

static uint32_t mix(uint32_t under, const uint8_t rgb[3], double a) {
    uint32_t out = 0;
    for (int c = 0; c < 3; c++) {
        const double v = (double)(under >> (16 - 8 * c) & 255);
        out = out << 8 | (uint32_t)(v + a * (rgb[c] - v) + 0.5);
    }
    return out;
}

/* ---- one panel ---- */

typedef struct target {
    uint32_t *at; /* the panel's upper left pixel */
    size_t stride;
    int width, height;
} target;

static void paint_film(const target *t, const sx_image *film) {
    const int c = film->channels;
    for (int y = 0; y < t->height; y++) {
        const uint8_t *in = sx_image_u8(film) + (size_t)y * (size_t)t->width * (size_t)c;
        for (int x = 0; x < t->width; x++, in += c)
            t->at[(size_t)y * t->stride + (size_t)x] =
                c == 1 ? in[0] * 0x010101U : (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    }
}

static void paint_heat(const target *t, const float *value, double full) {
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++) {
            const double v = (double)value[(size_t)y * (size_t)t->width + (size_t)x] / full;
            uint8_t rgb[3];
            sx_heat_color(v, rgb);
            uint32_t *to = &t->at[(size_t)y * t->stride + (size_t)x];
            *to = mix(*to, rgb, cover(v));
        }
}

/* The contour of `level`: two bright pixels inside and two dark ones outside. */
static void paint_line(const target *t, const float *value, float level) {
    static const int reach = 2;
    static const uint8_t bright[3] = { 255, 255, 255 }, dark[3] = { 0, 0, 0 };
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++) {
            const bool in = value[(size_t)y * (size_t)t->width + (size_t)x] >= level;
            bool edge = false;
            for (int d = -reach; d <= reach && !edge; d++) {
                const int x1 = x + d, y1 = y + d;
                if (x1 >= 0 && x1 < t->width)
                    edge =
                        edge || (value[(size_t)y * (size_t)t->width + (size_t)x1] >= level) != in;
                if (y1 >= 0 && y1 < t->height)
                    edge =
                        edge || (value[(size_t)y1 * (size_t)t->width + (size_t)x] >= level) != in;
            }
            uint32_t *to = &t->at[(size_t)y * t->stride + (size_t)x];
            if (edge) *to = mix(*to, in ? bright : dark, in ? 0.85 : 0.6);
        }
}

static void paint_panel(const target *t, const sx_image *film, const sx_heat_panel *p, double full,
                        float *value) {
    paint_film(t, film);
    if (!p->map) return;
    for (int y = 0; y < t->height; y++)
        for (int x = 0; x < t->width; x++)
            value[(size_t)y * (size_t)t->width + (size_t)x] =
                (float)sx_heat_at(p->map, (x + 0.5) / t->width, (y + 0.5) / t->height);
    paint_heat(t, value, full);
    float most = 0;
    for (int i = 0; i < t->width * t->height; i++)
        most = fmaxf(most, value[i]);
    if ((double)most >= 0.05 * full)
        paint_line(t, value, most / 2); /* no line around fainter maps */
}

/* ---- the sheet ---- */

static void lay_out(layout *l, const sx_image *film) {
    const int n = (int)l->sheet->count;
    const int longest = n == 1 ? 1000 : n <= 3 ? 800 : n <= 6 ? 720 : 640;
    const double scale =
        (double)longest / (film->width > film->height ? film->width : film->height);
    l->film_width = (int)fmax(1, film->width * scale + 0.5);
    l->film_height = (int)fmax(1, film->height * scale + 0.5);
    l->p.font = n == 1 ? 17 : 15;
    const int least = (int)(17 * l->p.font), gap = (int)l->p.font;
    /* five in one row, so that no place stays empty */
    l->columns = n < COLUMNS || n == 5 ? n : n <= 6 || n == 9 ? 3 : COLUMNS;
    l->cell_width = (l->film_width > least ? l->film_width : least) + gap;
    l->cell_height = l->film_height + (int)(3.6 * l->p.font) + gap;
    if (n == 1 && l->cell_width < (int)(34 * l->p.font)) l->cell_width = (int)(34 * l->p.font);
    l->head = (int)(2.2 * l->p.font);
    l->p.width = l->columns * l->cell_width + gap;
    l->p.legend_y = l->head + (n + l->columns - 1) / l->columns * l->cell_height;
}

static double put_notice(const layout *l, bool draw) {
    sx_picture p = l->p;
    const double left = p.font, top = p.legend_y + 3.4 * p.font;
    p.font = fmax(p.font, p.width / 110.0); /* wide sheets are shown smaller */
    return sx_put_notice(&p, left, top, p.width - 2 * left, l->sheet->notice, l->sheet->warning,
                         draw);
}

/* Text must be measured before the sheet's height is known: on a surface of one pixel. */
static bool measure(layout *l, sx_error *err) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1);
    l->p.c = cairo_create(s);
    l->p.height = l->p.legend_y + (int)ceil(4 * l->p.font + put_notice(l, false));
    const bool ok = sx_picture_ok(&l->p, "the heat map", err);
    cairo_destroy(l->p.c);
    cairo_surface_destroy(s);
    l->p.c = NULL;
    return ok;
}

static void draw_scale(const layout *l) {
    const sx_picture *p = &l->p;
    const double left = p->font, y = p->legend_y + 1.2 * p->font, h = 0.9 * p->font,
                 w = 11 * p->font;
    for (int i = 0; i < (int)w; i++) {
        uint8_t rgb[3];
        const double t = (i + 0.5) / (int)w, a = cover(t), grey = 0.45;
        sx_heat_color(t, rgb);
        cairo_set_source_rgb(p->c, grey + a * (rgb[0] / 255.0 - grey),
                             grey + a * (rgb[1] / 255.0 - grey),
                             grey + a * (rgb[2] / 255.0 - grey));
        cairo_rectangle(p->c, left + i, y - h / 2, 1, h);
        cairo_fill(p->c);
    }
    char text[SX_TAG_BYTES];
    sx_use_font(p, 0.9 * p->font, false);
    sx_put_text(p, left, y + 1.3 * p->font, w, sx_ink_soft, "0");
    snprintf(text, sizeof text, "%+.2g logits", l->sheet->full);
    sx_put_text(p, left + w - sx_text_width(p, text), y + 1.3 * p->font, w, sx_ink_soft, text);
    const double x = left + w + p->font, room = p->width - x - p->font;
    sx_put_text(p, x, y, room, sx_ink_bright, l->sheet->scale ? l->sheet->scale : "");
    sx_put_text(p, x, y + 1.3 * p->font, room, sx_ink_soft,
                "line: half of a panel's highest value");
    put_notice(l, true);
}

static void draw_captions(const layout *l) {
    const sx_picture *p = &l->p;
    sx_use_font(p, 1.05 * p->font, true);
    const double room_of_title = p->width - 2 * p->font;
    char title[SX_LINE_BYTES];
    sx_shorten_middle(p, room_of_title, l->sheet->title ? l->sheet->title : "", title);
    sx_put_text(p, p->font, 1.2 * p->font, room_of_title, sx_ink_bright, title);
    for (int i = 0; i < (int)l->sheet->count; i++) {
        const sx_heat_panel *panel = &l->sheet->panels[i];
        const int row = i / l->columns, column = i % l->columns;
        const double x = p->font + column * l->cell_width,
                     y = l->head + row * l->cell_height + 0.9 * p->font,
                     room = l->cell_width - 2 * p->font;
        sx_use_font(p, p->font, true);
        if (panel->title) sx_put_text(p, x, y, room, sx_ink_bright, panel->title);
        sx_use_font(p, 0.95 * p->font, false);
        if (panel->detail) sx_put_text(p, x, y + 1.5 * p->font, room, sx_ink_soft, panel->detail);
    }
}

static bool paint(layout *l, const sx_image *film, float *value, sx_image *out, sx_error *err) {
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, l->p.width, l->p.height);
    l->p.c = cairo_create(s);
    sx_use_ink(&l->p, sx_ink_ground);
    cairo_paint(l->p.c);
    draw_captions(l);
    draw_scale(l);
    cairo_surface_flush(s);
    bool ok = sx_picture_ok(&l->p, "the heat map", err);
    if (ok) {
        const size_t stride = (size_t)cairo_image_surface_get_stride(s) / 4;
        uint32_t *pixels = (uint32_t *)(void *)cairo_image_surface_get_data(s);
        for (int i = 0; i < (int)l->sheet->count; i++) {
            const int x = (int)l->p.font + i % l->columns * l->cell_width,
                      y = l->head + i / l->columns * l->cell_height + (int)(3.4 * l->p.font);
            const target t = { pixels + (size_t)y * stride + (size_t)x, stride, l->film_width,
                               l->film_height };
            paint_panel(&t, film, &l->sheet->panels[i], l->sheet->full, value);
        }
        cairo_surface_mark_dirty(s);
        ok = sx_drawing_pixels(s, out, err);
    }
    cairo_destroy(l->p.c);
    cairo_surface_destroy(s);
    return ok;
}

bool sx_heat_draw(const sx_image *film, const sx_heat_sheet *sheet, sx_image *out, sx_error *err) {
    *out = (sx_image){ 0 };
    if (sheet->count < 1 || sheet->count > SX_HEAT_PANELS || !(sheet->full > 0))
        return sx_fail(err, SX_ERR_USAGE, "a heat sheet has 1 to %d panels and a scale above 0",
                       SX_HEAT_PANELS);
    if (!sx_drawing_ready(err)) return false;
    layout l = { .sheet = sheet };
    sx_image small = { 0 };
    lay_out(&l, film);
    float *value = sx_calloc_for((size_t)l.film_width * (size_t)l.film_height, sizeof *value,
                                 "a heat map", err);
    bool ok = value && measure(&l, err) &&
              sx_image_resize(NULL, film, l.film_width, l.film_height, &small, err) &&
              paint(&l, &small, value, out, err);
    sx_image_free(&small);
    free(value);
    return ok;
}
