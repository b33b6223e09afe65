/* Times the evaluation: bench-eval [DIR]
 *
 * With DIR it also writes its input (labels.csv, gt.json, found.json), so that another program can
 * be timed on the same: bench/vs_python.py does that with scikit-learn and, where it is installed,
 * pycocotools. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/writer.h"
#include "metrics/classification.h"
#include "metrics/detection.h"
#include "metrics/vindr_metrics.h"

static double unit(const char *name, uint64_t i) {
    return sx_rng_unit(sx_rng_key(name, 0), i);
}

static void stop(const sx_error *err) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

/* ---- classification: 500 films as in golden case F ---- */

enum { CASES = 500 };

static void make_cases(unsigned char *label, double *score) {
    for (uint64_t i = 0; i < CASES; i++) {
        label[i] = unit("bench/label", i) < 0.434;
        double x =
            (label[i] ? 0.62 : 0.36) + 0.5 * (unit("bench/score", i) + unit("bench/more", i) - 1);
        score[i] = (float)(floor(100 * fmin(fmax(x, 0), 1)) / 100);
    }
}

static void time_classification(const char *dir) {
    static unsigned char label[CASES];
    static double score[CASES];
    const double *scores[1] = { score };
    sx_error err = { 0 };
    make_cases(label, score);
    sx_cases c = { label, scores, CASES, 1, { NULL, CASES, CASES } };
    sx_bootstrap how = { 10000, 1999, 0.95 };
    double threshold = 0.48;
    for (int threads = 1; threads <= sx_cores(); threads += sx_cores() > 1 ? sx_cores() - 1 : 1) {
        const sx_context context = { .threads = threads };
        how.context = &context;
        sx_class_boot boot;
        double t = sx_now();
        if (!sx_class_bootstrap(&c, &threshold, &how, &boot, &err)) stop(&err);
        t = sx_now() - t;
        printf("bootstrap_%dthread %.6f s  10,000 resamples of 500 films, 11 measures\n", threads,
               t);
        sx_class_boot_free(&boot);
    }
    sx_vindr_boot v;
    const sx_bootstrap theirs = { .resamples = 10000, .seed = 1999, .level = 0.95 };
    double t = sx_now();
    if (!sx_vindr_bootstrap(label, score, CASES, threshold, &theirs, &v, &err)) stop(&err);
    printf("bootstrap_vindr %.6f s  the authors' 10,000 resamples\n", sx_now() - t);
    if (!dir) return;
    sx_str s = { 0 };
    sx_str_add(&s, "label,score\n");
    for (int i = 0; i < CASES; i++)
        sx_str_printf(&s, "%d,%.17g\n", label[i], score[i]);
    char path[1000];
    snprintf(path, sizeof path, "%s/labels.csv", dir);
    if (!sx_write_file(path, s.data, s.len, &err)) stop(&err);
    sx_str_free(&s);
}

/* ---- detection: the paper's test set, 100 boxes a film ---- */

enum { FILMS = 2078, BOXES = 100, CLASSES = 7 };

static const int class_boxes[CLASSES] = {
    231, 95, 3000, 63, 69, 107, 69
}; /* of the published test set */

static void make_boxes(sx_boxes *b) {
    size_t truths = 0;
    for (int c = 0; c < CLASSES; c++)
        truths += (size_t)class_boxes[c];
    sx_truth_box *t = sx_calloc(truths, sizeof *t);
    sx_found_box *f = sx_calloc((size_t)FILMS * BOXES, sizeof *f);
    if (!t || !f) exit(1);
    *b = (sx_boxes){ t, 0, f, 0, FILMS, CLASSES };
    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < class_boxes[c]; i++) {
            uint64_t n = b->true_box_count;
            sx_truth_box *x = &t[b->true_box_count++];
            *x = (sx_truth_box){ .x = floor(1200 * unit("bench/x", n)),
                                 .y = floor(2000 * unit("bench/y", n)),
                                 .w = 20 + floor(300 * unit("bench/w", n)),
                                 .h = 20 + floor(300 * unit("bench/h", n)),
                                 .film = (uint32_t)(FILMS * 0.5 * unit("bench/film", n)),
                                 .label = c };
            x->area = x->w * x->h;
        }
    for (uint32_t film = 0; film < FILMS; film++)
        for (int i = 0; i < BOXES; i++) {
            uint64_t n = b->found_box_count;
            sx_found_box *x = &f[b->found_box_count++];
            *x = (sx_found_box){ .x = floor(1200 * unit("bench/fx", n)),
                                 .y = floor(2000 * unit("bench/fy", n)),
                                 .w = 20 + floor(300 * unit("bench/fw", n)),
                                 .h = 20 + floor(300 * unit("bench/fh", n)),
                                 .score = (float)unit("bench/fs", n),
                                 .film = film,
                                 .label = (int)(CLASSES * unit("bench/fc", n)) };
        }
    for (size_t i = 0; i < b->true_box_count; i++) { /* most true boxes are found, more or less */
        if (unit("bench/found", i) > 0.7) continue;
        sx_found_box *x = &f[(size_t)t[i].film * BOXES + (size_t)(BOXES * unit("bench/which", i))];
        x->x = t[i].x + floor(0.2 * t[i].w * unit("bench/dx", i));
        x->y = t[i].y + floor(0.2 * t[i].h * unit("bench/dy", i));
        x->w = t[i].w;
        x->h = t[i].h;
        x->label = t[i].label;
        x->score = sqrt(x->score);
        x->score = (float)x->score;
    }
}

