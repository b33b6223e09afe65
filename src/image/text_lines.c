#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/text_impl.h"

/* For vertical text, x and y of the glyphs are swapped first. */
static void swap_axes(sx_glyph *g, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const sx_glyph was = g[i];
        g[i].x0 = was.y0;
        g[i].x1 = was.y1;
        g[i].y0 = was.x0;
        g[i].y1 = was.x1;
    }
}

static int by_left(const void *a, const void *b) {
    const sx_glyph *g = a, *o = b;
    const int first = (g->x0 > o->x0) - (g->x0 < o->x0);
    return first ? first : (g->y0 > o->y0) - (g->y0 < o->y0);
}

static int width_of(const sx_glyph *g) {
    return g->x1 - g->x0;
}

static int height_of(const sx_glyph *g) {
    return g->y1 - g->y0;
}

/* Whether it may be a letter or a digit of its line. */
static bool is_letter(const sx_glyph *g) {
    const int w = width_of(g), h = height_of(g);
    return h >= 6 && 2 * w <= 3 * h + 2 && 20 * g->area >= 3 * w * h;
}

static int apart(int a, int b) {
    return a > b ? a - b : b - a;
}

/* Neighbours in one line: similar height, grey level and contrast, with a common base line or top
 * line. */
static bool linked(const sx_glyph *a, const sx_glyph *b) {
    const int ha = height_of(a), hb = height_of(b), h = ha > hb ? ha : hb, low = ha + hb - h;
    const int gap = b->x0 - a->x1, slack = h / 8 > 1 ? h / 8 : 1;
    if (9 * low < 5 * h || 10 * gap > 11 * h || 5 * gap < -h) return false;
    if (apart(a->y1, b->y1) > slack && apart(a->y0, b->y0) > slack) return false;
    if (apart(a->peak, b->peak) > 40) return false;
    return 2 * (a->contrast < b->contrast ? a->contrast : b->contrast) >=
           (a->contrast > b->contrast ? a->contrast : b->contrast);
}

static size_t root(size_t *parent, size_t i) {
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void link_all(const sx_text_plane *p, size_t *parent) {
    for (size_t i = 0; i < p->glyph_count; i++)
        parent[i] = i;
    for (size_t i = 0; i < p->glyph_count; i++) {
        const sx_glyph *a = &p->glyphs[i];
        if (!is_letter(a)) continue;
        const int reach = a->x1 + 2 * height_of(a) + 2;
        for (size_t k = i + 1; k < p->glyph_count && p->glyphs[k].x0 <= reach; k++)
            if (is_letter(&p->glyphs[k]) && linked(a, &p->glyphs[k]))
                parent[root(parent, k)] = root(parent, i);
    }
}

typedef struct line {
    size_t first, count; /* first: a glyph of it */
    int x0, y0, x1, y1, tallest, contrast;
    double edge; /* mean */
} line;

static void measure(const sx_text_plane *p, size_t *parent, size_t of, line *l) {
    *l = (line){ .x0 = INT32_MAX, .y0 = INT32_MAX };
    for (size_t i = 0; i < p->glyph_count; i++) {
        const sx_glyph *g = &p->glyphs[i];
        if (root(parent, i) != of) continue;
        l->count++;
        l->x0 = g->x0 < l->x0 ? g->x0 : l->x0;
        l->y0 = g->y0 < l->y0 ? g->y0 : l->y0;
        l->x1 = g->x1 > l->x1 ? g->x1 : l->x1;
        l->y1 = g->y1 > l->y1 ? g->y1 : l->y1;
        l->tallest = height_of(g) > l->tallest ? height_of(g) : l->tallest;
        l->contrast += g->contrast;
        l->edge += (double)g->edge;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a line has its own root at least */
    l->contrast /= (int)l->count;
    l->edge /= (double)l->count;
}

/* How many of a line's glyphs have this one's height and base line. */
static size_t like(const sx_text_plane *p, size_t *parent, size_t of, const sx_glyph *g,
                   bool base) {
    const int slack = height_of(g) / 14 > 1 ? height_of(g) / 14 : 1;
    size_t n = 0;
    for (size_t i = 0; i < p->glyph_count; i++)
        if (root(parent, i) == of) {
            const sx_glyph *o = &p->glyphs[i];
            n += base ? apart(o->y1, g->y1) <= slack : apart(height_of(o), height_of(g)) <= slack;
        }
    return n;
}

/* Letters differ in width and have holes and bays; the ticks of a ruler are thin bars or blocks,
 * all alike. */
static bool has_letters(const sx_text_plane *p, size_t *parent, size_t of, const line *l) {
    size_t broad = 0, airy = 0;
    int least = INT32_MAX, most = 0;
    for (size_t i = 0; i < p->glyph_count; i++) {
        const sx_glyph *g = &p->glyphs[i];
        if (root(parent, i) != of) continue;
        const int w = width_of(g), h = height_of(g);
        broad += 3 * w >= h;
        airy += 10 * g->area <= 8 * w * h;
        least = g->area < least ? g->area : least;
        most = g->area > most ? g->area : most;
    }
    return 5 * broad >= 3 * l->count && 5 * airy >= 3 * l->count && 10 * most >= 11 * least;
}

static bool is_text(const sx_text_plane *p, size_t *parent, size_t of, const line *l) {
    size_t high = 0, base = 0;
    if (l->count < 3 || 5 * (l->y1 - l->y0) > 9 * l->tallest ||
        2 * (l->x1 - l->x0) < 3 * l->tallest)
        return false;
    for (size_t i = 0; i < p->glyph_count; i++) {
        if (root(parent, i) != of) continue;
        const size_t h = like(p, parent, of, &p->glyphs[i], false),
                     b = like(p, parent, of, &p->glyphs[i], true);
        high = h > high ? h : high;
        base = b > base ? b : base;
    }
    const bool few = l->count < 5;
    return (few ? high == l->count && base == l->count
                : 2 * high >= l->count && 10 * base >= 6 * l->count) &&
           has_letters(p, parent, of, l);
}

/* The share of the strips above and below a line that has the contrast of its glyphs: text is
 * isolated, texture and noise continue. */
static double clutter(const sx_text_plane *p, const line *l, bool turned) {
    const int from = l->tallest / 6 > 2 ? l->tallest / 6 : 2,
              to = l->tallest / 3 > 4 ? l->tallest / 3 : 4;
    size_t all = 0, marked = 0;
    for (int side = 0; side < 2; side++)
        for (int k = from; k < to; k++)
            for (int x = l->x0; x < l->x1; x++) {
                const int y = side ? l->y1 - 1 + k : l->y0 - k;
                const int px = turned ? y : x, py = turned ? x : y;
                if (px < 0 || py < 0 || px >= p->width || py >= p->height) continue;
                all++;
                marked += 3 * p->hat[(size_t)py * (size_t)p->width + (size_t)px] >= l->contrast;
            }
    return all ? (double)marked / (double)all : 0;
}

/* Lines of a dense block are not isolated, but they are strong and long. */
static bool stands_out(const sx_text_plane *p, const line *l, bool turned) {
    const double around = clutter(p, l, turned);
    const bool sharp = l->edge <= 4 || 4 * l->edge <= l->tallest;
    return sharp && (around <= 0.08 || (around <= 0.45 && l->contrast >= 120 && l->count >= 4));
}

/* Commas, dashes and words further away belong to the line as well, and so do similar lines above
 * and below: a block of text is found as a whole, even if one of its lines formed no chain. */
static bool belongs(const sx_glyph *g, const line *l) {
    const int h = l->tallest, slack = h / 3, beside = 5 * h / 2, below = 3 * h / 2;
    if (g->x0 > l->x1 + beside || g->x1 < l->x0 - beside) return false;
    if (g->y0 >= l->y0 - slack && g->y1 <= l->y1 + slack) return true;
    return g->y0 <= l->y1 + below && g->y1 >= l->y0 - below && 2 * height_of(g) <= 3 * h &&
           3 * height_of(g) >= h && width_of(g) <= 2 * h && 10 * g->contrast >= 6 * l->contrast &&
           (double)g->edge <= 1.5 * l->edge + 1;
}

static void extend_line(const sx_text_plane *p, line *l) {
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < p->glyph_count; i++) {
            const sx_glyph *g = &p->glyphs[i];
            if (g->x0 >= l->x0 && g->x1 <= l->x1 && g->y0 >= l->y0 && g->y1 <= l->y1) continue;
            if (!belongs(g, l)) continue;
            l->x0 = g->x0 < l->x0 ? g->x0 : l->x0;
            l->y0 = g->y0 < l->y0 ? g->y0 : l->y0;
            l->x1 = g->x1 > l->x1 ? g->x1 : l->x1;
            l->y1 = g->y1 > l->y1 ? g->y1 : l->y1;
            more = true;
        }
    }
}

