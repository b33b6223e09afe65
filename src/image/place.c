#include "image/place.h"

#include <float.h>

/* Costs are in tag heights of distance from the box. */
static const double SHORT_TEXT = 3.0, HIDES_OWN = 3.0, HIDES_OTHER = 5.0;

typedef struct search {
    const sx_rect *boxes;
    size_t count, self;
    double height;
    sx_rect area;
    const sx_tag *tags; /* those before `self` are placed */
    sx_tag best;
    double cost;
} search;

static double overlap(const sx_rect *a, const sx_rect *b) {
    const double left = a->x > b->x ? a->x : b->x, top = a->y > b->y ? a->y : b->y;
    const double right = a->x + a->w < b->x + b->w ? a->x + a->w : b->x + b->w;
    const double bottom = a->y + a->h < b->y + b->h ? a->y + a->h : b->y + b->h;
    return right > left && bottom > top ? (right - left) * (bottom - top) : 0;
}

static double clamp(double v, double low, double high) {
    return v > high ? (high > low ? high : low) : v < low ? low : v;
}

static void consider(search *s, double x, double y, int text, double cost) {
    const double w = s->tags[s->self].width[text];
    sx_rect r = { x, y, w, s->height };
    if (w > s->area.w || s->height > s->area.h) return;
    if (y < s->area.y || y + s->height > s->area.y + s->area.h) return;
    r.x = clamp(x, s->area.x, s->area.x + s->area.w - w);
    cost += (r.x > x ? r.x - x : x - r.x) / s->height;
    if (cost >= s->cost) return;
    for (size_t i = 0; i < s->self; i++)
        if (s->tags[i].placed && overlap(&r, &s->tags[i].at) > 0) return;
    for (size_t i = 0; i < s->count && cost < s->cost; i++)
        cost += overlap(&r, &s->boxes[i]) / (r.w * r.h) * (i == s->self ? HIDES_OWN : HIDES_OTHER);
    if (cost >= s->cost) return;
    s->cost = cost;
    s->best.at = r;
    s->best.text = text;
    s->best.placed = true;
}

/* Positions adjacent to the box first (above, below, beside, inside), then at growing distance. */
static void search_positions(search *s, int text) {
    const sx_rect *b = &s->boxes[s->self];
    const double h = s->height, w = s->tags[s->self].width[text], extra = text ? SHORT_TEXT : 0;
    const double right = b->x + b->w, bottom = b->y + b->h;
    consider(s, b->x, b->y - h, text, extra);
    consider(s, right - w, b->y - h, text, extra + 0.1);
    consider(s, b->x, bottom, text, extra + 0.2);
    consider(s, right - w, bottom, text, extra + 0.3);
    consider(s, right, b->y, text, extra + 0.4);
    consider(s, b->x - w, b->y, text, extra + 0.5);
    consider(s, right, bottom - h, text, extra + 0.6);
    consider(s, b->x - w, bottom - h, text, extra + 0.7);
    consider(s, b->x, b->y, text, extra + 0.8);
    consider(s, b->x, bottom - h, text, extra + 0.9);
    for (int ring = 1; ring <= 12; ring++) {
        const double gap = 0.5 * ring * h, cost = extra + 1.0 + 0.5 * ring;
        for (int k = -ring; k <= ring; k++) {
            const double y = b->y + 0.5 * (b->h - h) + 0.5 * k * h, more = 0.1 * (k < 0 ? -k : k);
            consider(s, right + gap, y, text, cost + more);
            consider(s, b->x - w - gap, y, text, cost + more + 0.05);
        }
        consider(s, b->x, b->y - h - gap, text, cost);
        consider(s, right - w, b->y - h - gap, text, cost + 0.1);
        consider(s, b->x, bottom + gap, text, cost + 0.2);
        consider(s, right - w, bottom + gap, text, cost + 0.3);
    }
}

void sx_place_tags(const sx_rect *boxes, size_t count, double height, sx_rect area, sx_tag *tags) {
    for (size_t i = 0; i < count; i++) {
        search s = { boxes, count, i, height, area, tags, tags[i], DBL_MAX };
        s.best.placed = false;
        for (int text = 0; text < SX_TAG_TEXTS; text++)
            search_positions(&s, text);
        tags[i] = s.best;
    }
}
