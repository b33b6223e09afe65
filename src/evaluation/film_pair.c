/* Draws a film twice, side by side: with its true boxes and with the predicted ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/notice.h"
#include "dicom/dicom_film.h"
#include "evaluation/film_pictures.h"
#include "evaluation/film_view.h"
#include "evaluation/verdict_write.h"
#include "image/jpeg_decode.h"
#include "image/overlay_draw.h"

enum { LONGEST = 640, GAP = 6 };

/* "abnormal: 2 Osteophytes, 1 Other lesions", as the panel shows it. */
static void describe(const sx_overlay_box *boxes, size_t count, const char *verdict, sx_str *alt) {
    sx_str_printf(alt, "%s%s", verdict ? verdict : "", verdict ? ": " : "");
    if (count == 0) sx_str_add(alt, "no boxes");
    for (size_t i = 0, classes = 0; i < count; i++) {
        size_t same = 0, earlier = 0;
        for (size_t k = 0; k < count; k++) {
            same += boxes[k].label == boxes[i].label;
            earlier += k < i && boxes[k].label == boxes[i].label;
        }
        if (earlier == 0)
            sx_str_printf(alt, "%s%s (%zu)", classes++ ? ", " : "", boxes[i].name, same);
    }
    sx_str_add(alt, ".");
}

typedef struct panel {
    const char *title, *verdict;
    bool alarm;
    const char *notice, *warning; /* as of an overlay */
} panel;

static bool draw_panel(const sx_image *film, const sx_overlay_box *boxes, size_t count,
                       const panel *p, sx_image *out, sx_error *err) {
    const sx_overlay what = { .boxes = boxes,
                              .count = count,
                              .title = p->title,
                              .verdict = p->verdict,
                              .alarm = p->alarm,
                              .probability = NAN,
                              .threshold = NAN,
                              .notice = p->notice,
                              .warning = p->warning,
                              .least = LONGEST,
                              .most = LONGEST };
    return sx_overlay_draw(film, &what, out, err);
}

static bool draw_truth(const sx_eval_input *in, uint32_t film, const sx_image *grey, sx_str *alt,
                       sx_image *out, sx_error *err) {
    const sx_truth *t = in->truth;
    sx_overlay_box *boxes = sx_calloc_for(t->box_count + 1, sizeof *boxes, "a picture", err);
    size_t n = 0;
    for (size_t i = 0; boxes && i < t->box_count; i++) {
        const sx_truth_box *b = &t->boxes[i];
        if (b->film != film) continue;
        boxes[n++] = (sx_overlay_box){
            (float)b->x, (float)b->y, (float)(b->x + b->w),          (float)(b->y + b->h),
            NAN,         b->label,    t->class_names.items[b->label]
        };
    }
    const bool abnormal = t->labels[film] == 1;
    const char *verdict = !in->predictions[0].has_scores ? NULL : abnormal ? "abnormal" : "normal";
    const panel what = { .title = "Truth", .verdict = verdict, .alarm = abnormal };
    const bool ok = boxes && draw_panel(grey, boxes, n, &what, out, err);
    if (ok) describe(boxes, n, verdict, alt);
    free(boxes);
    return ok;
}

static int by_falling_score(const void *a, const void *b) {
    const float x = ((const sx_overlay_box *)a)->score, y = ((const sx_overlay_box *)b)->score;
    return (x < y) - (x > y);
}

/* "abnormal, P 0.97"; "no verdict (unfamiliar), P 0.97"; "": there is no score. Returns whether it
 * is an alarm: abnormal, or without a verdict. */
static bool tell_verdict(const sx_predictions *p, uint32_t film, double threshold, char *text,
                         size_t size) {
    const double score = p->has_scores ? p->scores[film] : (double)NAN;
    const char *none = sx_eval_no_verdict_text((sx_film_outcome)p->outcomes[film]);
    const bool abnormal = !none && score >= threshold;
    text[0] = '\0';
    if (none && isnan(score))
        snprintf(text, size, "%s", none);
    else if (!isnan(score))
        snprintf(text, size, "%s, P %.2f", none ? none : abnormal ? "abnormal" : "normal", score);
    return abnormal || none;
}

