#include "report/film_labels.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

typedef struct ending {
    const char *path;
    size_t length, index;
} ending;

/* The number of equal bytes at their ends. */
static size_t common_end(const ending *a, const ending *b) {
    const size_t most = a->length < b->length ? a->length : b->length;
    size_t n = 0;
    while (n < most && a->path[a->length - 1 - n] == b->path[b->length - 1 - n])
        n++;
    return n;
}

/* By the bytes from the end, so that the neighbours of a path share most of its end. */
static int compare_endings(const void *a, const void *b) {
    const ending *p = a, *q = b;
    const size_t n = common_end(p, q);
    if (n < p->length && n < q->length)
        return (unsigned char)p->path[p->length - 1 - n] < (unsigned char)q->path[q->length - 1 - n]
                   ? -1
                   : 1;
    return (p->length > q->length) - (p->length < q->length);
}

/* The shortest end of whole names with more than `shared` bytes; without a slash before it. */
static const char *label_of(const ending *e, size_t shared) {
    const char *first = e->path;
    while (*first == '/')
        first++;
    size_t n = 0;
    while (n < e->length && (n <= shared || e->path[e->length - n - 1] != '/'))
        n++;
    const char *label = e->path + e->length - n;
    return label < first ? first : label;
}

static size_t most_shared(const ending *all, size_t count, size_t i) {
    size_t before = i, after = i, shared = 0;
    while (before > 0 && compare_endings(&all[before], &all[i]) == 0)
        before--;
    while (after + 1 < count && compare_endings(&all[after], &all[i]) == 0)
        after++;
    const size_t neighbours[] = { before, after };
    for (size_t k = 0; k < 2; k++) {
        if (compare_endings(&all[neighbours[k]], &all[i]) == 0) continue;
        const size_t n = common_end(&all[neighbours[k]], &all[i]);
        if (n > shared) shared = n;
    }
    return shared;
}

bool sx_film_labels(const char *const *paths, size_t count, const char **labels, sx_error *err) {
    ending *all = sx_calloc_for(count + 1, sizeof *all, "names of films", err);
    if (!all) return false;
    for (size_t i = 0; i < count; i++)
        all[i] = (ending){ paths[i], strlen(paths[i]), i };
    qsort(all, count, sizeof *all, compare_endings);
    for (size_t i = 0; i < count; i++)
        labels[all[i].index] = label_of(&all[i], most_shared(all, count, i));
    free(all);
    return true;
}
