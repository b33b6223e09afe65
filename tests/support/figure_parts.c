#include "support/figure_parts.h"

#include <math.h>
#include <string.h>

const sx_label *find_label(const sx_figure *f, const char *text) {
    for (size_t i = 0; i < f->label_count; i++)
        if (strcmp(f->labels[i].text, text) == 0) return &f->labels[i];
    return NULL;
}

const sx_shape *find_shape(const sx_figure *f, bool fill, uint32_t colour, size_t n) {
    for (size_t i = 0; i < f->shape_count; i++) {
        const sx_paint *p = &f->shapes[i].paint;
        const bool same =
            fill ? p->fill_alpha > 0 && p->fill == colour : p->line > 0 && p->stroke == colour;
        if (same && n-- == 0) return &f->shapes[i];
    }
    return NULL;
}

size_t path_points(const sx_shape *s, double (*xy)[2], size_t room, size_t *moves) {
    size_t n = 0;
    *moves = 0;
    for (int i = 0; i < s->path->num_data; i += s->path->data[i].header.length) {
        const cairo_path_data_t *d = &s->path->data[i];
        if (d->header.type != CAIRO_PATH_MOVE_TO && d->header.type != CAIRO_PATH_LINE_TO) continue;
        *moves += d->header.type == CAIRO_PATH_MOVE_TO;
        if (n == room) break;
        xy[n][0] = d[1].point.x;
        xy[n++][1] = d[1].point.y;
    }
    return n;
}

void path_box(const sx_shape *s, double box[4]) {
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (int i = 0; i < s->path->num_data; i += s->path->data[i].header.length)
        for (int k = 1; k < s->path->data[i].header.length; k++) {
            const cairo_path_data_t *d = &s->path->data[i + k];
            box[0] = fmin(box[0], d->point.x);
            box[1] = fmin(box[1], d->point.y);
            box[2] = fmax(box[2], d->point.x);
            box[3] = fmax(box[3], d->point.y);
        }
}
