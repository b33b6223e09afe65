#include "pipeline/tiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/nms.h"
#include "models/arch.h"
#include "pipeline/tta.h"

static const double overlap = 0.25;    /* of a tile's length */
static const float edge_share = 0.01F; /* of a tile's side: a box this near is cut */
static const float least_edge = 2;     /* pixels */
static const float same_share = 0.6F;  /* of the smaller box, in both: one finding */
static const float most_larger = 3;    /* a box removes none that is larger by more */
enum { LEAST_LENGTH = 32 };            /* a smaller film is not divided */

sx_tile_row sx_tile_row_of(int side, int tiles) {
    sx_tile_row row = { .count = tiles < SX_MOST_TILES ? tiles : SX_MOST_TILES };
    row.length = (int)((double)side / (row.count - (row.count - 1) * overlap));
    if (row.count < 2 || row.length < LEAST_LENGTH) return (sx_tile_row){ 1, side, { 0 } };
    for (int i = 0; i < row.count; i++)
        row.starts[i] = (int)((int64_t)(side - row.length) * i / (row.count - 1));
    return row;
}

/* ---- boxes ---- */

typedef struct found_boxes {
    sx_view_box *items;
    size_t count;
} found_boxes;

static float area_of(sx_box b) {
    return (b.x1 - b.x0) * (b.y1 - b.y0);
}

static bool is_same_finding(const sx_view_box *kept, const sx_view_box *other) {
    const sx_box a = kept->found.box, b = other->found.box;
    if (kept->view == other->view || kept->found.label != other->found.label) return false;
    const float w = fminf(a.x1, b.x1) - fmaxf(a.x0, b.x0),
                h = fminf(a.y1, b.y1) - fmaxf(a.y0, b.y0), area_a = area_of(a), area_b = area_of(b);
    return w > 0 && h > 0 && w * h > same_share * fminf(area_a, area_b) &&
           area_b <= most_larger * area_a;
}

/* Puts the boxes in the order of scores. */
static bool sort_boxes(sx_view_box *boxes, size_t count, size_t *sorted, sx_error *err) {
    float *scores = sx_calloc_for(count + 1, sizeof *scores, "boxes", err);
    int *order = scores ? sx_calloc_for(count + 1, sizeof *order, "boxes", err) : NULL;
    sx_view_box *copy = order ? sx_calloc_for(count + 1, sizeof *copy, "boxes", err) : NULL;
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = boxes[i];
        scores[i] = boxes[i].found.score;
    }
    const bool ok = copy && sx_order_by_score(scores, count, 0, 0, order, sorted, err);
    for (size_t i = 0; ok && i < *sorted; i++)
        boxes[i] = copy[order[i]];
    free(copy);
    free(order);
    free(scores);
    return ok;
}

bool sx_tiles_merge(sx_view_box *boxes, size_t count, size_t *left, sx_error *err) {
    size_t sorted = 0;
    *left = 0;
    if (!sort_boxes(boxes, count, &sorted, err)) return false;
    for (size_t i = 0; i < sorted; i++) {
        size_t k = 0;
        while (k < *left && !is_same_finding(&boxes[k], &boxes[i]))
            k++;
        if (k == *left) boxes[(*left)++] = boxes[i];
    }
    return true;
}

/* ---- views ---- */

typedef struct tile {
    int x, y, width, height;
    int film_width, film_height;
} tile;

/* Whether a side of the box, in pixels of the tile, ends at a side of the tile inside the film. */
static bool is_cut(const tile *t, sx_box b) {
    const float x = fmaxf(edge_share * (float)t->width, least_edge),
                y = fmaxf(edge_share * (float)t->height, least_edge);
    return (t->x > 0 && b.x0 < x) || (t->y > 0 && b.y0 < y) ||
           (t->x + t->width < t->film_width && b.x1 > (float)t->width - x) ||
           (t->y + t->height < t->film_height && b.y1 > (float)t->height - y);
}

