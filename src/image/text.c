#include "image/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/text_impl.h"

/* Films larger than this are halved first: their text is larger, too. */
enum { LONGEST = 3000, LEAST_HEIGHT = 7, LEAST_CONTRAST = 40, MOST_GLYPHS = 20000 };

/* ---- minimum and maximum of a window ---- */

/* to[i] = the minimum (or maximum) of from[i .. i + n), by doubling: one vector operation per pixel
 * and pass. */
static void window(uint8_t *row, size_t width, size_t n, bool least) {
    size_t have = 1;
    while (have < n) {
        const size_t step = have < n - have ? have : n - have;
        if (least)
            for (size_t i = 0; i + step < width; i++)
                row[i] = row[i] < row[i + step] ? row[i] : row[i + step];
        else
            for (size_t i = 0; i + step < width; i++)
                row[i] = row[i] > row[i + step] ? row[i] : row[i + step];
        have += step;
    }
}

static void fold(uint8_t *to, const uint8_t *with, size_t n, bool least) {
    if (least)
        for (size_t i = 0; i < n; i++)
            to[i] = to[i] < with[i] ? to[i] : with[i];
    else
        for (size_t i = 0; i < n; i++)
            to[i] = to[i] > with[i] ? to[i] : with[i];
}

/* The minimum (maximum) within `r` pixels to all sides, in place. `row` has room for width + 4 r
 * bytes. Edges are repeated. */
static void spread(uint8_t *p, size_t width, size_t height, size_t r, bool least, uint8_t *row) {
    const size_t n = 2 * r + 1;
    for (size_t y = 0; y < height; y++) {
        uint8_t *line = p + y * width;
        memset(row, line[0], r);
        memcpy(row + r, line, width);
        memset(row + r + width, line[width - 1], r);
        window(row, width + 2 * r, n, least);
        memcpy(line, row, width);
    }
    /* The same doubling vertically: row y then covers rows y .. y + have. */
    size_t have = 1;
    while (have < n) {
        const size_t step = have < n - have ? have : n - have;
        for (size_t y = 0; y < height; y++) {
            const size_t other = y + step < height ? y + step : height - 1;
            if (other != y) fold(p + y * width, p + other * width, width, least);
        }
        have += step;
    }
    for (size_t y = height; y-- > 0;) /* the window begins at its row: centre it */
        if (y >= r) memmove(p + y * width, p + (y - r) * width, width);
}

/* The top-hat: the film minus its opening, that is, structures brighter than their surroundings and
 * thinner than 2 r + 1. */
static void top_hat(const sx_text_plane *p, uint8_t *hat, size_t r) {
    const size_t w = (size_t)p->width, h = (size_t)p->height;
    memcpy(hat, p->grey, w * h);
    spread(hat, w, h, r, true, p->row);
    spread(hat, w, h, r, false, p->row);
    for (size_t i = 0; i < w * h; i++)
        hat[i] = p->grey[i] > hat[i] ? (uint8_t)(p->grey[i] - hat[i]) : 0;
}

/* ---- glyphs ---- */

static bool push_pixel(sx_text_plane *p, size_t *n, uint32_t at, sx_error *err) {
    if (*n == p->stack_size) {
        size_t size = p->stack_size ? 2 * p->stack_size : 4096;
        uint32_t *stack = sx_realloc(p->stack, size, sizeof *stack);
        if (!stack) return sx_fail(err, SX_ERR_MEMORY, "out of memory to look for text");
        p->stack = stack;
        p->stack_size = size;
    }
    p->stack[(*n)++] = at;
    return true;
}

/* The component that holds a marked pixel; its marks are cleared. */
static bool component(sx_text_plane *p, uint32_t start, sx_glyph *g, sx_error *err) {
    const int w = p->width, h = p->height;
    size_t n = 0, all = 0;
    *g = (sx_glyph){ .x0 = w, .y0 = h };
    p->mark[start] = 0;
    if (!push_pixel(p, &n, start, err)) return false;
    while (n) {
        const uint32_t at = p->stack[--n];
        const int x = (int)(at % (uint32_t)w), y = (int)(at / (uint32_t)w);
        all++;
        g->x0 = x < g->x0 ? x : g->x0;
        g->y0 = y < g->y0 ? y : g->y0;
        g->x1 = x + 1 > g->x1 ? x + 1 : g->x1;
        g->y1 = y + 1 > g->y1 ? y + 1 : g->y1;
        if (p->grey[at] > g->peak) g->peak = p->grey[at];
        if (p->hat[at] > g->contrast) g->contrast = p->hat[at];
        for (int dy = y ? -1 : 0; dy <= (y + 1 < h); dy++)
            for (int dx = x ? -1 : 0; dx <= (x + 1 < w); dx++) {
                const uint32_t other = (uint32_t)((y + dy) * w + x + dx);
                if (!p->mark[other]) continue;
                p->mark[other] = 0;
                if (!push_pixel(p, &n, other, err)) return false;
            }
    }
    g->area = all > INT32_MAX ? INT32_MAX : (int)all;
    return true;
}