static void write_boxes(const sx_boxes *b, const char *dir) {
    sx_str s = { 0 };
    sx_error err = { 0 };
    char path[1000];
    sx_str_add(&s, "{\"images\": [");
    for (int i = 0; i < FILMS; i++)
        sx_str_printf(&s, "%s{\"id\": %d}", i ? "," : "", i);
    sx_str_add(&s, "], \"categories\": [");
    for (int i = 0; i < CLASSES; i++)
        sx_str_printf(&s, "%s{\"id\": %d, \"name\": \"c%d\"}", i ? "," : "", i, i);
    sx_str_add(&s, "], \"annotations\": [");
    for (size_t i = 0; i < b->true_box_count; i++) {
        const sx_truth_box *t = &b->true_boxes[i];
        sx_str_printf(&s,
                      "%s{\"id\":%zu,\"image_id\":%u,\"category_id\":%d,\"iscrowd\":0,\"area\":%."
                      "17g,\"bbox\":[%.17g,"
                      "%.17g,%.17g,%.17g]}",
                      i ? ",\n" : "", i + 1, t->film, t->label, t->area, t->x, t->y, t->w, t->h);
    }
    sx_str_add(&s, "]}\n");
    snprintf(path, sizeof path, "%s/gt.json", dir);
    if (!sx_write_file(path, s.data, s.len, &err)) stop(&err);
    s.len = 0;
    for (size_t i = 0; i < b->found_box_count; i++) {
        const sx_found_box *f = &b->found_boxes[i];
        sx_str_printf(&s,
                      "%s{\"image_id\":%u,\"category_id\":%d,\"score\":%.17g,\"bbox\":[%.17g,%.17g,"
                      "%.17g,%.17g]}",
                      i ? ",\n" : "[", f->film, f->label, f->score, f->x, f->y, f->w, f->h);
    }
    sx_str_add(&s, "]\n");
    snprintf(path, sizeof path, "%s/found.json", dir);
    if (!sx_write_file(path, s.data, s.len, &err)) stop(&err);
    sx_str_free(&s);
}

static void time_detection(const char *dir) {
    sx_boxes b;
    sx_error err = { 0 };
    make_boxes(&b);
    sx_coco_result r;
    double t = sx_now();
    if (!sx_coco_evaluate(&b, sx_coco_ious, 10, &r, &err)) stop(&err);
    printf("coco %.6f s  COCO's twelve numbers, %d films x %d boxes, %d classes: AP %.17g\n",
           sx_now() - t, FILMS, BOXES, CLASSES, r.stats[0]);
    sx_coco_result_free(&r);
    sx_detect_options o = { sx_vindr_ious, 7, 0.5, SX_MATCH_COCO, 100 };
    sx_groups films = { NULL, FILMS, FILMS };
    const sx_context context = { .threads = sx_cores() };
    sx_bootstrap how = { 1000, 1999, 0.95, &context, NULL };
    sx_detect_boot boot;
    t = sx_now();
    sx_detect *d = sx_detect_new(&b, &o, &err);
    if (!d) stop(&err);
    if (!sx_detect_bootstrap(d, &films, &how, &boot, &err)) stop(&err);
    printf("detect_bootstrap %.6f s  1,000 resamples of mAP at seven IoUs and FROC, %d threads\n",
           sx_now() - t, context.threads);
    sx_detect_boot_free(&boot);
    sx_detect_free(d);
    if (dir) write_boxes(&b, dir);
    free((void *)b.true_boxes);
    free((void *)b.found_boxes);
}

int main(int argc, char **argv) {
    const char *dir = argc > 1 ? argv[1] : NULL;
    time_classification(dir);
    time_detection(dir);
    return 0;
}
