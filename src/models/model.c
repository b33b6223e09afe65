#include "models/model.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vindr_classes.h"
#include "detect/box_coder.h"
#include "detect/nms.h"
#include "image/resize.h"
#include "models/arch.h"
#include "models/input.h"

/* Detectors see many sizes; a plan for a new one costs about as much as one run. */
enum { PLANS = 2, LEAST_SIDE = 32, MAX_CLASSES = 4096 };

typedef struct ready {
    sx_shape shape;
    sx_part part;
    sx_graph *graph;
    sx_plan *plan;
    unsigned long used;
} ready;

struct sx_model {
    const sx_context *context;
    sx_weights *weights;
    sx_store *store;
    sx_network net;
    sx_model_info info;
    sx_normalisation norm;
    sx_precision precision;
    char **names;
    ready plans[PLANS];
    unsigned long clock;
};

/* The order of the authors' category ids, and so of the outputs of their detectors. */
static const sx_vindr_class category_order[SX_VINDR_CLASSES] = {
    SX_VINDR_OSTEOPHYTES,        SX_VINDR_SURGICAL_IMPLANT,     SX_VINDR_SPONDYLOLYSTHESIS,
    SX_VINDR_FORAMINAL_STENOSIS, SX_VINDR_DISC_SPACE_NARROWING, SX_VINDR_VERTEBRAL_COLLAPSE,
    SX_VINDR_OTHER_LESIONS,
};

static bool add_name(sx_model *m, int i, const char *name, sx_error *err) {
    m->names[i] = sx_strdup(name);
    return m->names[i] || sx_fail(err, SX_ERR_MEMORY, "out of memory for class names");
}

static bool default_names(sx_model *m, sx_error *err) {
    for (int i = 0; i < m->info.classes; i++) {
        char text[32];
        snprintf(text, sizeof text, "class %d", i + 1);
        const char *name = text;
        if (m->info.task == SX_DETECTOR && m->info.classes == SX_VINDR_CLASSES)
            name = sx_vindr_class_name(category_order[i]);
        if (m->info.task == SX_CLASSIFIER && m->info.classes == 1) name = "Abnormal";
        if (!add_name(m, i, name, err)) return false;
    }
    return true;
}

static bool read_names(sx_model *m, sx_error *err) {
    const char *text = sx_weights_meta(m->weights, "spinexr.classes");
    m->names = sx_calloc_for((size_t)m->info.classes + 1, sizeof *m->names, "class names", err);
    if (!m->names) return false;
    m->info.class_names = (const char *const *)m->names;
    if (!text) return default_names(m, err);
    sx_error why = { 0 };
    json_t *list = sx_json_parse(text, strlen(text), false, NULL, &why);
    if (why.code == SX_ERR_MEMORY)
        return sx_fail(err, why.code, "%s: %s", m->info.path, why.message);
    bool ok = json_array_size(list) == (size_t)m->info.classes;
    for (int i = 0; ok && i < m->info.classes; i++) {
        const char *name = json_string_value(json_array_get(list, (size_t)i));
        ok = name && add_name(m, i, name, err);
    }
    json_decref(list);
    return ok || sx_fail(err, SX_ERR_FORMAT, "%s: spinexr.classes is not a list of %d names",
                         m->info.path, m->info.classes);
}

static bool read_input(sx_model *m, sx_error *err) {
    const char *size = sx_weights_meta(m->weights, "spinexr.input");
    m->info.input_width = m->net.arch->width;
    m->info.input_height = m->net.arch->height;
    if (!size) return true;
    char rest;
    int w, h;
    if (sscanf(size, "%dx%d%c", &w, &h, &rest) != 2 || w < LEAST_SIDE || h < LEAST_SIDE ||
        w > 8192 || h > 8192)
        return sx_fail(err, SX_ERR_FORMAT, "%s: spinexr.input is %s, not WIDTHxHEIGHT",
                       m->info.path, size);
    m->info.input_width = w;
    m->info.input_height = h;
    return true;
}

static bool read_triple(const sx_model *m, const char *key, float out[3], sx_error *err) {
    const char *text = sx_weights_meta(m->weights, key);
    char rest;
    if (!text || sscanf(text, "%f,%f,%f%c", &out[0], &out[1], &out[2], &rest) == 3) return true;
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s is %s, not three numbers", m->info.path, key, text);
}