static int clip(int v, int most) {
    return v < 0 ? 0 : v > most ? most : v;
}

static bool add_line(const sx_text_plane *p, const line *l, bool turned, sx_text_list *list,
                     sx_error *err) {
    const int margin = 3 + l->tallest / 2, w = turned ? p->height : p->width,
              h = turned ? p->width : p->height;
    const int x0 = clip(l->x0 - margin, w), x1 = clip(l->x1 + margin, w);
    const int y0 = clip(l->y0 - margin, h), y1 = clip(l->y1 + margin, h);
    const int n = (int)l->count;
    return sx_text_add(
        list, p, turned ? (sx_text_area){ y0, x0, y1, x1, n } : (sx_text_area){ x0, y0, x1, y1, n },
        err);
}

static bool lines_along(sx_text_plane *p, size_t *parent, bool turned, sx_text_list *list,
                        sx_error *err) {
    size_t *members = parent + p->glyph_count; /* of the line whose root a glyph is */
    if (p->glyph_count) qsort(p->glyphs, p->glyph_count, sizeof *p->glyphs, by_left);
    link_all(p, parent);
    memset(members, 0, p->glyph_count * sizeof *members);
    for (size_t i = 0; i < p->glyph_count; i++)
        members[root(parent, i)]++;
    for (size_t i = 0; i < p->glyph_count; i++) {
        line l;
        if (members[i] < 3) continue;
        measure(p, parent, i, &l);
        if (!is_text(p, parent, i, &l) || !stands_out(p, &l, turned)) continue;
        extend_line(p, &l);
        if (!add_line(p, &l, turned, list, err)) return false;
    }
    return true;
}

bool sx_text_lines(sx_text_plane *p, sx_text_list *list, sx_error *err) {
    size_t *parent = sx_calloc_for(2 * p->glyph_count + 1, sizeof *parent, "glyphs", err);
    bool ok = parent != NULL;
    for (int turned = 0; ok && turned < 2; turned++) {
        ok = lines_along(p, parent, turned, list, err);
        swap_axes(p->glyphs, p->glyph_count); /* the second time swaps back */
    }
    free(parent);
    return ok;
}
