#include "report/overlay_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "image/overlay_draw.h"
#include "image/png.h"

/* By falling score, as the findings are. The picture may be smaller than the film
 * (sx_findings.reduced). */
static size_t boxes_to_draw(const sx_findings *f, const sx_image *film, double min_score,
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

static void write_note(const sx_findings *f, const sx_report_overlay *o, size_t drawn, char *note,
                       size_t size) {
    sx_str text = { 0 };
    if (o->note && o->note[0]) sx_str_printf(&text, "%s. ", o->note);
    sx_str_printf(&text, "spinexr %s", sx_version());
    if (drawn < (size_t)f->count)
        sx_str_printf(&text, ", %zu of %d findings drawn (score from %.2g)", drawn, f->count,
                      o->min_score);
    if (f->withheld) sx_str_printf(&text, ", %d withheld by the decision rule", f->withheld);
    snprintf(note, size, "%s", sx_str_text(&text));
    sx_str_free(&text);
}

bool sx_report_draw(const sx_image *film, const sx_findings *f, const sx_report_overlay *o,
                    const char *path, sx_error *err) {
    char note[400];
    sx_image out = { 0 };
    sx_overlay_box *boxes = sx_calloc_for((size_t)f->count + 1, sizeof *boxes, "overlay", err);
    if (!boxes) return false;
    size_t n = boxes_to_draw(f, film, o->min_score, boxes);
    write_note(f, o, n, note, sizeof note);
    const sx_overlay what = {
        .boxes = boxes,
        .count = n,
        .title = f->image_id[0] ? f->image_id : NULL,
        .verdict = !f->has_probability ? NULL
                   : f->abnormal       ? "abnormal"
                                       : "normal",
        .alarm = f->has_probability && f->abnormal,
        .probability = f->has_probability ? f->probability : (double)NAN,
        .threshold = f->has_probability ? o->threshold : (double)NAN,
        .note = note,
    };
    bool ok =
        sx_overlay_draw(film, &what, &out, err) && sx_png_write(&out, SX_PNG_QUICK, path, err);
    sx_image_free(&out);
    free(boxes);
    return ok;
}
