#include "metrics/box_match_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/sort.h"

bool sx_match_list_make(sx_match_list *l, size_t n, size_t film_count, sx_error *err) {
    l->scores = sx_calloc_for(n + 1, sizeof *l->scores + 5 * sizeof(uint32_t), "boxes", err);
    l->positives =
        l->scores ? sx_calloc_for(film_count + 1, sizeof *l->positives, "films", err) : NULL;
    if (!l->positives) return false;
    l->films = (uint32_t *)(l->scores + n + 1);
    l->ranks = l->films + n + 1;
    l->hits = l->ranks + n + 1;
    l->ignored = l->hits + n + 1;
    l->indices = l->ignored + n + 1;
    return true;
}

void sx_match_list_free(sx_match_list *l) {
    free(l->scores);
    free(l->positives);
    free(l->hit_places);
    *l = (sx_match_list){ 0 };
}

void sx_matches_free(sx_matches *m) {
    for (size_t i = 0; m->lists && i < (size_t)m->class_count * m->size_count; i++)
        sx_match_list_free(&m->lists[i]);
    free(m->lists);
    *m = (sx_matches){ 0 };
}

bool sx_match_list_index(sx_match_list *l, sx_error *err) {
    size_t count[SX_IOUS_MAX] = { 0 };
    l->any_ignored = l->most_rank = 0;
    for (size_t i = 0; i < l->count; i++) {
        for (uint32_t bits = l->hits[i], t = 0; bits; bits >>= 1, t++)
            count[t] += bits & 1;
        l->any_ignored |= l->ignored[i];
        if (l->ranks[i] > l->most_rank) l->most_rank = l->ranks[i];
    }
    l->hit_start[0] = 0;
    for (size_t t = 0; t < SX_IOUS_MAX; t++)
        l->hit_start[t + 1] = l->hit_start[t] + count[t];
    l->hit_places =
        sx_calloc_for(l->hit_start[SX_IOUS_MAX] + 1, sizeof *l->hit_places, "boxes", err);
    if (!l->hit_places) return false;
    size_t at[SX_IOUS_MAX];
    memcpy(at, l->hit_start, sizeof at);
    for (size_t i = 0; i < l->count; i++)
        for (uint32_t bits = l->hits[i], t = 0; bits; bits >>= 1, t++)
            if (bits & 1) l->hit_places[at[t]++] = (uint32_t)i;
    return true;
}

bool sx_match_list_sort(sx_match_list *l, size_t film_count, sx_error *err) {
    sx_match_list s = { 0 };
    uint32_t *order = sx_calloc_for(l->count + 1, sizeof *order, "boxes", err);
    bool ok = order && sx_match_list_make(&s, l->count, film_count, err) &&
              sx_sort_descending(l->scores, l->count, order, err);
    for (size_t i = 0; ok && i < l->count; i++) {
        uint32_t k = order[i];
        s.scores[i] = l->scores[k];
        s.films[i] = l->films[k];
        s.ranks[i] = l->ranks[k];
        s.hits[i] = l->hits[k];
        s.ignored[i] = l->ignored[k];
        s.indices[i] = l->indices[k];
    }
    if (ok) {
        s.count = l->count;
        memcpy(s.positives, l->positives, film_count * sizeof *s.positives);
        sx_match_list old = *l;
        *l = s;
        s = old;
    }
    sx_match_list_free(&s);
    free(order);
    return ok && sx_match_list_index(l, err);
}

const sx_match_list *sx_matches_of(const sx_matches *m, int label, size_t size) {
    return &m->lists[(size_t)label * m->size_count + size];
}

bool sx_matches_pool(const sx_matches *m, sx_match_list *out, sx_error *err) {
    *out = (sx_match_list){ 0 };
    size_t n = 0;
    for (int c = 0; c < m->class_count; c++)
        n += sx_matches_of(m, c, 0)->count;
    if (!sx_match_list_make(out, n, m->film_count, err)) return false;
    for (int c = 0; c < m->class_count; c++) {
        const sx_match_list *l = sx_matches_of(m, c, 0);
        memcpy(out->scores + out->count, l->scores, l->count * sizeof *l->scores);
        memcpy(out->films + out->count, l->films, l->count * sizeof *l->films);
        memcpy(out->ranks + out->count, l->ranks, l->count * sizeof *l->ranks);
        memcpy(out->hits + out->count, l->hits, l->count * sizeof *l->hits);
        memcpy(out->ignored + out->count, l->ignored, l->count * sizeof *l->ignored);
        memcpy(out->indices + out->count, l->indices, l->count * sizeof *l->indices);
        out->count += l->count;
        for (size_t f = 0; f < m->film_count; f++)
            out->positives[f] += l->positives[f];
    }
    if (sx_match_list_sort(out, m->film_count, err)) return true;
    sx_match_list_free(out);
    return false;
}

bool sx_matches_filter(const sx_matches *m, const bool *keep, sx_matches *out, sx_error *err) {
    size_t lists = (size_t)m->class_count * m->size_count;
    *out = *m;
    out->lists = sx_calloc_for(lists + 1, sizeof *out->lists, "classes", err);
    bool ok = out->lists != NULL;
    for (size_t i = 0; ok && i < lists; i++) {
        const sx_match_list *from = &m->lists[i];
        sx_match_list *to = &out->lists[i];
        ok = sx_match_list_make(to, from->count, m->film_count, err);
        for (size_t k = 0; ok && k < from->count; k++) {
            if (!keep[from->indices[k]]) continue;
            to->scores[to->count] = from->scores[k];
            to->films[to->count] = from->films[k];
            to->ranks[to->count] = from->ranks[k];
            to->hits[to->count] = from->hits[k];
            to->ignored[to->count] = from->ignored[k];
            to->indices[to->count++] = from->indices[k];
        }
        if (ok) memcpy(to->positives, from->positives, m->film_count * sizeof *to->positives);
        ok = ok && sx_match_list_index(to, err);
    }
    if (!ok) sx_matches_free(out);
    return ok;
}