static bool append(found_boxes *to, const sx_detections *from, const tile *t, int view,
                   sx_error *err) {
    sx_view_box *items = sx_realloc(to->items, to->count + (size_t)from->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for boxes");
    to->items = items;
    for (int i = 0; i < from->count; i++) {
        sx_view_box b = { from->items[i], view };
        if (is_cut(t, b.found.box)) continue;
        b.found.box.x0 += (float)t->x, b.found.box.x1 += (float)t->x;
        b.found.box.y0 += (float)t->y, b.found.box.y1 += (float)t->y;
        to->items[to->count++] = b;
    }
    return true;
}

static bool cut_out(const sx_image *film, const tile *t, sx_image *out, sx_error *err) {
    const size_t pixel = (size_t)film->channels * (size_t)(film->bits / 8),
                 row = (size_t)t->width * pixel, stride = (size_t)film->width * pixel;
    if (!sx_image_new(out, t->width, t->height, film->channels, film->bits, err)) return false;
    const unsigned char *from =
        (const unsigned char *)film->data + (size_t)t->y * stride + (size_t)t->x * pixel;
    for (size_t y = 0; y < (size_t)t->height; y++)
        memcpy((unsigned char *)out->data + y * row, from + y * stride, row);
    return true;
}

static bool detect_tile(sx_model *m, const sx_image *film, sx_tta tta, const tile *t, int view,
                        const sx_model_detect_options *o, found_boxes *all, sx_error *err) {
    sx_image part = { 0 };
    sx_detections found = { 0 };
    const bool ok = cut_out(film, t, &part, err) && sx_tta_detect(m, &part, tta, o, &found, err) &&
                    append(all, &found, t, view, err);
    sx_detections_free(&found);
    sx_image_free(&part);
    return ok;
}

static bool detect_whole(sx_model *m, const sx_image *film, sx_tta tta,
                         const sx_model_detect_options *o, found_boxes *all, sx_error *err) {
    const tile whole = { 0, 0, film->width, film->height, film->width, film->height };
    sx_detections found = { 0 };
    const bool ok =
        sx_tta_detect(m, film, tta, o, &found, err) && append(all, &found, &whole, 0, err);
    sx_detections_free(&found);
    return ok;
}

static bool take(const found_boxes *all, size_t count, const sx_model_detect_options *o,
                 sx_detections *out, sx_error *err) {
    const size_t most = o->max_count > 0 ? (size_t)o->max_count : SX_MOST_DETECTIONS;
    if (count > most) count = most;
    out->items = sx_calloc_for(count + 1, sizeof *out->items, "boxes", err);
    if (!out->items) return false;
    for (size_t i = 0; i < count; i++)
        out->items[i] = all->items[i].found;
    out->count = (int)count;
    return true;
}

bool sx_tiles_detect(sx_model *m, const sx_image *film, sx_tta tta, int tiles,
                     const sx_model_detect_options *options, sx_detections *out, sx_error *err) {
    const sx_tile_row across = sx_tile_row_of(film->width, tiles),
                      down = sx_tile_row_of(film->height, tiles);
    found_boxes all = { 0 };
    size_t left = 0;
    if (across.count * down.count == 1) return sx_tta_detect(m, film, tta, options, out, err);
    *out = (sx_detections){ 0 };
    bool ok = detect_whole(m, film, tta, options, &all, err);
    for (int i = 0; ok && i < across.count * down.count; i++) {
        const tile t = { across.starts[i % across.count],
                         down.starts[i / across.count],
                         across.length,
                         down.length,
                         film->width,
                         film->height };
        ok = detect_tile(m, film, tta, &t, i + 1, options, &all, err);
    }
    ok = ok && sx_tiles_merge(all.items, all.count, &left, err) &&
         take(&all, left, options, out, err);
    free(all.items);
    return ok;
}
