#include <math.h>
#include <string.h>

#include "image/overlay_draw_impl.h"

enum { COLORS = 7 };

/* Okabe and Ito 2008, without black */
static const uint8_t palette[COLORS][3] = {
    { 230, 159, 0 }, { 86, 180, 233 }, { 240, 228, 66 }, { 204, 121, 167 },
    { 0, 158, 115 }, { 213, 94, 0 },   { 0, 114, 178 },
};
/* In line widths; 0 ends. */
static const double dashes[COLORS][6] = {
    { 0 },
    { 6, 3 },
    { 14, 4 },
    { 2.5, 2.5 },
    { 9, 2.5, 2.5, 2.5 },
    { 4, 1.5 },
    { 9, 2.5, 2, 2.5, 2, 2.5 },
};
const sx_ink sx_ink_ground = { 0.055, 0.067, 0.082, 1 },
             sx_ink_plate = { 0.03, 0.035, 0.045, 0.84 }, sx_ink_casing = { 0, 0, 0, 0.62 },
             sx_ink_bright = { 0.96, 0.97, 0.98, 1 }, sx_ink_soft = { 0.66, 0.70, 0.74, 1 },
             sx_ink_dim = { 0.27, 0.30, 0.33, 1 }, sx_ink_warning = { 0.98, 0.78, 0.40, 1 };

void sx_label_color(int label, uint8_t rgb[3]) {
    memcpy(rgb, palette[label < 0 ? 0 : label % COLORS], 3);
}

sx_ink sx_label_ink(int label) {
    uint8_t v[3];
    sx_label_color(label, v);
    return (sx_ink){ v[0] / 255.0, v[1] / 255.0, v[2] / 255.0, 1 };
}

void sx_use_ink(const sx_picture *p, sx_ink k) {
    cairo_set_source_rgba(p->c, k.r, k.g, k.b, k.a);
}

/* Bytes of the character, 0 for a control character, a broken or an over-long one. */
static size_t character(const uint8_t *s) {
    if (s[0] < 0x80) return s[0] >= 0x20;
    if (s[0] < 0xc2 || s[0] >= 0xf0 || (s[1] & 0xc0) != 0x80) return 0;
    if (s[0] < 0xe0) return 2;
    const bool bad =
        (s[2] & 0xc0) != 0x80 || (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0);
    return bad ? 0 : 3;
}

void sx_clean_text(char *to, size_t size, const char *from) {
    size_t n = 0;
    while (*from && n + 5 < size) {
        const size_t k = character((const uint8_t *)from);
        if (k)
            memcpy(to + n, from, k);
        else
            to[n] = '?';
        n += k ? k : 1;
        from += k ? k : 1;
    }
    to[n] = '\0';
}

void sx_use_font(const sx_picture *p, double size, bool bold) {
    cairo_select_font_face(p->c, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(p->c, size);
}

bool sx_picture_ok(const sx_picture *p, const char *what, sx_error *err) {
    const cairo_status_t s = cairo_status(p->c);
    if (s == CAIRO_STATUS_SUCCESS) return true;
    return sx_fail(err, s == CAIRO_STATUS_NO_MEMORY ? SX_ERR_MEMORY : SX_ERR_INTERNAL,
                   "cannot draw %s: %s", what, cairo_status_to_string(s));
}

double sx_text_width(const sx_picture *p, const char *text) {
    cairo_text_extents_t e;
    cairo_text_extents(p->c, text, &e);
    return e.x_advance;
}

void sx_shorten_middle(const sx_picture *p, double room, const char *text, char to[SX_LINE_BYTES]) {
    char whole[SX_LINE_BYTES - 4];
    sx_clean_text(whole, sizeof whole, text);
    size_t head = strlen(whole) / 2, tail = head;
    snprintf(to, SX_LINE_BYTES, "%s", whole);
    while ((head > 0 || whole[tail]) && sx_text_width(p, to) > room) {
        do
            head -= head > 0;
        while (head > 0 && ((uint8_t)whole[head] & 0xc0) == 0x80);
        do
            tail += whole[tail] != '\0';
        while (((uint8_t)whole[tail] & 0xc0) == 0x80);
        snprintf(to, SX_LINE_BYTES, "%.*s\xe2\x80\xa6%s", (int)head, whole, whole + tail);
    }
}

double sx_put_text(const sx_picture *p, double x, double y, double room, sx_ink color,
                   const char *text) {
    char buf[SX_LINE_BYTES + 4];
    sx_clean_text(buf, SX_LINE_BYTES, text);
    size_t n = strlen(buf);
    while (n > 0 && sx_text_width(p, buf) > room) {
        do
            n--;
        while (n > 0 && ((uint8_t)buf[n] & 0xc0) == 0x80);
        memcpy(buf + n, "\xe2\x80\xa6", 4);
    }
    if (n == 0) return 0;
    cairo_font_extents_t f;
    cairo_font_extents(p->c, &f);
    sx_use_ink(p, color);
    cairo_move_to(p->c, x, floor(y + 0.5 * (f.ascent - f.descent)));
    cairo_show_text(p->c, buf);
    return sx_text_width(p, buf);
}

void sx_round_rect(const sx_picture *p, sx_rect r, double radius) {
    const double q = 1.5707963267948966;
    cairo_new_sub_path(p->c);
    cairo_arc(p->c, r.x + r.w - radius, r.y + radius, radius, -q, 0);
    cairo_arc(p->c, r.x + r.w - radius, r.y + r.h - radius, radius, 0, q);
    cairo_arc(p->c, r.x + radius, r.y + r.h - radius, radius, q, 2 * q);
    cairo_arc(p->c, r.x + radius, r.y + radius, radius, 2 * q, 3 * q);
    cairo_close_path(p->c);
}

static void set_dashes(const sx_picture *p, int label, sx_overlay_line line) {
    static const double dashed[] = { 5, 3 };
    double d[6];
    if (line == SX_LINE_SOLID) return;
    if (line == SX_LINE_DASHED) {
        for (int k = 0; k < 2; k++)
            d[k] = dashed[k] * p->line;
        cairo_set_dash(p->c, d, 2, 0);
        return;
    }
    const int i = (label < 0 ? 0 : label + label / COLORS) % COLORS;
    int n = 0;
    while (n < 6 && dashes[i][n] > 0) {
        d[n] = dashes[i][n] * p->line;
        n++;
    }
    cairo_set_dash(p->c, d, n, 0);
}

void sx_stroke_label(const sx_picture *p, int label, sx_overlay_line line) {
    cairo_set_line_join(p->c, CAIRO_LINE_JOIN_MITER);
    cairo_set_dash(p->c, NULL, 0, 0);
    cairo_set_line_width(p->c, p->line + 2 * fmax(1.0, 0.6 * p->line));
    sx_use_ink(p, sx_ink_casing);
    cairo_stroke_preserve(p->c);
    cairo_set_line_width(p->c, p->line);
    set_dashes(p, label, line);
    sx_use_ink(p, sx_label_ink(label));
    cairo_stroke(p->c);
    cairo_set_dash(p->c, NULL, 0, 0);
}

double sx_nearest(double v, double low, double high) {
    return v < low ? low : v > high ? high : v;
}
