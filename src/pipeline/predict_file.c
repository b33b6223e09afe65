/* A film in a file: read, shown to the networks in the way each wants. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "dicom/dicom_film.h"
#include "pipeline/explain.h"
#include "pipeline/inputs.h"

static void set_names(sx_findings *out, const sx_film *film, const char *path) {
    const char *base = sx_path_base(path);
    size_t n = sx_film_name_length(base);
    if (n >= sizeof out->image_id) n = sizeof out->image_id - 1;
    memcpy(out->image_id, base, n);
    memcpy(out->study_id, film->info.study_uid, sizeof out->study_id);
    memcpy(out->series_id, film->info.series_uid, sizeof out->series_id);
    out->frame = film->frame;
}

typedef struct two_ways {
    sx_image dicom, vindr;
} two_ways;

static bool wants(const sx_predictor *p, sx_pixels way) {
    const sx_bundle *b = &p->bundle;
    for (int i = 0; i < b->classifier_count; i++)
        if (sx_predictor_pixels(p, b->classifiers[i]) == way) return true;
    return b->detector && sx_predictor_pixels(p, b->detector) == way;
}

/* The shorter side that the most demanding network wants to see. */
static int wanted_side(const sx_predictor *p) {
    const sx_bundle *b = &p->bundle;
    int side = b->detector ? sx_model_get_info(b->detector)->input_width : 0;
    for (int i = 0; i < b->classifier_count; i++) {
        const sx_model_info *c = sx_model_get_info(b->classifiers[i]);
        const int longer = c->input_width > c->input_height ? c->input_width : c->input_height;
        if (longer > side) side = longer;
    }
    return side;
}

typedef struct film_size {
    int width, height, halvings;
} film_size;

static bool read_film(const sx_predictor *p, const char *path, int frame, two_ways *ways,
                      sx_findings *out, film_size *size, sx_error *err) {
    const sx_film_options options = { .frame = frame,
                                      .least_side = p->reduced ? wanted_side(p) : 0,
                                      .context = p->bundle.context };
    sx_film *film = sx_film_open(path, &options, err);
    if (!film) return false;
    set_names(out, film, path);
    *size = (film_size){ film->info.columns, film->info.rows, film->halvings };
    bool ok =
        !wants(p, SX_PIXELS_DICOM) || sx_film_to_8bit(film, SX_PIXELS_DICOM, &ways->dicom, err);
    ok = ok &&
         (!wants(p, SX_PIXELS_VINDR) || sx_film_to_8bit(film, SX_PIXELS_VINDR, &ways->vindr, err));
    sx_film_free(film);
    return ok || sx_fail_in(err, "%s", path);
}

/* What the detector saw, or else the first classifier. */
static sx_image *shown_way(const sx_predictor *p, two_ways *ways) {
    const sx_model *m = p->bundle.detector ? p->bundle.detector : p->bundle.classifiers[0];
    return sx_predictor_pixels(p, m) == SX_PIXELS_VINDR ? &ways->vindr : &ways->dicom;
}

/* From the pixels that were decoded to the film's own. */
static void to_film(sx_findings *f, const film_size *size) {
    if (size->halvings == 0) return;
    const float kx = (float)size->width / (float)f->width,
                ky = (float)size->height / (float)f->height;
    for (int i = 0; i < f->count; i++) {
        sx_finding *b = &f->items[i];
        b->x0 *= kx, b->x1 *= kx;
        b->y0 *= ky, b->y1 *= ky;
    }
    f->width = size->width;
    f->height = size->height;
    f->reduced = 1 << size->halvings;
}

sx_findings *sx_predict_explained(sx_predictor *p, const char *path, int frame, sx_image *shown,
                                  sx_explanation *why, sx_error *err) {
    two_ways ways = { { 0 }, { 0 } };
    sx_findings *f = sx_calloc_for(1, sizeof *f, "findings", err);
    if (!f) return NULL;
    double t = sx_now();
    film_size size = { 0 };
    bool ok = read_film(p, path, frame, &ways, f, &size, err);
    f->seconds.read = sx_now() - t;
    const sx_image *dicom = ways.dicom.data ? &ways.dicom : NULL,
                   *vindr = ways.vindr.data ? &ways.vindr : NULL;
    if (ok)
        ok = (sx_predict_images(p, dicom, vindr, f, err) &&
              (!why || sx_explain_images(p, dicom, vindr, why, err))) ||
             sx_fail_in(err, "%s", path);
    if (ok) to_film(f, &size);
    if (ok && shown) {
        sx_image *keep = shown_way(p, &ways);
        *shown = *keep;
        *keep = (sx_image){ 0 };
    }
    sx_image_free(&ways.dicom);
    sx_image_free(&ways.vindr);
    if (ok) return f;
    sx_findings_free(f);
    return NULL;
}

sx_findings *sx_predict_shown(sx_predictor *p, const char *path, int frame, sx_image *shown,
                              sx_error *err) {
    return sx_predict_explained(p, path, frame, shown, NULL, err);
}

sx_findings *sx_predict_file(sx_predictor *p, const char *path, int frame, sx_error *err) {
    return sx_predict_shown(p, path, frame, NULL, err);
}