static bool plausible(const sx_text_plane *p, const sx_glyph *g) {
    const int w = g->x1 - g->x0, h = g->y1 - g->y0,
              longest = p->width > p->height ? p->width : p->height;
    const int most = longest / 12 > 24 ? longest / 12 : 24;
    return (w >= LEAST_HEIGHT || h >= LEAST_HEIGHT) && w <= most && h <= most && w <= 12 * h &&
           h <= 12 * w && 10 * g->area >= w * h;
}

/* The width of a glyph's edge: pixels between a quarter and three quarters of its contrast, divided
 * by those on its outline. Anatomy fades out; strokes have sharp edges. */
static float edge_of(const sx_text_plane *p, const sx_glyph *g) {
    const int w = p->width, c = g->contrast;
    int fringe = 0, outline = 0;
    for (int y = g->y0 > 1 ? g->y0 - 1 : 1; y <= g->y1 && y + 1 < p->height; y++) {
        const uint8_t *hat = p->hat + (size_t)y * (size_t)w;
        for (int x = g->x0 > 1 ? g->x0 - 1 : 1; x <= g->x1 && x + 1 < w; x++) {
            fringe += 4 * hat[x] >= c && 4 * hat[x] < 3 * c;
            outline += 2 * hat[x] >= c && (2 * hat[x - 1] < c || 2 * hat[x + 1] < c ||
                                           2 * hat[x - w] < c || 2 * hat[x + w] < c);
        }
    }
    return outline ? 2 * (float)fringe / (float)outline : 0;
}

/* A pixel belongs to text if its contrast is at least half of the strongest stroke's nearby; this
 * separates letters that nearly touch. */
static void mark_strokes(sx_text_plane *p, size_t r) {
    const size_t n = (size_t)p->width * (size_t)p->height;
    memcpy(p->mark, p->hat, n);
    spread(p->mark, (size_t)p->width, (size_t)p->height, r, false, p->row);
    for (size_t i = 0; i < n; i++)
        p->mark[i] = p->hat[i] >= LEAST_CONTRAST && 2 * p->hat[i] >= p->mark[i];
}

static bool find_glyphs(sx_text_plane *p, size_t r, sx_error *err) {
    const size_t n = (size_t)p->width * (size_t)p->height;
    top_hat(p, p->hat, r);
    mark_strokes(p, r);
    p->glyph_count = 0;
    for (size_t i = 0; i < n; i++) {
        sx_glyph g;
        if (!p->mark[i]) continue;
        if (!component(p, (uint32_t)i, &g, err)) return false;
        if (!plausible(p, &g) || p->glyph_count == MOST_GLYPHS) continue;
        g.edge = edge_of(p, &g);
        p->glyphs[p->glyph_count++] = g;
    }
    return true;
}

/* ---- the film ---- */