static bool draw_found(const sx_eval_input *in, uint32_t film, const sx_image *grey,
                       double threshold, double least, sx_str *alt, sx_image *out, sx_error *err) {
    const sx_predictions *p = &in->predictions[0];
    size_t count, n = 0;
    const sx_found_box *shown = sx_predictions_shown(p, &count);
    sx_overlay_box *boxes = sx_calloc_for(count + 1, sizeof *boxes, "a picture", err);
    for (size_t i = 0; boxes && i < count; i++) {
        const sx_found_box *b = &shown[i];
        if (b->film != film || b->score < least) continue;
        boxes[n++] = (sx_overlay_box){ (float)b->x,
                                       (float)b->y,
                                       (float)(b->x + b->w),
                                       (float)(b->y + b->h),
                                       (float)b->score,
                                       b->label,
                                       in->truth->class_names.items[b->label] };
    }
    if (boxes) qsort(boxes, n, sizeof *boxes, by_falling_score);
    char verdict[64];
    const bool alarm = tell_verdict(p, film, threshold, verdict, sizeof verdict);
    const char *shown_verdict = verdict[0] ? verdict : NULL;
    const panel what = { "Found", shown_verdict, alarm, SX_NOTICE, p->note };
    const bool ok = boxes && draw_panel(grey, boxes, n, &what, out, err);
    if (ok) describe(boxes, n, shown_verdict, alt);
    free(boxes);
    return ok;
}

static bool side_by_side(const sx_image *left, const sx_image *right, sx_image *out,
                         sx_error *err) {
    const int height = left->height > right->height ? left->height : right->height;
    const size_t row = 3 * (size_t)(left->width + GAP + right->width);
    if (!sx_image_new(out, left->width + GAP + right->width, height, 3, 8, err)) return false;
    memset(sx_image_u8(out), 0x10, row * (size_t)height);
    for (int y = 0; y < left->height; y++)
        memcpy(sx_image_u8(out) + row * (size_t)y,
               sx_image_u8(left) + 3 * (size_t)left->width * (size_t)y, 3 * (size_t)left->width);
    for (int y = 0; y < right->height; y++)
        memcpy(sx_image_u8(out) + row * (size_t)y + 3 * (size_t)(left->width + GAP),
               sx_image_u8(right) + 3 * (size_t)right->width * (size_t)y, 3 * (size_t)right->width);
    return true;
}

/* The picture and what it shows in words. */
static bool draw_both(const sx_eval_input *in, const sx_image *grey, double threshold, double least,
                      sx_eval_sheet *s) {
    sx_image left = { 0 }, right = { 0 }, both = { 0 };
    sx_error *why = &s->why;
    sx_str_printf(&s->alt, "Film %s twice. Left the truth, ", in->truth->films.items[s->film]);
    bool ok = draw_truth(in, s->film, grey, &s->alt, &left, why);
    sx_str_add(&s->alt, " Right what was found, ");
    ok = ok && draw_found(in, s->film, grey, threshold, least, &s->alt, &right, why) &&
         side_by_side(&left, &right, &both, why) && sx_jpeg_encode(&both, 85, &s->pair, why) &&
         sx_str_ok(&s->alt, why);
    sx_image_free(&both);
    sx_image_free(&right);
    sx_image_free(&left);
    return ok;
}

void sx_eval_sheet_draw(const sx_eval_input *in, uint32_t film, double threshold, double least,
                        sx_eval_sheet *s) {
    const char *path = sx_eval_film_path(in, film);
    sx_image grey = { 0 };
    *s = (sx_eval_sheet){ .film = film, .found = path != NULL };
    sx_film_warnings warnings = { 0 };
    sx_film *opened =
        path ? sx_film_open(path, &(sx_film_options){ .warnings = &warnings }, &s->why) : NULL;
    s->drawn = opened && sx_film_to_8bit_named(opened, SX_PIXELS_DICOM, &grey, &s->why) &&
               draw_both(in, &grey, threshold, least, s) &&
               sx_film_view_make(in, film, &grey, least, &s->view, &s->why);
    if (opened) sx_film_notes_add(in->films->notes, path, &warnings);
    sx_image_free(&grey);
    sx_film_free(opened);
}

bool sx_eval_sheet_put(const sx_eval_input *in, sx_eval_output *out, const char *detail,
                       sx_eval_sheet *s) {
    char *file = NULL, *large_file = NULL;
    if (!s->found) return false;
    if (s->drawn && in->pictures)
        s->drawn = sx_film_view_file(in, s->film, "film", &s->view.picture, &large_file, &s->why) &&
                   sx_film_view_file(in, s->film, "pair", &s->pair, &file, &s->why);
    if (s->drawn) {
        char *link = sx_eval_film_link(in, s->film);
        const sx_doc_view large = { s->view.data.data, s->view.picture.data, s->view.picture.len,
                                    large_file };
        sx_doc_film(out->doc, &(sx_doc_picture){ .bytes = s->pair.data,
                                                 .size = s->pair.len,
                                                 .file = file,
                                                 .view = &large,
                                                 .alt = s->alt.data,
                                                 .title = in->truth->films.items[s->film],
                                                 .detail = detail,
                                                 .link = link,
                                                 .wide = true });
        free(link);
    }
    free(large_file);
    free(file);
    return sx_eval_count_picture(in, s->drawn, &s->why);
}

void sx_eval_sheet_free(sx_eval_sheet *s) {
    sx_film_view_free(&s->view);
    sx_str_free(&s->alt);
    sx_str_free(&s->pair);
}
