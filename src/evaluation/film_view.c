/* A film without boxes and its boxes as data, for the viewer of a page; pictures beside a page. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/writer.h"
#include "evaluation/film_view.h"
#include "image/jpeg_decode.h"
#include "image/overlay_draw.h"
#include "image/resize.h"

enum { LONGEST = 1280, BOXES_MAX = 100 };
static const double least_score = 0.05; /* other boxes than findings below are not on the page */

/* ---- files ---- */

/* Appends PAGE-films: the page's name without .html. */
static void put_folder(sx_str *to, const char *page) {
    const size_t n = strlen(page);
    const bool html = n > 5 && strcmp(page + n - 5, ".html") == 0;
    sx_str_append(to, page, html ? n - 5 : n);
    sx_str_add(to, "-films");
}

static const char *const patterns[] = { "film-*.jpg", "pair-*.jpg" };
static const sx_run_folder_rules rules = {
    .command = "eval report", .patterns = patterns, .pattern_count = 2, .overwrite = true
};

bool sx_film_view_folder(const char *page, sx_run_folder **out, sx_error *err) {
    char target[1];
    sx_str folder = { 0 };
    *out = NULL;
    put_folder(&folder, page);
    bool ok = sx_str_ok(&folder, err);
    if (ok && readlink(folder.data, target, sizeof target) >= 0)
        ok = sx_fail(err, SX_ERR_IO,
                     "%s: the pictures of the page go into this folder, which is a link; remove it "
                     "or name another page",
                     folder.data);
    if (ok) *out = sx_run_folder_open(folder.data, &rules, err);
    sx_str_free(&folder);
    return *out != NULL;
}

bool sx_film_view_file(const sx_eval_input *in, uint32_t film, const char *kind,
                       const sx_str *picture, char **link, sx_error *err) {
    sx_str path = { 0 }, relative = { 0 };
    char name[40];
    const char *file = name;
    *link = NULL;
    snprintf(name, sizeof name, "%s-%05u.jpg", kind, film + 1);
    sx_str_printf(&path, "%s/%s", sx_claim_dir(sx_run_folder_claim(in->pictures)), name);
    put_folder(&relative, sx_path_base(in->page_path));
    sx_str_printf(&relative, "/%s", name);
    bool ok = sx_str_ok(&path, err) && sx_str_ok(&relative, err) &&
              sx_run_folder_list(in->pictures, &file, 1, err) &&
              sx_write_file(path.data, picture->data, picture->len, err);
    if (ok) {
        *link = sx_strdup(relative.data);
        ok = *link || sx_fail(err, SX_ERR_MEMORY, "out of memory for a page");
    }
    sx_str_free(&path);
    sx_str_free(&relative);
    return ok;
}

/* ---- boxes ---- */

/* Arrays of numbers: a page of some thousand films has some hundred thousand boxes. Returns the
 * box's array. */
static sx_json put_box(sx_json list, int label, double x, double y, double w, double h) {
    const double corners[] = { x, y, w, h };
    sx_json box = sx_json_array(list, NULL);
    sx_json_integer(box, NULL, label);
    for (int k = 0; k < 4; k++)
        sx_json_integer(box, NULL, lround(corners[k]));
    return box;
}

static void put_found(sx_json list, const sx_found_box *b) {
    sx_json box = put_box(list, b->label, b->x, b->y, b->w, b->h);
    sx_json_integer(box, NULL, lround(b->score * 1e4));
}

static void put_truth(const sx_truth *t, uint32_t film, sx_json list) {
    for (size_t i = 0; i < t->box_count; i++) {
        const sx_truth_box *b = &t->boxes[i];
        if (b->film == film) (void)put_box(list, b->label, b->x, b->y, b->w, b->h);
    }
}

static bool is_same(const sx_found_box *a, const sx_found_box *b) {
    return a->label == b->label && a->score == b->score && a->x == b->x && a->y == b->y &&
           a->w == b->w && a->h == b->h;
}

typedef struct findings {
    const sx_found_box **items; /* [count], of one film */
    size_t count;
} findings;

