#include "models/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/cpu.h"
#include "base/mem.h"
#include "detect/box_coder.h"
#include "detect/nms.h"
#include "image/letterbox.h"
#include "image/resize.h"
#include "models/arch.h"
#include "models/input.h"
#include "models/model_impl.h"
#include "models/plan_cache.h"

struct sx_model {
    const sx_context *context;
    sx_weights *weights;
    sx_store *store;
    sx_network net;
    sx_model_info info;
    sx_normalisation norm;
    sx_precision precision;
    bool shares; /* weights, store and info are those of another model */
    sx_plan_cache *plans;
    int feature_count; /* channels of the pooled features; 0: none */
    float *features;   /* [feature_count] of the last film, if the weights have a familiarity */
};

static sx_precision choose(sx_precision wanted) {
    const sx_cpu *cpu = sx_cpu_get();
    if (wanted != SX_PRECISION_AUTO) return wanted;
    return cpu->amx_bf16 || cpu->avx512_bf16 ? SX_PRECISION_BF16 : SX_PRECISION_F32;
}

/* One plan serves all films, with or without features. */
static sx_part usual_part(const sx_model *m) {
    return m->info.familiarity ? SX_WHOLE_WITH_POOLED : SX_WHOLE;
}

static bool make_features(sx_model *m, sx_error *err) {
    m->features = sx_calloc_for((size_t)m->feature_count, sizeof *m->features, "features", err);
    return m->features != NULL;
}

static bool open_features(sx_model *m, const sx_graph *g, sx_error *err) {
    m->feature_count = sx_network_feature_count(&m->net, g);
    return !m->info.familiarity || make_features(m, err);
}

static bool make_plans(sx_model *m, sx_error *err) {
    const sx_plan_options o = { .compute = m->precision == SX_PRECISION_BF16 ? SX_BF16 : SX_F32,
                                .threads = sx_threads_of(m->context) };
    m->plans = sx_plan_cache_new(&m->net, m->store, o, 0, err);
    return m->plans != NULL;
}

/* The parameters do not depend on the input size. Classifiers have a fixed size, so their plan is
 * made on opening. */
static bool open_network(sx_model *m, sx_error *err) {
    const bool fixed = m->info.task == SX_CLASSIFIER;
    const sx_shape shape = sx_network_shape(&m->net, fixed ? m->info.input_width : 64,
                                            fixed ? m->info.input_height : 64);
    sx_graph *g = sx_network_build(&m->net, shape, SX_WHOLE, err);
    if (!g) return sx_fail_in(err, "%s", m->info.path);
    if (open_features(m, g, err))
        m->store = sx_store_open(g, m->weights,
                                 (sx_store_options){ .threads = sx_threads_of(m->context) }, err);
    sx_graph_free(g);
    return m->store && make_plans(m, err) &&
           (!fixed || sx_plan_cache_get(m->plans, shape, usual_part(m), err));
}

sx_model *sx_model_open(const sx_context *context, const char *path, sx_precision precision,
                        sx_error *err) {
    const sx_precision chosen = choose(precision);
    if (!sx_plan_check_compute(chosen == SX_PRECISION_BF16 ? SX_BF16 : SX_F32, err)) return NULL;
    sx_model *m = sx_calloc_for(1, sizeof *m, "model", err);
    if (!m) return NULL;
    m->context = context;
    m->precision = chosen;
    m->weights = sx_weights_open_trained(path, err);
    if (m->weights && sx_network_recognise(&m->net, m->weights, err) &&
        sx_model_info_read(m->weights, &m->net, &m->info, &m->norm, err) && open_network(m, err))
        return m;
    sx_model_free(m);
    return NULL;
}

sx_model *sx_model_share(const sx_model *of, const sx_context *context, sx_error *err) {
    sx_model *m = sx_calloc_for(1, sizeof *m, "model", err);
    if (!m) return NULL;
    *m = *of;
    m->context = context;
    m->shares = true;
    m->plans = NULL;
    m->features = NULL;
    if ((!of->features || make_features(m, err)) && make_plans(m, err)) return m;
    sx_model_free(m);
    return NULL;
}

void sx_model_free(sx_model *m) {
    if (!m) return;
    sx_plan_cache_free(m->plans);
    free(m->features);
    if (!m->shares) {
        sx_store_free(m->store);
        sx_model_info_free(&m->info);
        sx_weights_free(m->weights);
    }
    free(m);
}

