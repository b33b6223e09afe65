#include "train/copy_paste.h"

#include <stdlib.h>

#include "base/mem.h"

enum { TRIES = 10 };

/* boxes[classes] of each class; returns the number of all. */
static size_t count_boxes(const sx_loader_film *films, size_t count, size_t *boxes) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < films[i].count; k++)
            boxes[films[i].labels[k]]++;
        sum += films[i].count;
    }
    return sum;
}

/* Lists the boxes of a class. */
static void add_class(sx_donors *d, const sx_loader_film *films, size_t count, int label) {
    size_t n = d->first[d->class_count];
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < films[i].count; k++)
            if (films[i].labels[k] == label) d->items[n++] = (sx_donor){ i, k };
    d->first[++d->class_count] = n;
}

bool sx_donors_make(sx_donors *d, const sx_loader_film *films, size_t count, int classes,
                    sx_error *err) {
    *d = (sx_donors){ 0 };
    size_t *boxes = sx_calloc_for((size_t)classes + 1, sizeof *boxes, "boxes", err);
    const size_t sum = boxes ? count_boxes(films, count, boxes) : 0;
    size_t used = 0;
    for (int c = 0; boxes && c < classes; c++)
        used += boxes[c] > 0;
    d->items = boxes ? sx_calloc_for(sum + 1, sizeof *d->items, "boxes", err) : NULL;
    d->first = d->items ? sx_calloc_for((size_t)classes + 1, sizeof *d->first, "boxes", err) : NULL;
    for (int c = 0; d->first && c < classes; c++)
        if (boxes[c] > 0 && boxes[c] * used <= sum) add_class(d, films, count, c);
    free(boxes);
    return d->first != NULL;
}

void sx_donors_free(sx_donors *d) {
    free(d->items);
    free(d->first);
    *d = (sx_donors){ 0 };
}

const sx_donor *sx_donors_draw(const sx_donors *d, size_t film, const sx_draws *draws) {
    for (int i = 0; d->class_count > 0 && i < TRIES; i++) {
        const int c = draws->integer(draws->ctx, 0, d->class_count);
        const size_t first = d->first[c], count = d->first[c + 1] - first;
        const sx_donor *one = &d->items[first + (size_t)draws->integer(draws->ctx, 0, (int)count)];
        if (one->film != film) return one;
    }
    return NULL;
}
