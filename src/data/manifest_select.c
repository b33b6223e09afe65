/* Removes films from a data set. */
#include <stdlib.h>
#include <string.h>

#include "data/manifest_build.h"

void sx_manifest_move_film(sx_manifest *m, sx_manifest_film *f, uint32_t to, size_t *boxes,
                           size_t *nones) {
    if (f->box_count)
        memmove(m->boxes + *boxes, m->boxes + f->first_box, f->box_count * sizeof *m->boxes);
    if (f->no_finding_count)
        memmove(m->no_findings + *nones, m->no_findings + f->first_no_finding,
                f->no_finding_count * sizeof *m->no_findings);
    f->first_box = *boxes;
    f->first_no_finding = *nones;
    for (size_t k = 0; k < f->box_count; k++)
        m->boxes[(*boxes)++].film = to;
    for (size_t k = 0; k < f->no_finding_count; k++)
        m->no_findings[(*nones)++].film = to;
    m->films[to] = *f;
}

bool sx_manifest_select(sx_manifest *m, const bool *keep, sx_error *err) {
    size_t count = 0, boxes = 0, nones = 0;
    sx_names ids = { 0 };
    for (size_t i = 0; i < m->film_count; i++) {
        if (!keep[i]) continue;
        char key[SX_FILM_KEY];
        bool fresh;
        sx_manifest_film f = m->films[i];
        sx_manifest_key(key, f.id, f.split);
        if (!sx_names_put(&ids, key, (uint32_t)count, &fresh, err)) {
            sx_names_free(&ids);
            return false;
        }
        sx_manifest_move_film(m, &f, (uint32_t)count++, &boxes, &nones);
    }
    m->film_count = count;
    m->box_count = boxes;
    m->no_finding_count = nones;
    sx_names_free(&m->ids);
    m->ids = ids;
    return true;
}
