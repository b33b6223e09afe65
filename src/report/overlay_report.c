#include "report/overlay_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/notice.h"
#include "base/str.h"
#include "image/overlay_draw.h"
#include "image/png.h"
#include "spinexr/version.h"

/* Without operating points the classes differ by their dashes. */
static sx_overlay_line line_of(const sx_prediction *f, const sx_finding *b) {
    if (f->info->rule.kind != SX_RULE_POINTS) return SX_LINE_BY_CLASS;
    return b->point == SX_POINT_SPECIFIC ? SX_LINE_SOLID : SX_LINE_DASHED;
}

/* By falling score, as the findings are. The picture may be smaller than the film
 * (sx_prediction.reduced). */
static size_t boxes_to_draw(const sx_prediction *f, const sx_image *film, double min_score,
                            sx_overlay_box *boxes) {
    const float kx = (float)film->width / (float)f->width,
                ky = (float)film->height / (float)f->height;
    size_t n = 0;
    for (int i = 0; i < f->finding_count; i++) {
        const sx_finding *b = &f->findings[i];
        if ((double)b->score < min_score) continue;
        boxes[n++] = (sx_overlay_box){ b->x0 * kx, b->y0 * ky, b->x1 * kx, b->y1 * ky,
                                       b->score,   b->label,   b->name,    line_of(f, b) };
    }
    return n;
}

static bool has_dashed(const sx_overlay_box *boxes, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (boxes[i].line == SX_LINE_DASHED) return true;
    return false;
}

/* Findings that are drawn on a film that is called normal. */
static size_t despite_verdict(const sx_prediction *f, double min_score) {
    size_t n = 0;
    for (int i = 0; i < f->finding_count; i++)
        n += f->findings[i].despite_verdict && (double)f->findings[i].score >= min_score;
    return n;
}

static bool write_note(const sx_prediction *f, double min_score, const char *first,
                       const sx_overlay_box *boxes, size_t drawn, char *note, size_t size,
                       sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%sspinexr %s", first, sx_version());
    if (has_dashed(boxes, drawn)) sx_str_add(&text, ", dashed: below the specific operating point");
    const size_t despite = despite_verdict(f, min_score);
    if (despite)
        sx_str_printf(&text, ", %zu %s in spite of the verdict", despite,
                      sx_noun(despite, "finding", "findings"));
    if (drawn < (size_t)f->finding_count)
        sx_str_printf(&text, ", %zu of %d %s drawn (score from %.2g)", drawn, f->finding_count,
                      sx_noun((size_t)f->finding_count, "finding", "findings"), min_score);
    const int withheld = f->box_count - f->finding_count;
    if (withheld && f->info->rule.kind == SX_RULE_PAPER)
        sx_str_printf(&text, ", %d withheld by the decision rule", withheld);
    const bool ok = sx_str_ok(&text, err);
    snprintf(note, size, "%s", sx_str_text(&text));
    sx_str_free(&text);
    return ok;
}

double sx_overlay_min_score(const sx_bundle_info *info) {
    return info->rule.kind == SX_RULE_POINTS ? 0 : 0.3;
}

/* What a picture says beside the film and its boxes. */
typedef struct words {
    const char *title, *verdict; /* NULL: none */
    const char *notice;
    const char *note; /* before the note on the findings; "": none */
} words;

static bool draw_picture(const sx_context *context, const sx_prediction *f, double min_score,
                         const words *w, sx_image *out, sx_error *err) {
    char note[400];
    *out = (sx_image){ 0 };
    if (!f->picture.data)
        return sx_fail(err, SX_ERR_MISSING, "the picture of this film was not kept");
    sx_overlay_box *boxes =
        sx_calloc_for((size_t)f->finding_count + 1, sizeof *boxes, "overlay", err);
    if (!boxes) return false;
    const size_t n = boxes_to_draw(f, &f->picture, min_score, boxes);
    if (!write_note(f, min_score, w->note, boxes, n, note, sizeof note, err)) {
        free(boxes);
        return false;
    }
    const sx_overlay what = {
        .context = context,
        .boxes = boxes,
        .count = n,
        .title = w->title,
        .verdict = w->verdict,
        .alarm = f->abnormal || f->unfamiliar,
        .probability = f->has_probability ? f->probability : (double)NAN,
        .threshold = f->has_probability ? f->info->rule.threshold : (double)NAN,
        .note = note,
        .notice = w->notice,
        .warning = f->info->note,
    };
    const bool ok = sx_overlay_draw(&f->picture, &what, out, err);
    free(boxes);
    return ok;
}

bool sx_overlay_picture(const sx_context *context, const sx_prediction *f, double min_score,
                        sx_image *out, sx_error *err) {
    sx_str title = { 0 };
    *out = (sx_image){ 0 };
    const char *view = sx_projection_name(f->projection), *comma = f->image_id[0] ? ", " : "";
    sx_str_printf(&title, "%s%s%s", f->image_id, view ? comma : "", view ? view : "");
    const words w = { .title = title.len ? title.data : NULL,
                      .verdict = sx_verdict_text(f),
                      .notice = SX_NOTICE,
                      .note = "" };
    const bool ok = sx_str_ok(&title, err) && draw_picture(context, f, min_score, &w, out, err);
    sx_str_free(&title);
    return ok;
}

static bool is_demonstration(const sx_bundle_info *info) {
    for (int i = 0; i < info->network_count; i++)
        if (info->networks[i].demonstration) return true;
    return false;
}

bool sx_overlay_capture(const sx_context *context, const sx_prediction *f, sx_image *out,
                        sx_error *err) {
    const bool normal = sx_verdict_of(f) == SX_VERDICT_NORMAL;
    const words w = {
        .verdict = normal ? NULL : sx_verdict_text(f),
        .notice = is_demonstration(f->info) ? "AI, not for diagnosis. NOT FOR CLINICAL USE."
                                            : "AI, not for diagnosis.",
        .note = f->finding_count == 0 ? "no finding above threshold; not a normal report; " : "",
    };
    return draw_picture(context, f, 0, &w, out, err);
}

bool sx_report_write_picture(const sx_image *picture, const sx_bundle_info *info, const char *path,
                             sx_error *err) {
    char software[64];
    snprintf(software, sizeof software, "spinexr %s", sx_version());
    const sx_png_text texts[] = { { "Disclaimer", SX_NOTICE },
                                  { "Warning", info->note },
                                  { "Software", software } };
    return sx_png_write_with(picture, SX_PNG_QUICK, texts, 3, path, err);
}

bool sx_overlay_write(const sx_context *context, const sx_prediction *f, double min_score,
                      const char *path, sx_error *err) {
    sx_image out;
    const bool ok = sx_overlay_picture(context, f, min_score, &out, err) &&
                    sx_report_write_picture(&out, f->info, path, err);
    sx_image_free(&out);
    return ok;
}
