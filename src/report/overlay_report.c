#include "report/overlay_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "image/overlay_draw.h"
#include "image/png.h"
#include "spinexr/version.h"

/* By falling score, as the findings are. The picture may be smaller than the film
 * (sx_prediction.reduced). */
static size_t boxes_to_draw(const sx_prediction *f, const sx_image *film, double min_score,
                            sx_overlay_box *boxes) {
    const float kx = (float)film->width / (float)f->width,
                ky = (float)film->height / (float)f->height;
    size_t n = 0;
    for (int i = 0; i < f->count; i++) {
        const sx_finding *b = &f->items[i];
        if ((double)b->score < min_score) continue;
        boxes[n++] = (sx_overlay_box){ b->x0 * kx, b->y0 * ky, b->x1 * kx, b->y1 * ky,
                                       b->score,   b->label,   b->name };
    }
    return n;
}

static bool write_note(const sx_prediction *f, double min_score, size_t drawn, char *note,
                       size_t size, sx_error *err) {
    sx_str text = { 0 };
    if (f->info->note[0]) sx_str_printf(&text, "%s. ", f->info->note);
    sx_str_printf(&text, "spinexr %s", sx_version());
    if (drawn < (size_t)f->count)
        sx_str_printf(&text, ", %zu of %d findings drawn (score from %.2g)", drawn, f->count,
                      min_score);
    if (f->withheld) sx_str_printf(&text, ", %d withheld by the decision rule", f->withheld);
    const bool ok = sx_str_ok(&text, err);
    snprintf(note, size, "%s", sx_str_text(&text));
    sx_str_free(&text);
    return ok;
}

bool sx_overlay_picture(const sx_context *context, const sx_prediction *f, double min_score,
                        sx_image *out, sx_error *err) {
    char note[400];
    *out = (sx_image){ 0 };
    if (!f->picture.data)
        return sx_fail(err, SX_ERR_MISSING, "the picture of this film was not kept");
    sx_overlay_box *boxes = sx_calloc_for((size_t)f->count + 1, sizeof *boxes, "overlay", err);
    if (!boxes) return false;
    const size_t n = boxes_to_draw(f, &f->picture, min_score, boxes);
    if (!write_note(f, min_score, n, note, sizeof note, err)) {
        free(boxes);
        return false;
    }
    const sx_overlay what = {
        .context = context,
        .boxes = boxes,
        .count = n,
        .title = f->image_id[0] ? f->image_id : NULL,
        .verdict = !f->has_probability ? NULL
                   : f->abnormal       ? "abnormal"
                                       : "normal",
        .alarm = f->has_probability && f->abnormal,
        .probability = f->has_probability ? f->probability : (double)NAN,
        .threshold = f->has_probability ? f->info->rule.threshold : (double)NAN,
        .note = note,
    };
    const bool ok = sx_overlay_draw(&f->picture, &what, out, err);
    free(boxes);
    return ok;
}

bool sx_overlay_write(const sx_context *context, const sx_prediction *f, double min_score,
                      const char *path, sx_error *err) {
    sx_image out;
    const bool ok = sx_overlay_picture(context, f, min_score, &out, err) &&
                    sx_png_write(&out, SX_PNG_QUICK, path, err);
    sx_image_free(&out);
    return ok;
}