/* The boxes of the film's picture. */
static bool find_findings(const sx_predictions *p, uint32_t film, double least, findings *out,
                          sx_error *err) {
    size_t count, n = 0;
    const sx_found_box *shown = sx_predictions_shown(p, &count);
    for (size_t i = 0; i < count; i++)
        n += shown[i].film == film && shown[i].score >= least;
    *out = (findings){ .items = sx_calloc_for(n + 1, sizeof *out->items, "a picture", err) };
    for (size_t i = 0; out->items && out->count < n; i++)
        if (shown[i].film == film && shown[i].score >= least) out->items[out->count++] = &shown[i];
    return out->items != NULL;
}

static bool is_finding(const findings *f, const sx_found_box *b) {
    for (size_t i = 0; i < f->count; i++)
        if (is_same(f->items[i], b)) return true;
    return false;
}

/* The true boxes, the findings, and the other boxes of the report, also those that its rule drops.
 * in->predictions[1], if given, has the latter. */
static bool put_boxes(const sx_eval_input *in, uint32_t film, double least, sx_json view,
                      sx_error *err) {
    const sx_predictions *all = &in->predictions[in->prediction_count - 1];
    findings f;
    if (!find_findings(&in->predictions[0], film, least, &f, err)) return false;
    put_truth(in->truth, film, sx_json_array(view, "truth"));
    sx_json list = sx_json_array(view, "findings"), others = sx_json_array(view, "others");
    for (size_t i = 0; i < f.count; i++)
        put_found(list, f.items[i]);
    for (size_t i = 0, count = f.count; i < all->all_box_count && count < BOXES_MAX; i++) {
        const sx_found_box *b = &all->boxes[i];
        if (b->film != film || b->score < least_score || is_finding(&f, b)) continue;
        put_found(others, b);
        count++;
    }
    free(f.items);
    return true;
}

/* In the colours of the picture. */
static void put_classes(const sx_truth *t, sx_json list) {
    for (size_t c = 0; c < t->class_names.count; c++) {
        uint8_t rgb[3];
        char colour[8];
        sx_json j = sx_json_object(list, NULL);
        sx_label_color((int)c, rgb);
        snprintf(colour, sizeof colour, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
        sx_json_text(j, "name", t->class_names.items[c]);
        sx_json_text(j, "colour", colour);
    }
}

static bool describe(const sx_eval_input *in, uint32_t film, const sx_image *grey, double least,
                     sx_str *out, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_integer(root, "w", grey->width);
    sx_json_integer(root, "h", grey->height);
    sx_json_number(root, "least", least);
    put_classes(in->truth, sx_json_array(root, "classes"));
    const bool ok =
        put_boxes(in, film, least, root, err) && sx_json_print(&doc, SX_JSON_COMPACT, out, err);
    sx_json_free(&doc);
    return ok;
}

/* ---- */

static bool encode(const sx_image *grey, sx_str *out, sx_error *err) {
    const int longest = grey->width > grey->height ? grey->width : grey->height;
    const double scale = longest > LONGEST ? (double)LONGEST / longest : 1;
    const int width = (int)fmax(grey->width * scale + 0.5, 1),
              height = (int)fmax(grey->height * scale + 0.5, 1);
    sx_image small = { 0 };
    if (!sx_image_resize(NULL, grey, width, height, &small, err)) return false;
    const bool ok = sx_jpeg_encode(&small, 82, out, err);
    sx_image_free(&small);
    return ok;
}

bool sx_film_view_make(const sx_eval_input *in, uint32_t film, const sx_image *grey, double least,
                       sx_film_view *out, sx_error *err) {
    *out = (sx_film_view){ 0 };
    const bool ok =
        describe(in, film, grey, least, &out->data, err) && encode(grey, &out->picture, err);
    if (!ok) sx_film_view_free(out);
    return ok;
}

void sx_film_view_free(sx_film_view *v) {
    sx_str_free(&v->data);
    sx_str_free(&v->picture);
    *v = (sx_film_view){ 0 };
}
