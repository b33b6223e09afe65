/* A data set's folder as the truth, whatever its layout: VinDr-SpineXR, COCO, Pascal VOC, YOLO,
 * image labels. */
#include <string.h>

#include "base/files.h"
#include "base/hash.h"
#include "data/manifest.h"
#include "evaluation/truth_build.h"

/* One hash of all files that were read: of their hashes, in the order of reading. */
static bool hash_sources(sx_truth_build *b, const sx_manifest *m, sx_error *err) {
    sx_str all = { 0 };
    for (size_t i = 0; i < m->sources.count; i++) {
        sx_file f;
        if (!sx_file_open(&f, m->sources.items[i], err)) {
            sx_str_free(&all);
            return false;
        }
        sx_str_add(&all, sx_sha256_of(f.data, f.size).hex);
        sx_file_close(&f);
    }
    bool ok = sx_str_ok(&all, err);
    if (ok) memcpy(b->t->hash, sx_sha256_of(sx_str_text(&all), all.len).hex, sizeof b->t->hash);
    sx_str_free(&all);
    return ok;
}

static bool class_of(sx_truth_build *b, const char *name, uint32_t *label, sx_error *err) {
    long known = sx_names_find(&b->t->class_names, name);
    if (known < 0 && b->closed)
        return sx_fail(err, SX_ERR_VALUE, "%s: unknown class \"%.80s\"", b->path, name);
    *label = (uint32_t)known;
    return known >= 0 || sx_names_add(&b->t->class_names, name, label, err);
}

static bool add_boxes(sx_truth_build *b, const sx_manifest *m, const sx_manifest_film *f,
                      uint32_t film, sx_error *err) {
    for (size_t k = f->first_box; k < f->first_box + f->box_count; k++) {
        const sx_manifest_box *x = &m->boxes[k];
        const double w = (double)x->xyxy[2] - (double)x->xyxy[0],
                     h = (double)x->xyxy[3] - (double)x->xyxy[1];
        uint32_t label, reader;
        if (!class_of(b, m->classes.items[x->label], &label, err) ||
            !sx_names_add(&b->t->reader_names, m->readers.count ? m->readers.items[x->reader] : "",
                          &reader, err) ||
            !sx_build_reading(b, film, reader, err) ||
            !sx_build_box(b,
                          &(sx_truth_box){ .x = (double)x->xyxy[0],
                                           .y = (double)x->xyxy[1],
                                           .w = w,
                                           .h = h,
                                           .area = w * h,
                                           .film = film,
                                           .label = (int)label,
                                           .crowd = x->crowd },
                          reader, err))
            return false;
    }
    return true;
}

static bool add_film(sx_truth_build *b, const sx_manifest *m, const sx_manifest_film *f,
                     sx_error *err) {
    uint32_t film;
    if (!sx_build_film(b, f->id, &film, err) ||
        !sx_build_groups(b, film, f->study, f->patient, err))
        return false;
    b->film[film].said |= f->box_count ? 2U : 1U;
    b->film[film].label = f->label >= 0 ? f->label : f->box_count > 0;
    return add_boxes(b, m, f, film, err);
}

bool sx_truth_from_manifest(sx_truth_build *b, sx_error *err) {
    sx_manifest m;
    const sx_manifest_options o = { .reader = b->o->reader };
    bool ok = sx_manifest_open(b->path, &o, &m, err);
    b->t->has_boxes = ok && m.has_boxes;
    for (size_t i = 0; ok && i < m.film_count; i++)
        ok = add_film(b, &m, &m.films[i], err);
    ok = ok && hash_sources(b, &m, err);
    sx_manifest_free(&m);
    return ok;
}