bool sx_model_hash(const sx_model *m, sx_sha256 *hash, sx_error *err) {
    return sx_weights_hash(m->weights, hash, err);
}

const sx_model_info *sx_model_get_info(const sx_model *m) {
    return &m->info;
}

sx_precision sx_model_precision(const sx_model *m) {
    return m->precision;
}

static bool check_film(const sx_model *m, const sx_image *film, sx_task task, sx_error *err) {
    if (m->info.task != task)
        return sx_fail(err, SX_ERR_USAGE, "%s is not a %s", m->info.path,
                       task == SX_DETECTOR ? "detector" : "classifier");
    if (film->bits == 8 && (film->channels == 1 || film->channels == 3)) return true;
    return sx_fail(err, SX_ERR_USAGE,
                   "a network takes 8-bit films with 1 or 3 channels, not %d-bit with %d",
                   film->bits, film->channels);
}

/* Resizes the film to the network's size and writes it to the input. */
static bool fill_input(sx_model *m, sx_plan *p, const sx_image *film, int width, int height,
                       sx_error *err) {
    if (width == film->width && height == film->height) {
        sx_input_fill(p, 0, film, &m->norm);
        return true;
    }
    sx_image small = { 0 };
    const bool ok = m->info.letterbox
                        ? sx_image_letterbox(m->context, film, width, height, &small, err)
                        : sx_image_resize(m->context, film, width, height, &small, err);
    if (!ok) return false;
    sx_input_fill(p, 0, &small, &m->norm);
    sx_image_free(&small);
    return true;
}

/* Prefix errors with the file and the architecture. */
static bool name_network(const sx_model *m, sx_error *err) {
    return sx_fail_in(err, "%s (%s)", m->info.path, m->info.arch);
}

static bool run_network(const sx_model *m, sx_plan *p, sx_error *err) {
    return (sx_plan_run(p, err) && sx_plan_check_outputs(p, err)) || name_network(m, err);
}

/* The plan after it has classified the film; NULL: error. */
static sx_plan *classify(sx_model *m, const sx_image *film, sx_part part, float *logits,
                         sx_error *err) {
    if (!check_film(m, film, SX_CLASSIFIER, err)) return NULL;
    const int w = m->info.input_width, h = m->info.input_height;
    sx_plan *p = sx_plan_cache_get(m->plans, sx_network_shape(&m->net, w, h), part, err);
    const bool ok = p && fill_input(m, p, film, w, h, err) && run_network(m, p, err) &&
                    sx_plan_output(p, "logits", logits, m->info.classes, err);
    return ok ? p : NULL;
}

bool sx_model_classify(sx_model *m, const sx_image *film, float *logits, sx_error *err) {
    return classify(m, film, usual_part(m), logits, err) != NULL;
}

bool sx_model_classify_film(sx_model *m, const sx_image *film, float *logits, double *distance,
                            sx_error *err) {
    const sx_familiarity *f = m->info.familiarity;
    *distance = (double)NAN;
    if (!f) return sx_model_classify(m, film, logits, err);
    if (!sx_model_classify_features(m, film, logits, m->features, err)) return false;
    *distance = sx_familiarity_distance(f, m->features);
    return true;
}

int sx_model_feature_count(const sx_model *m) {
    return m->feature_count;
}

bool sx_model_classify_features(sx_model *m, const sx_image *film, float *logits, float *features,
                                sx_error *err) {
    const char *const name = m->net.arch->build->pooled;
    if (m->feature_count == 0)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: %s has no pooled features", m->info.path,
                       m->info.arch);
    const sx_plan *p = classify(m, film, SX_WHOLE_WITH_POOLED, logits, err);
    return p && sx_plan_output(p, name, features, m->feature_count, err);
}

