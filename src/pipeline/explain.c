#include "pipeline/explain.h"

#include <stdlib.h>

#include "base/mem.h"

/* Computes the mean map on the grid of the finest map. Classifiers with the same input size have
 * the same grid, so nothing is interpolated for them. */
static bool average(sx_explanation *e, sx_error *err) {
    const sx_heat_map *grid = &e->each[0];
    for (int k = 1; k < e->count; k++)
        if (e->each[k].width * e->each[k].height > grid->width * grid->height) grid = &e->each[k];
    sx_heat_map *m = &e->mean;
    *m = *grid;
    m->bias = 0;
    m->cell =
        sx_calloc_for((size_t)m->width * (size_t)m->height, sizeof *m->cell, "a heat map", err);
    if (!m->cell) return false;
    for (int j = 0; j < m->height; j++)
        for (int i = 0; i < m->width; i++) {
            double sum = 0;
            for (int k = 0; k < e->count; k++)
                sum += sx_heat_at(&e->each[k], (i + 0.5) / m->width * m->over_x,
                                  (j + 0.5) / m->height * m->over_y);
            m->cell[j * m->width + i] = (float)(sum / e->count);
        }
    for (int k = 0; k < e->count; k++)
        m->bias += e->each[k].bias / (float)e->count;
    return true;
}

static void scale(sx_heat_map *m, double by) {
    for (int i = 0; i < m->width * m->height; i++)
        m->cell[i] = (float)(m->cell[i] * by);
    m->bias = (float)(m->bias * by);
}

bool sx_explain_film(const sx_bundle_info *info, const sx_bundle *b, sx_film_views *views,
                     sx_explanation *out, sx_error *err) {
    *out = (sx_explanation){ 0 };
    if (b->classifier_count == 0)
        return sx_fail(err, SX_ERR_MISSING,
                       "there is no classifier among the weights: nothing to explain");
    out->each = sx_calloc_for((size_t)b->classifier_count, sizeof *out->each, "heat maps", err);
    bool ok = out->each != NULL;
    for (int i = 0; ok && i < b->classifier_count; i++) {
        const sx_network_info *n = &info->networks[i];
        ok = sx_model_explain(b->classifiers[i], sx_film_views_for(views, n->pixels), 0,
                              &out->each[i], err);
        if (ok) scale(&out->each[i], 1 / n->temperature);
        out->count += ok;
    }
    ok = ok && average(out, err);
    if (!ok) sx_explanation_free(out);
    return ok;
}

void sx_explanation_free(sx_explanation *e) {
    for (int i = 0; i < e->count; i++)
        sx_heat_map_free(&e->each[i]);
    free(e->each);
    sx_heat_map_free(&e->mean);
    *e = (sx_explanation){ 0 };
}
