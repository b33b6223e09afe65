#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/overlay_draw_impl.h"

/* A line from the box to a tag that is not adjacent to it. */
static void leader(const sx_picture *p, const sx_shown_box *b, const sx_rect *tag) {
    const sx_rect *r = &b->at;
    const double tx = sx_nearest(r->x + r->w / 2, tag->x, tag->x + tag->w),
                 ty = sx_nearest(r->y + r->h / 2, tag->y, tag->y + tag->h);
    const double bx = sx_nearest(tx, r->x, r->x + r->w), by = sx_nearest(ty, r->y, r->y + r->h);
    if (hypot(tx - bx, ty - by) < 2 * p->line) return;
    cairo_move_to(p->c, tx, ty);
    cairo_line_to(p->c, bx, by);
    cairo_set_line_width(p->c, p->line + 1.5);
    sx_use_ink(p, sx_ink_casing);
    cairo_stroke_preserve(p->c);
    cairo_set_line_width(p->c, fmax(1.0, 0.6 * p->line));
    sx_use_ink(p, sx_label_ink(b->box->label));
    cairo_stroke(p->c);
}

static void draw_tag(const sx_picture *p, const sx_shown_box *b, const sx_tag *t) {
    const double inset = 0.5 * p->line, bar = 0.28 * p->font;
    const sx_rect r = { t->at.x + inset, t->at.y + inset, t->at.w - 2 * inset,
                        t->at.h - 2 * inset };
    sx_round_rect(p, r, 0.18 * p->font);
    sx_use_ink(p, sx_ink_plate);
    cairo_fill_preserve(p->c);
    cairo_set_line_width(p->c, fmax(1.0, 0.5 * p->line));
    sx_use_ink(p, sx_label_ink(b->box->label));
    cairo_save(p->c);
    cairo_stroke_preserve(p->c);
    cairo_clip(p->c);
    cairo_rectangle(p->c, r.x, r.y, bar, r.h);
    cairo_fill(p->c);
    cairo_restore(p->c);
    sx_use_font(p, p->font, false);
    sx_put_text(p, r.x + bar + 0.32 * p->font, r.y + r.h / 2, r.w, sx_ink_bright, b->text[t->text]);
}

static bool clip_box(const sx_picture *p, const sx_overlay_box *b, sx_rect *at) {
    const double x0 = fmax(b->x0 * p->scale, 0), y0 = fmax(b->y0 * p->scale, 0);
    const double x1 = fmin(b->x1 * p->scale, p->film_width),
                 y1 = fmin(b->y1 * p->scale, p->film_height);
    if (!isfinite(b->x0) || !isfinite(b->y0) || !isfinite(b->x1) || !isfinite(b->y1) ||
        !(x1 > x0) || !(y1 > y0))
        return false;
    /* lines on whole pixels are sharp */
    const double half = fmod(p->line, 2) / 2, left = floor(x0 + 0.5) + half,
                 top = floor(y0 + 0.5) + half;
    *at = (sx_rect){ p->film_x + left, p->film_y + top, fmax(1, floor(x1 + 0.5) + half - left),
                     fmax(1, floor(y1 + 0.5) + half - top) };
    return true;
}

static void name_box(const sx_overlay_box *b, sx_shown_box *s) {
    char name[SX_TAG_BYTES - 16], score[16] = "";
    sx_clean_text(name, sizeof name, b->name ? b->name : "");
    if (!isnan(b->score)) snprintf(score, sizeof score, "%.2f", (double)b->score);
    snprintf(s->text[0], SX_TAG_BYTES, "%s%s%s", name, name[0] && score[0] ? " " : "", score);
    snprintf(s->text[1], SX_TAG_BYTES, "%s", score[0] ? score : name);
}

bool sx_arrange_boxes(sx_picture *p, sx_error *err) {
    const sx_overlay *w = p->what;
    if (w->count == 0) return true;
    p->boxes = sx_calloc_for(w->count, sizeof *p->boxes, "overlay", err);
    p->tags = p->boxes ? sx_calloc_for(w->count, sizeof *p->tags, "overlay", err) : NULL;
    sx_rect *rects = p->tags ? sx_calloc_for(w->count, sizeof *rects, "overlay", err) : NULL;
    if (!rects) return false;
    sx_use_font(p, p->font, false);
    for (size_t i = 0; i < w->count; i++) {
        sx_shown_box *s = &p->boxes[p->count];
        if (!clip_box(p, &w->boxes[i], &s->at)) continue;
        s->box = &w->boxes[i];
        name_box(s->box, s);
        for (int k = 0; k < SX_TAG_TEXTS; k++)
            p->tags[p->count].width[k] =
                ceil(sx_text_width(p, s->text[k]) + 1.0 * p->font + p->line);
        /* tags keep a distance from the lines */
        rects[p->count] = (sx_rect){ s->at.x - p->line, s->at.y - p->line, s->at.w + 2 * p->line,
                                     s->at.h + 2 * p->line };
        p->count++;
    }
    const sx_rect area = { 2, p->film_y + 2, p->width - 4, p->film_height - 4 };
    sx_place_tags(rects, p->count, ceil(1.5 * p->font), area, p->tags);
    free(rects);
    return true;
}

void sx_draw_boxes(const sx_picture *p) {
    for (size_t i = p->count; i-- > 0;) { /* the first one on top */
        const sx_rect *r = &p->boxes[i].at;
        cairo_rectangle(p->c, r->x, r->y, r->w, r->h);
        sx_stroke_label(p, p->boxes[i].box->label, p->boxes[i].box->line);
    }
    for (size_t i = 0; i < p->count; i++)
        if (p->tags[i].placed) leader(p, &p->boxes[i], &p->tags[i].at);
    for (size_t i = p->count; i-- > 0;)
        if (p->tags[i].placed) draw_tag(p, &p->boxes[i], &p->tags[i]);
}