static bool read_metadata(sx_model *m, sx_error *err) {
    const char *pixels = sx_weights_meta(m->weights, "spinexr.pixels");
    const char *threshold = sx_weights_meta(m->weights, "spinexr.threshold");
    const char *chosen = sx_weights_meta(m->weights, "spinexr.threshold_chosen_on");
    const char *note = sx_weights_meta(m->weights, "spinexr.note");
    const char *channels = sx_weights_meta(m->weights, "spinexr.channels");
    m->info.task = m->net.arch->task;
    m->info.arch = m->net.arch->name;
    m->info.path = sx_weights_path(m->weights);
    m->info.classes = sx_network_classes(&m->net);
    m->info.chosen_on = chosen ? chosen : "";
    m->info.note = note ? note : "";
    m->info.nms = m->net.arch->detect ? (double)m->net.arch->detect->nms : 0;
    m->info.threshold = NAN;
    m->info.pixels = !pixels                        ? SX_PIXELS_AUTO
                     : strcmp(pixels, "vindr") == 0 ? SX_PIXELS_VINDR
                                                    : SX_PIXELS_DICOM;
    if (pixels && strcmp(pixels, "vindr") != 0 && strcmp(pixels, "dicom") != 0)
        return sx_fail(err, SX_ERR_FORMAT, "%s: spinexr.pixels is %s, not vindr or dicom",
                       m->info.path, pixels);
    if (threshold && (!sx_parse_double(threshold, &m->info.threshold) ||
                      !(m->info.threshold >= 0) || m->info.threshold > 1))
        return sx_fail(err, SX_ERR_FORMAT, "%s: spinexr.threshold is %s, not between 0 and 1",
                       m->info.path, threshold);
    const char *temperature = sx_weights_meta(m->weights, "spinexr.temperature");
    m->info.temperature = 1;
    if (temperature && (!sx_parse_double(temperature, &m->info.temperature) ||
                        !(m->info.temperature >= 1e-3 && m->info.temperature <= 1e3)))
        return sx_fail(err, SX_ERR_FORMAT,
                       "%s: spinexr.temperature is %s, not between 0.001 and 1000", m->info.path,
                       temperature);
    m->norm = *sx_network_normalisation(&m->net);
    if (channels) m->norm.bgr = strcmp(channels, "rgb") != 0;
    return read_triple(m, "spinexr.mean", m->norm.mean, err) &&
           read_triple(m, "spinexr.std", m->norm.std, err) && read_input(m, err) &&
           read_names(m, err);
}

static void drop_plan(ready *r) {
    sx_plan_free(r->plan);
    sx_graph_free(r->graph);
    *r = (ready){ 0 };
}

/* The plan for this shape: one that is there, or a new one in place of the least recently used. */
static sx_plan *plan_for(sx_model *m, sx_shape shape, sx_part part, sx_error *err) {
    ready *r = &m->plans[0];
    for (int i = 0; i < PLANS; i++) {
        ready *k = &m->plans[i];
        if (k->plan && k->part == part && k->shape.n == shape.n && k->shape.h == shape.h &&
            k->shape.w == shape.w) {
            k->used = ++m->clock;
            return k->plan;
        }
        if (k->used < r->used) r = k;
    }
    drop_plan(r);
    sx_plan_options o = { .compute = m->precision == SX_PRECISION_BF16 ? SX_BF16 : SX_F32,
                          .threads = sx_context_threads(m->context) };
    r->graph = sx_network_build(&m->net, shape, part, err);
    r->plan = r->graph ? sx_plan_new(r->graph, m->store, o, err) : NULL;
    if (!r->plan) {
        drop_plan(r);
        return NULL;
    }
    r->shape = shape;
    r->part = part;
    r->used = ++m->clock;
    return r->plan;
}

static sx_precision choose(sx_precision wanted) {
    const sx_cpu *cpu = sx_cpu_get();
    if (wanted != SX_PRECISION_AUTO) return wanted;
    return cpu->amx_bf16 || cpu->avx512_bf16 ? SX_PRECISION_BF16 : SX_PRECISION_F32;
}

sx_model *sx_model_open(const sx_context *context, const char *path, sx_precision precision,
                        sx_error *err) {
    sx_model *m = sx_calloc_for(1, sizeof *m, "model", err);
    if (!m) return NULL;
    m->context = context;
    m->precision = choose(precision);
    m->weights = sx_weights_open(path, err);
    bool ok = m->weights && sx_network_recognise(&m->net, m->weights, err) && read_metadata(m, err);
    if (ok) {
        /* any size shows the parameters; classifiers have but one and are made ready at once */
        bool fixed = m->info.task == SX_CLASSIFIER;
        sx_shape shape = sx_network_shape(&m->net, fixed ? m->info.input_width : 64,
                                          fixed ? m->info.input_height : 64);
        sx_graph *g = sx_network_build(&m->net, shape, SX_WHOLE, err);
        m->store = g ? sx_store_open(g, m->weights, "", false, err) : NULL;
        sx_graph_free(g);
        ok = m->store && (!fixed || plan_for(m, shape, SX_WHOLE, err));
    }
    if (ok) return m;
    sx_model_free(m);
    return NULL;
}

