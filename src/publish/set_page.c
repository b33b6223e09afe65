/* The page of a published data set: tables, and films with their boxes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "data/set_stats.h"
#include "dicom/dicom_film.h"
#include "document/stats_plot.h"
#include "document/stats_tables.h"
#include "image/jpeg_decode.h"
#include "image/overlay_draw.h"
#include "image/resize.h"
#include "publish/set_about.h"

enum { SAMPLE = 6, LONGEST = 640, VIEW_LONGEST = 1280 };

/* ---- one film ---- */

typedef struct drawn {
    sx_str picture, view, data, alt;
} drawn;

static void free_drawn(drawn *d) {
    sx_str_free(&d->picture);
    sx_str_free(&d->view);
    sx_str_free(&d->data);
    sx_str_free(&d->alt);
}

/* The boxes as data for the viewer. */
static bool put_data(const sx_manifest *m, const sx_manifest_film *f, const sx_image *grey,
                     sx_str *out, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_integer(root, "w", grey->width);
    sx_json_integer(root, "h", grey->height);
    sx_json_number(root, "least", 0);
    sx_json list = sx_json_array(root, "boxes");
    for (size_t k = f->first_box; k < f->first_box + f->box_count; k++) {
        const sx_manifest_box *b = &m->boxes[k];
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "name", m->classes.items[b->label]);
        sx_json_null(j, "score");
        sx_json_integer(j, "x", lround(b->xywh[0]));
        sx_json_integer(j, "y", lround(b->xywh[1]));
        sx_json_integer(j, "w", lround(b->xywh[2]));
        sx_json_integer(j, "h", lround(b->xywh[3]));
    }
    const bool ok = sx_json_print(&doc, SX_JSON_COMPACT, out, err);
    sx_json_free(&doc);
    return ok;
}

static bool encode(const sx_image *im, int longest_side, sx_str *out, sx_error *err) {
    const int longest = im->width > im->height ? im->width : im->height;
    const double scale = longest > longest_side ? (double)longest_side / longest : 1;
    sx_image small = { 0 };
    const bool ok = sx_image_resize(NULL, im, (int)fmax(im->width * scale + 0.5, 1),
                                    (int)fmax(im->height * scale + 0.5, 1), &small, err) &&
                    sx_jpeg_encode(&small, 82, out, err);
    sx_image_free(&small);
    return ok;
}

static bool draw_boxes(const sx_manifest *m, const sx_manifest_film *f, const sx_image *grey,
                       sx_str *out, sx_error *err) {
    sx_overlay_box *boxes = sx_calloc_for(f->box_count + 1, sizeof *boxes, "a picture", err);
    if (!boxes) return false;
    for (size_t k = 0; k < f->box_count; k++) {
        const sx_manifest_box *b = &m->boxes[f->first_box + k];
        boxes[k] = (sx_overlay_box){ b->xyxy[0],
                                     b->xyxy[1],
                                     b->xyxy[2],
                                     b->xyxy[3],
                                     NAN,
                                     (int)b->label,
                                     m->classes.items[b->label] };
    }
    const sx_overlay what = { .boxes = boxes,
                              .count = f->box_count,
                              .title = "Annotations",
                              .probability = NAN,
                              .threshold = NAN,
                              .least = LONGEST,
                              .most = LONGEST };
    sx_image both = { 0 };
    const bool ok = sx_overlay_draw(grey, &what, &both, err) && sx_jpeg_encode(&both, 85, out, err);
    sx_image_free(&both);
    free(boxes);
    return ok;
}

static bool draw_film(const sx_manifest *m, const sx_manifest_film *f, drawn *d, sx_error *err) {
    sx_film *film = sx_film_open(f->path, NULL, err);
    sx_image grey = { 0 };
    const bool ok = film && sx_film_to_8bit_named(film, SX_PIXELS_DICOM, &grey, err) &&
                    draw_boxes(m, f, &grey, &d->picture, err) &&
                    encode(&grey, VIEW_LONGEST, &d->view, err) &&
                    put_data(m, f, &grey, &d->data, err);
    sx_image_free(&grey);
    sx_film_free(film);
    sx_str_printf(&d->alt, "Film %s with %zu marked %s.", f->id, f->box_count,
                  sx_noun(f->box_count, "finding", "findings"));
    return ok && sx_str_ok(&d->alt, err);
}