static bool add_area(sx_text_list *list, sx_text_area a, sx_error *err) {
    sx_text_area *items = sx_realloc(list->items, list->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory to look for text");
    list->items = items;
    items[list->count++] = a;
    return true;
}

bool sx_text_add(sx_text_list *list, const sx_text_plane *p, sx_text_area a, sx_error *err) {
    const int s = p->scale;
    const int right = p->width - a.x1, below = p->height - a.y1;
    const bool border = 4 * a.x1 <= p->width || 4 * a.y1 <= p->height ||
                        4 * (p->width - a.x0) <= p->width || 4 * (p->height - a.y0) <= p->height;
    if (!border) return true;
    /* including the remainder of a film of odd size */
    return add_area(list,
                    (sx_text_area){ a.x0 * s, a.y0 * s, right <= 0 ? p->film_width : a.x1 * s,
                                    below <= 0 ? p->film_height : a.y1 * s, a.glyphs },
                    err);
}

static void merge_areas(sx_text_list *list) {
    for (size_t i = 0; i < list->count; i++)
        for (size_t k = i + 1; k < list->count; k++) {
            sx_text_area *a = &list->items[i], *b = &list->items[k];
            if (a->x0 >= b->x1 || b->x0 >= a->x1 || a->y0 >= b->y1 || b->y0 >= a->y1) continue;
            a->x0 = a->x0 < b->x0 ? a->x0 : b->x0;
            a->y0 = a->y0 < b->y0 ? a->y0 : b->y0;
            a->x1 = a->x1 > b->x1 ? a->x1 : b->x1;
            a->y1 = a->y1 > b->y1 ? a->y1 : b->y1;
            a->glyphs = a->glyphs > b->glyphs ? a->glyphs : b->glyphs;
            *b = list->items[--list->count];
            k = i; /* it has grown: compare with all others again */
        }
}

/* Mean of blocks of `scale` x `scale` pixels; a remainder at the right and lower edge is left
 * out. */
static void shrink(const sx_image *film, sx_text_plane *p) {
    const int s = p->scale;
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width; x++) {
            int sum = 0;
            for (int dy = 0; dy < s; dy++)
                for (int dx = 0; dx < s; dx++)
                    sum += sx_image_u8(
                        film)[(size_t)(y * s + dy) * (size_t)film->width + (size_t)(x * s + dx)];
            p->grey[(size_t)y * (size_t)p->width + (size_t)x] = (uint8_t)(sum / (s * s));
        }
}

static bool prepare(const sx_image *film, sx_text_plane *p, sx_error *err) {
    const int longest = film->width > film->height ? film->width : film->height;
    p->scale = (longest + LONGEST - 1) / LONGEST;
    p->width = film->width / p->scale;
    p->height = film->height / p->scale;
    p->film_width = film->width;
    p->film_height = film->height;
    if (!p->width || !p->height) return true;
    const size_t n = (size_t)p->width * (size_t)p->height;
    p->grey = sx_calloc_for(n, 3, "a film to look for text", err);
    p->row = p->grey ? sx_calloc_for((size_t)p->width + 256, 1, "a row", err) : NULL;
    p->glyphs = p->row ? sx_calloc_for(MOST_GLYPHS, sizeof *p->glyphs, "glyphs", err) : NULL;
    if (!p->glyphs) return false;
    p->hat = p->grey + n;
    p->mark = p->hat + n;
    shrink(film, p);
    return true;
}

bool sx_text_find(const sx_image *film, sx_text_area **areas, size_t *count, sx_error *err) {
    static const size_t radii[] = { 4, 14 };
    sx_text_plane p = { 0 };
    sx_text_list list = { 0 };
    *areas = NULL;
    *count = 0;
    if (film->channels != 1 || film->bits != 8)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "text is looked for in grey films of 8 bits only");
    bool ok = prepare(film, &p, err);
    for (int dark = 0; ok && dark < 2 && p.width && p.height; dark++) {
        for (size_t k = 0; ok && k < sizeof radii / sizeof *radii; k++)
            ok = find_glyphs(&p, radii[k], err) && sx_text_lines(&p, &list, err);
        for (size_t i = 0; i < (size_t)p.width * (size_t)p.height; i++)
            p.grey[i] = (uint8_t)(255 - p.grey[i]);
    }
    free(p.grey);
    free(p.row);
    free(p.glyphs);
    free(p.stack);
    if (!ok) {
        free(list.items);
        return false;
    }
    merge_areas(&list);
    *areas = list.items;
    *count = list.count;
    return true;
}

const char *sx_text_place(const sx_text_area *a, int width, int height) {
    static const char *const names[3][3] = { { "upper left", "upper edge", "upper right" },
                                             { "left edge", "middle", "right edge" },
                                             { "lower left", "lower edge", "lower right" } };
    const double x = (a->x0 + a->x1) / 2.0 / width, y = (a->y0 + a->y1) / 2.0 / height;
    return names[y < 1.0 / 3 ? 0 : y < 2.0 / 3 ? 1 : 2][x < 1.0 / 3 ? 0 : x < 2.0 / 3 ? 1 : 2];
}