void sx_model_free(sx_model *m) {
    if (!m) return;
    for (int i = 0; i < PLANS; i++)
        drop_plan(&m->plans[i]);
    sx_store_free(m->store);
    for (int i = 0; m->names && i < m->info.classes; i++)
        free(m->names[i]);
    free(m->names);
    sx_weights_free(m->weights);
    free(m);
}

const sx_model_info *sx_model_get_info(const sx_model *m) {
    return &m->info;
}

sx_precision sx_model_precision(const sx_model *m) {
    return m->precision;
}

static bool check_film(const sx_model *m, const sx_image *film, sx_task task, sx_error *err) {
    if (m->info.task != task)
        return sx_fail(err, SX_ERR_USAGE, "%s is no %s", m->info.path,
                       task == SX_DETECTOR ? "detector" : "classifier");
    if (film->bits == 8 && (film->channels == 1 || film->channels == 3)) return true;
    return sx_fail(err, SX_ERR_USAGE,
                   "a network takes 8-bit films with 1 or 3 channels, not %d-bit with %d",
                   film->bits, film->channels);
}

/* The film at the size that the network sees, in its input. */
static bool fill(sx_model *m, sx_plan *p, const sx_image *film, int width, int height,
                 sx_error *err) {
    if (width == film->width && height == film->height) {
        sx_input_fill(p, 0, film, &m->norm);
        return true;
    }
    sx_image small = { 0 };
    if (!sx_image_resize(m->context, film, width, height, &small, err)) return false;
    sx_input_fill(p, 0, &small, &m->norm);
    sx_image_free(&small);
    return true;
}

/* The network's failures are told with its file and architecture. */
static bool name_network(const sx_model *m, sx_error *err) {
    return sx_fail_in(err, "%s (%s)", m->info.path, m->info.arch);
}

static bool run_network(const sx_model *m, sx_plan *p, sx_error *err) {
    return (sx_plan_run(p, err) && sx_plan_check_outputs(p, err)) || name_network(m, err);
}

bool sx_model_classify(sx_model *m, const sx_image *film, float *logits, sx_error *err) {
    if (!check_film(m, film, SX_CLASSIFIER, err)) return false;
    const int w = m->info.input_width, h = m->info.input_height;
    sx_plan *p = plan_for(m, sx_network_shape(&m->net, w, h), SX_WHOLE, err);
    if (!p || !fill(m, p, film, w, h, err)) return false;
    return run_network(m, p, err) && sx_plan_output(p, "logits", logits, m->info.classes, err);
}

/* The plan that was last made for this part: its graph. */
static const sx_graph *graph_of(const sx_model *m, const sx_plan *p) {
    for (int i = 0; i < PLANS; i++)
        if (m->plans[i].plan == p) return m->plans[i].graph;
    return NULL;
}

/* The channels of every place, weighted as the linear layer after the mean weighs them. */
static bool weigh(sx_model *m, const sx_plan *p, int class_index, sx_heat_map *out, sx_error *err) {
    const char *const name = m->net.arch->build->features;
    const sx_node *head = sx_graph_find_output(graph_of(m, p), "logits");
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
    const int w = m->info.input_width, h = m->info.input_height;
    const sx_shape in = sx_network_shape(&m->net, w, h);
    sx_plan *p = plan_for(m, in, SX_WHOLE_WITH_STAGES, err);
    if (!p || !fill(m, p, film, w, h, err) || !run_network(m, p, err)) return false;
    if (!weigh(m, p, class_index, out, err)) return false;
    out->over_x = (double)in.w / w;
    out->over_y = (double)in.h / h;
    return true;
}

/* To the film's own pixels, and clipped to it; false if nothing is left (detector_postprocess). */
static bool to_film(sx_box *b, float sx, float sy, const sx_image *film) {
    *b = sx_box_clip((sx_box){ b->x0 * sx, b->y0 * sy, b->x1 * sx, b->y1 * sy }, (float)film->width,
                     (float)film->height);
    return b->x1 > b->x0 && b->y1 > b->y0;
}

/* At most `most` of them that have anything on the film. */
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
    sx_plan *p = plan_for(m, sx_network_shape(&m->net, w, h), SX_WHOLE, err);
    if (!p || !fill(m, p, film, w, h, err)) return false;
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
