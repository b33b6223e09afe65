#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/overlay_draw_impl.h"

static double pad(const sx_picture *p) {
    return floor(0.8 * p->font);
}

int sx_header_height(const sx_picture *p) {
    const sx_overlay *w = p->what;
    const int lines = (w->title != NULL) + (!isnan(w->probability) || w->verdict);
    return lines ? (int)(lines * 1.9 * p->font + pad(p)) : 0;
}

/* The probability as a bar from 0 to 1 with a mark at the threshold. */
static void gauge(const sx_picture *p, sx_rect r, sx_ink color) {
    const sx_overlay *w = p->what;
    sx_round_rect(p, r, r.h / 2);
    sx_use_ink(p, sx_ink_dim);
    cairo_fill(p->c);
    cairo_save(p->c);
    sx_round_rect(p, r, r.h / 2);
    cairo_clip(p->c);
    cairo_rectangle(p->c, r.x, r.y, r.w * sx_nearest(w->probability, 0, 1), r.h);
    sx_use_ink(p, color);
    cairo_fill(p->c);
    cairo_restore(p->c);
    if (isnan(w->threshold)) return;
    cairo_rectangle(p->c, floor(r.x + r.w * sx_nearest(w->threshold, 0, 1)) - 1,
                    r.y - 0.25 * p->font, 2, r.h + 0.5 * p->font);
    sx_use_ink(p, sx_ink_bright);
    cairo_fill(p->c);
}

void sx_draw_header(const sx_picture *p) {
    const sx_overlay *w = p->what;
    const double left = pad(p), right = p->width - pad(p), line = 1.9 * p->font;
    const sx_ink color = sx_label_ink(w->alarm ? 5 : 4);
    double y = 0.5 * pad(p) + line / 2, x = left, end = right;
    if (w->title) {
        sx_use_font(p, 1.05 * p->font, true);
        char title[SX_LINE_BYTES];
        sx_shorten_middle(p, right - left, w->title, title);
        sx_put_text(p, left, y, right - left, sx_ink_bright, title);
        y += line;
    }
    if (w->verdict) {
        sx_use_font(p, p->font, true);
        char text[SX_TAG_BYTES];
        sx_clean_text(text, sizeof text, w->verdict);
        const double width = fmin(sx_text_width(p, text), 0.6 * p->width);
        const sx_rect pill = { right - width - 1.4 * p->font, y - 0.75 * p->font,
                               width + 1.4 * p->font, 1.5 * p->font };
        sx_round_rect(p, pill, pill.h / 2);
        sx_use_ink(p, color);
        cairo_fill(p->c);
        sx_put_text(p, pill.x + 0.7 * p->font, y, width + 1,
                    w->alarm ? sx_ink_ground : (sx_ink){ 1, 1, 1, 1 }, text);
        end = pill.x - p->font;
    }
    if (isnan(w->probability)) return;
    char text[SX_TAG_BYTES];
    sx_use_font(p, p->font, false);
    snprintf(text, sizeof text, "P(abnormal) %.2f", w->probability);
    x += sx_put_text(p, x, y, end - x, sx_ink_bright, text) + 0.7 * p->font;
    if (end - x > 5 * p->font) {
        const sx_rect bar = { x, y - 0.28 * p->font, fmin(9 * p->font, end - x), 0.56 * p->font };
        gauge(p, bar, color);
        x += bar.w + 0.7 * p->font;
    }
    if (isnan(w->threshold)) return;
    snprintf(text, sizeof text, "threshold %.2f", w->threshold);
    if (sx_text_width(p, text) <= end - x) sx_put_text(p, x, y, end - x, sx_ink_soft, text);
}

static double put_notice(const sx_picture *p, double top, bool draw) {
    const sx_overlay *w = p->what;
    const double left = pad(p), gap = 0.5 * pad(p),
                 height = sx_put_notice(p, left, top + gap, p->width - 2 * left, w->notice,
                                        w->warning, draw);
    return height > 0 ? height + 2 * gap : 0;
}

/* Lays out, and with `draw` draws, one entry for each label in use. Returns the height. */
double sx_legend(const sx_picture *p, bool draw) {
    const double line = 1.7 * p->font, sample = 3.2 * p->font, left = pad(p),
                 right = p->width - pad(p);
    double x = left, y = p->legend_y + 0.5 * pad(p) + line / 2;
    bool any = false;
    sx_use_font(p, 0.95 * p->font, false);
    for (size_t i = 0; i < p->count; i++) {
        const sx_overlay_box *b = p->boxes[i].box;
        size_t same = 0, earlier = 0;
        for (size_t k = 0; k < p->count; k++) {
            same += p->boxes[k].box->label == b->label;
            earlier += k < i && p->boxes[k].box->label == b->label;
        }
        if (earlier || !b->name) continue;
        char name[SX_TAG_BYTES - 32], text[SX_TAG_BYTES];
        sx_clean_text(name, sizeof name, b->name);
        if (same > 1)
            snprintf(text, sizeof text, "%s (%zu)", name, same);
        else
            snprintf(text, sizeof text, "%s", name);
        const double width = sample + 0.5 * p->font + sx_text_width(p, text) + 1.6 * p->font;
        if (any && x + width - 1.6 * p->font > right) {
            x = left;
            y += line;
        }
        if (draw) {
            cairo_move_to(p->c, x, floor(y) + 0.5);
            cairo_line_to(p->c, x + sample, floor(y) + 0.5);
            sx_stroke_label(p, b->label,
                            b->line == SX_LINE_BY_CLASS ? SX_LINE_BY_CLASS : SX_LINE_SOLID);
            sx_put_text(p, x + sample + 0.5 * p->font, y, right - x - sample, sx_ink_bright, text);
        }
        x += width;
        any = true;
    }
    if (any) y += line;
    if (p->what->note) {
        sx_use_font(p, 0.8 * p->font, false);
        const sx_paragraph style = { left, y, right - left, line, 3, sx_ink_soft };
        y += line * sx_put_paragraph(p, &style, p->what->note, draw);
        any = true;
    }
    const double end = any ? y - line / 2 + 0.5 * pad(p) : p->legend_y;
    return end - p->legend_y + put_notice(p, end, draw);
}