static bool add_film(sx_doc *doc, const sx_manifest *m, const sx_manifest_film *f, sx_error *err) {
    drawn d = { 0 };
    const bool ok = draw_film(m, f, &d, err);
    if (ok) {
        const sx_doc_view view = { d.data.data, d.view.data, d.view.len, NULL };
        sx_doc_film(doc, &(sx_doc_picture){ .bytes = d.picture.data,
                                            .size = d.picture.len,
                                            .view = &view,
                                            .alt = d.alt.data,
                                            .title = f->id,
                                            .detail = f->label == 1   ? "abnormal"
                                                      : f->label == 0 ? "normal"
                                                                      : "no label",
                                            .wide = true });
    }
    free_drawn(&d);
    return ok;
}

/* ---- the sample ---- */

/* Of the films that are left, the one with most classes that no chosen film shows; of equal ones
 * the first. */
static size_t next_film(const sx_manifest *m, const bool *chosen, const bool *shown) {
    size_t best = SIZE_MAX, most = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        size_t fresh = 0;
        if (chosen[i]) continue;
        for (size_t k = f->first_box; k < f->first_box + f->box_count; k++) {
            bool earlier = shown[m->boxes[k].label];
            for (size_t l = f->first_box; l < k; l++)
                earlier = earlier || m->boxes[l].label == m->boxes[k].label;
            fresh += !earlier;
        }
        if (best == SIZE_MAX || fresh > most) {
            best = i;
            most = fresh;
        }
    }
    return best;
}

static bool add_sample(const sx_context *context, sx_doc *doc, const sx_manifest *m,
                       sx_error *err) {
    bool *chosen = sx_calloc_for(m->film_count + 1, sizeof *chosen, "films", err);
    bool *shown = sx_calloc_for(m->classes.count + 1, sizeof *shown, "classes", err);
    bool ok = chosen && shown;
    for (int n = 0; ok && n < SAMPLE; n++) {
        const size_t i = next_film(m, chosen, shown);
        if (i == SIZE_MAX) break;
        chosen[i] = true;
        for (size_t k = 0; k < m->films[i].box_count; k++)
            shown[m->boxes[m->films[i].first_box + k].label] = true;
        ok = sx_context_check(context, err) && add_film(doc, m, &m->films[i], err);
    }
    free(chosen);
    free(shown);
    return ok;
}

static bool add_statistics(sx_doc *doc, const sx_manifest *m, const char *title, sx_error *err) {
    sx_set_stats stats;
    sx_distributions d;
    if (!sx_set_stats_of(m, &stats, err)) return false;
    sx_doc *tables = sx_stats_tables(m, &stats, "");
    sx_set_stats_free(&stats);
    if (!tables) return sx_fail(err, SX_ERR_MEMORY, "out of memory for tables");
    sx_doc_append(doc, tables, "Statistics");
    if (!sx_distributions_of(m, &d, err)) return false;
    sx_doc_figure(doc, "Findings, people and sizes", sx_stats_plot(&d, title), false);
    sx_distributions_free(&d);
    return true;
}

bool sx_set_page(const sx_context *context, const sx_set_facts *f, sx_str *out, sx_error *err) {
    const char *title = sx_about_text(f->about, "title");
    sx_str creators = { 0 };
    sx_doc *doc = sx_doc_new(title);
    if (!doc) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a page");
    sx_about_put_list(f->about, "creators", &creators);
    sx_doc_interactive(doc);
    sx_doc_fact(doc, "version", "%s", sx_about_text(f->about, "version"));
    sx_doc_fact(doc, "licence", "%s", sx_about_text(f->about, "licence"));
    sx_doc_fact(doc, "creators", "%s", sx_str_text(&creators));
    sx_doc_fact(doc, "films", "%zu", f->m->film_count);
    sx_doc_fact(doc, "boxes", "%zu of %zu %s", f->m->box_count, f->m->classes.count,
                sx_noun(f->m->classes.count, "class", "classes"));
    sx_doc_text(doc, "%s", sx_about_text(f->about, "description"));
    sx_doc_section(doc, "A sample of the films");
    bool ok = add_sample(context, doc, f->m, err) && add_statistics(doc, f->m, title, err) &&
              sx_str_ok(&creators, err);
    ok = ok && sx_doc_to_html(doc, out, err);
    sx_str_free(&creators);
    sx_doc_free(doc);
    return ok;
}
