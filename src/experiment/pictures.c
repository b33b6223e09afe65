#include "experiment/pictures.h"

#include <math.h>

#include "base/notice.h"
#include "image/overlay_draw.h"
#include "image/resize.h"

enum { LONGEST = 420, MOST_BOXES = 60 };
static const float shown_score = 0.3F; /* boxes with lower scores would hide the film */

/* The film in its own proportions: networks may see it squeezed into a square. */
static void size_film(const sx_fitted *film, int *width, int *height) {
    const int longest = film->film_width > film->film_height ? film->film_width : film->film_height;
    *width = (int)fmax(1, (double)film->film_width * LONGEST / longest + 0.5);
    *height = (int)fmax(1, (double)film->film_height * LONGEST / longest + 0.5);
}

/* `boxes` are in pixels of film->image. */
static bool draw(sx_sheet *sheet, const sx_fitted *film, sx_overlay *what, sx_overlay_box *boxes,
                 size_t count, sx_error *err) {
    sx_image shown, im;
    int width, height;
    size_film(film, &width, &height);
    if (!sx_image_resize(NULL, &film->image, width, height, &shown, err)) return false;
    const float x = (float)width / (float)film->image.width,
                y = (float)height / (float)film->image.height;
    for (size_t i = 0; i < count; i++) {
        boxes[i].x0 *= x;
        boxes[i].x1 *= x;
        boxes[i].y0 *= y;
        boxes[i].y1 *= y;
    }
    what->boxes = boxes;
    what->count = count;
    what->least = what->most = LONGEST;
    const bool ok = sx_overlay_draw(&shown, what, &im, err);
    sx_image_free(&shown);
    if (!ok) return false;
    return sx_sheet_add(sheet, &im) || sx_fail(err, SX_ERR_LIMIT, "too many pictures on a sheet");
}

static const char *class_name(const sx_film_set *s, int label) {
    return label >= 0 && (size_t)label < s->manifest.classes.count
               ? s->manifest.classes.items[label]
               : "?";
}

bool sx_picture_boxes(sx_sheet *sheet, const sx_film_set *s, size_t i, const sx_fitted *film,
                      const sx_detections *found, sx_error *err) {
    const sx_loader_film *f = &s->films[i];
    const double x = (double)film->image.width / film->film_width,
                 y = (double)film->image.height / film->film_height;
    sx_overlay_box box[MOST_BOXES];
    size_t n = 0;
    for (size_t k = 0; k < f->count && n < MOST_BOXES; k++)
        box[n++] = (sx_overlay_box){ .x0 = (float)(x * f->boxes[k].x0),
                                     .y0 = (float)(y * f->boxes[k].y0),
                                     .x1 = (float)(x * f->boxes[k].x1),
                                     .y1 = (float)(y * f->boxes[k].y1),
                                     .score = NAN,
                                     .label = f->labels[k],
                                     .name = class_name(s, f->labels[k]) };
    sx_overlay what = { .title = f->id, .verdict = "truth", .probability = NAN, .threshold = NAN };
    if (!draw(sheet, film, &what, box, n, err)) return false;
    n = 0;
    for (int k = 0; k < found->count && n < MOST_BOXES; k++) {
        const sx_detection *d = &found->items[k];
        if (d->score < shown_score) continue;
        box[n++] = (sx_overlay_box){ .x0 = d->box.x0,
                                     .y0 = d->box.y0,
                                     .x1 = d->box.x1,
                                     .y1 = d->box.y1,
                                     .score = d->score,
                                     .label = d->label,
                                     .name = class_name(s, d->label) };
    }
    what.verdict = "found";
    what.notice = sheet->notice = SX_NOTICE;
    return draw(sheet, film, &what, box, n, err);
}

/* Cross-entropy of one film (softplus of the logit against its label). */
static double loss_of(const sx_film_set *s, size_t i, double logit) {
    const double z = s->films[i].target > 0.5F ? -logit : logit;
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

bool sx_picture_worst(sx_sheet *sheet, const sx_film_set *s, const double *logits, sx_error *err) {
    size_t worst[SX_SHOWN_FILMS], n = 0;
    for (size_t i = 0; i < s->count; i++) {
        size_t at = n;
        while (at > 0 &&
               loss_of(s, i, logits[i]) > loss_of(s, worst[at - 1], logits[worst[at - 1]]))
            at--;
        if (at == SX_SHOWN_FILMS) continue;
        if (n < SX_SHOWN_FILMS) n++;
        for (size_t k = n - 1; k > at; k--)
            worst[k] = worst[k - 1];
        worst[at] = i;
    }
    bool ok = true;
    sheet->notice = SX_NOTICE;
    for (size_t k = 0; ok && k < n; k++) {
        const size_t i = worst[k];
        const bool abnormal = s->films[i].target > 0.5F;
        sx_fitted film;
        sx_overlay what = { .title = s->films[i].id,
                            .verdict = abnormal ? "truth: abnormal" : "truth: normal",
                            .alarm = abnormal,
                            .probability = 1 / (1 + exp(-logits[i])),
                            .threshold = NAN,
                            .notice = SX_NOTICE };
        ok = sx_film_set_film(s, i, &film, err) && draw(sheet, &film, &what, NULL, 0, err);
        sx_film_set_done(&film);
    }
    return ok;
}