/* The sum of the channels at every position, weighted by the linear layer after the mean. */
static bool weigh(sx_model *m, const sx_plan *p, int class_index, sx_heat_map *out, sx_error *err) {
    const char *const name = m->net.arch->build->features;
    const sx_node *head = sx_graph_find_output(sx_plan_cache_graph(m->plans), "logits");
    const sx_shape s = sx_plan_output_shape(p, name);
    const float *w = head ? sx_store_f32(m->store, sx_node_param_at(head, 0)) : NULL,
                *b = head ? sx_store_f32(m->store, sx_node_param_at(head, 1)) : NULL;
    if (!w || !b || s.c < 1)
        return sx_fail(err, SX_ERR_INTERNAL, "%s: no linear layer after %s", m->info.path, name);
    const size_t places = (size_t)s.h * (size_t)s.w, channels = (size_t)s.c;
    float *map = sx_calloc_for(places * channels, sizeof *map, "a heat map", err);
    out->cell = sx_calloc_for(places, sizeof *out->cell, "a heat map", err);
    bool ok = map && out->cell && sx_plan_output(p, name, map, (int64_t)(places * channels), err);
    for (size_t i = 0; ok && i < places; i++) {
        double sum = 0;
        for (size_t c = 0; c < channels; c++)
            sum += (double)w[(size_t)class_index * channels + c] * (double)map[i * channels + c];
        out->cell[i] = (float)sum;
        if (!isfinite(out->cell[i]))
            ok = sx_fail(err, SX_ERR_VALUE, "%s: the heat map overflows", m->info.path);
    }
    free(map);
    if (!ok) sx_heat_map_free(out);
    out->width = s.w;
    out->height = s.h;
    out->bias = b[class_index];
    return ok;
}

bool sx_model_explain(sx_model *m, const sx_image *film, int class_index, sx_heat_map *out,
                      sx_error *err) {
    *out = (sx_heat_map){ 0 };
    if (!check_film(m, film, SX_CLASSIFIER, err)) return false;
    if (!m->net.arch->build->features || class_index < 0 || class_index >= m->info.classes)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%s: %s gives no heat map of class %d",
                       m->info.path, m->info.arch, class_index + 1);
    int w = m->info.input_width, h = m->info.input_height;
    const sx_shape in = sx_network_shape(&m->net, w, h);
    sx_plan *p = sx_plan_cache_get(m->plans, in, SX_WHOLE_WITH_STAGES, err);
    if (!p || !fill_input(m, p, film, w, h, err) || !run_network(m, p, err)) return false;
    if (!weigh(m, p, class_index, out, err)) return false;
    if (m->info.letterbox) sx_letterbox_size(film->width, film->height, w, h, &w, &h);
    out->over_x = (double)in.w / w;
    out->over_y = (double)in.h / h;
    return true;
}

/* Scales a box to pixels of the film and clips it; false if nothing remains (Detectron2's
 * detector_postprocess). */
static bool to_film(sx_box *b, float sx, float sy, const sx_image *film) {
    *b = sx_box_clip((sx_box){ b->x0 * sx, b->y0 * sy, b->x1 * sx, b->y1 * sy }, (float)film->width,
                     (float)film->height);
    return b->x1 > b->x0 && b->y1 > b->y0;
}

/* Keeps at most `most` boxes that lie on the film. */
static void all_to_film(sx_detections *d, float sx, float sy, const sx_image *film, int most) {
    int n = 0;
    for (int i = 0; i < d->count && n < most; i++) {
        sx_detection item = d->items[i];
        if (to_film(&item.box, sx, sy, film)) d->items[n++] = item;
    }
    d->count = n;
}

bool sx_model_detect(sx_model *m, const sx_image *film, const sx_model_detect_options *options,
                     sx_detections *out, sx_error *err) {
    if (!check_film(m, film, SX_DETECTOR, err)) return false;
    int w, h;
    const float scale = options->scale > 0 ? options->scale : 1;
    sx_resize_shortest(film->width, film->height, (int)lroundf((float)m->info.input_width * scale),
                       (int)lroundf((float)m->info.input_height * scale), &w, &h);
    if (w < 1 || h < 1)
        return sx_fail(err, SX_ERR_VALUE, "a film of %dx%d pixels is too narrow", film->width,
                       film->height);
    sx_plan *p = sx_plan_cache_get(m->plans, sx_network_shape(&m->net, w, h), SX_WHOLE, err);
    if (!p || !fill_input(m, p, film, w, h, err)) return false;
    float *sizes = sx_plan_input(p, "sizes", NULL, NULL);
    if (sizes) {
        sizes[0] = (float)w;
        sizes[1] = (float)h;
    }
    if (!run_network(m, p, err)) return false;
    const sx_nms_options nms = { .iou = options->nms < 0 ? (float)m->info.nms : options->nms,
                                 .min_score = options->min_score };
    if (!sx_network_detections(&m->net, p, 0, &nms, out, err)) return name_network(m, err);
    all_to_film(out, (float)film->width / (float)w, (float)film->height / (float)h, film,
                options->max_count > 0 ? options->max_count : out->count);
    return true;
}
