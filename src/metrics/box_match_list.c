#include "metrics/box_match_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/sort.h"

bool sx_match_list_make(sx_match_list *l, size_t n, size_t films, sx_error *err) {
    l->score = sx_calloc_for(n + 1, sizeof *l->score + 5 * sizeof(uint32_t), "boxes", err);
    l->positives = l->score ? sx_calloc_for(films + 1, sizeof *l->positives, "films", err) : NULL;
    if (!l->positives) return false;
    l->film = (uint32_t *)(l->score + n + 1);
    l->rank = l->film + n + 1;
    l->hit = l->rank + n + 1;
    l->ignored = l->hit + n + 1;
    l->index = l->ignored + n + 1;
    return true;
}

void sx_match_list_free(sx_match_list *l) {
    free(l->score);
    free(l->positives);
    free(l->hit_at);
    *l = (sx_match_list){ 0 };
}

void sx_matches_free(sx_matches *m) {
    for (size_t i = 0; m->list && i < (size_t)m->classes * m->size_count; i++)
        sx_match_list_free(&m->list[i]);
    free(m->list);
    *m = (sx_matches){ 0 };
}

bool sx_match_list_index(sx_match_list *l, sx_error *err) {
    size_t count[SX_IOUS_MAX] = { 0 };
    l->any_ignored = l->most_rank = 0;
    for (size_t i = 0; i < l->n; i++) {
        for (uint32_t bits = l->hit[i], t = 0; bits; bits >>= 1, t++)
            count[t] += bits & 1;
        l->any_ignored |= l->ignored[i];
        if (l->rank[i] > l->most_rank) l->most_rank = l->rank[i];
    }
    l->hit_start[0] = 0;
    for (size_t t = 0; t < SX_IOUS_MAX; t++)
        l->hit_start[t + 1] = l->hit_start[t] + count[t];
    l->hit_at = sx_calloc_for(l->hit_start[SX_IOUS_MAX] + 1, sizeof *l->hit_at, "boxes", err);
    if (!l->hit_at) return false;
    size_t at[SX_IOUS_MAX];
    memcpy(at, l->hit_start, sizeof at);
    for (size_t i = 0; i < l->n; i++)
        for (uint32_t bits = l->hit[i], t = 0; bits; bits >>= 1, t++)
            if (bits & 1) l->hit_at[at[t]++] = (uint32_t)i;
    return true;
}

bool sx_match_list_sort(sx_match_list *l, size_t films, sx_error *err) {
    sx_match_list s = { 0 };
    uint32_t *order = sx_calloc_for(l->n + 1, sizeof *order, "boxes", err);
    bool ok = order && sx_match_list_make(&s, l->n, films, err) &&
              sx_sort_descending(l->score, l->n, order, err);
    for (size_t i = 0; ok && i < l->n; i++) {
        uint32_t k = order[i];
        s.score[i] = l->score[k];
        s.film[i] = l->film[k];
        s.rank[i] = l->rank[k];
        s.hit[i] = l->hit[k];
        s.ignored[i] = l->ignored[k];
        s.index[i] = l->index[k];
    }
    if (ok) {
        s.n = l->n;
        memcpy(s.positives, l->positives, films * sizeof *s.positives);
        sx_match_list old = *l;
        *l = s;
        s = old;
    }
    sx_match_list_free(&s);
    free(order);
    return ok && sx_match_list_index(l, err);
}

const sx_match_list *sx_matches_of(const sx_matches *m, int label, size_t size) {
    return &m->list[(size_t)label * m->size_count + size];
}

bool sx_matches_pool(const sx_matches *m, sx_match_list *out, sx_error *err) {
    *out = (sx_match_list){ 0 };
    size_t n = 0;
    for (int c = 0; c < m->classes; c++)
        n += sx_matches_of(m, c, 0)->n;
    if (!sx_match_list_make(out, n, m->films, err)) return false;
    for (int c = 0; c < m->classes; c++) {
        const sx_match_list *l = sx_matches_of(m, c, 0);
        memcpy(out->score + out->n, l->score, l->n * sizeof *l->score);
        memcpy(out->film + out->n, l->film, l->n * sizeof *l->film);
        memcpy(out->rank + out->n, l->rank, l->n * sizeof *l->rank);
        memcpy(out->hit + out->n, l->hit, l->n * sizeof *l->hit);
        memcpy(out->ignored + out->n, l->ignored, l->n * sizeof *l->ignored);
        memcpy(out->index + out->n, l->index, l->n * sizeof *l->index);
        out->n += l->n;
        for (size_t f = 0; f < m->films; f++)
            out->positives[f] += l->positives[f];
    }
    if (sx_match_list_sort(out, m->films, err)) return true;
    sx_match_list_free(out);
    return false;
}

bool sx_matches_filter(const sx_matches *m, const bool *keep, sx_matches *out, sx_error *err) {
    size_t lists = (size_t)m->classes * m->size_count;
    *out = *m;
    out->list = sx_calloc_for(lists + 1, sizeof *out->list, "classes", err);
    bool ok = out->list != NULL;
    for (size_t i = 0; ok && i < lists; i++) {
        const sx_match_list *from = &m->list[i];
        sx_match_list *to = &out->list[i];
        ok = sx_match_list_make(to, from->n, m->films, err);
        for (size_t k = 0; ok && k < from->n; k++) {
            if (!keep[from->index[k]]) continue;
            to->score[to->n] = from->score[k];
            to->film[to->n] = from->film[k];
            to->rank[to->n] = from->rank[k];
            to->hit[to->n] = from->hit[k];
            to->ignored[to->n] = from->ignored[k];
            to->index[to->n++] = from->index[k];
        }
        if (ok) memcpy(to->positives, from->positives, m->films * sizeof *to->positives);
        ok = ok && sx_match_list_index(to, err);
    }
    if (!ok) sx_matches_free(out);
    return ok;
}
