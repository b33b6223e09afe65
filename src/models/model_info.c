#include "models/model_impl.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vindr_classes.h"

enum { LEAST_SIDE = 32, MOST_SIDE = 8192 };

/* The order of the authors' category ids, and so of the outputs of their detectors. */
static const sx_vindr_class category_order[SX_VINDR_CLASSES] = {
    SX_VINDR_OSTEOPHYTES,        SX_VINDR_SURGICAL_IMPLANT,     SX_VINDR_SPONDYLOLYSTHESIS,
    SX_VINDR_FORAMINAL_STENOSIS, SX_VINDR_DISC_SPACE_NARROWING, SX_VINDR_VERTEBRAL_COLLAPSE,
    SX_VINDR_OTHER_LESIONS,
};

/* Reports a bad value. `wanted` describes the expected values and completes the message. */
static bool refuse(const sx_weights *w, const char *key, const char *wanted, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s is \"%.80s\", not %s", sx_weights_path(w), key,
                   sx_weights_meta(w, key), wanted);
}

/* ---- class names ---- */

static bool add_name(char **names, int i, const char *name, sx_error *err) {
    names[i] = sx_strdup(name);
    return names[i] || sx_fail(err, SX_ERR_MEMORY, "out of memory for class names");
}

static bool default_names(const sx_model_info *info, char **names, sx_error *err) {
    for (int i = 0; i < info->classes; i++) {
        char text[32];
        snprintf(text, sizeof text, "class %d", i + 1);
        const char *name = text;
        if (info->task == SX_DETECTOR && info->classes == SX_VINDR_CLASSES)
            name = sx_vindr_class_name(category_order[i]);
        if (info->task == SX_CLASSIFIER && info->classes == 1) name = SX_ABNORMAL;
        if (!add_name(names, i, name, err)) return false;
    }
    return true;
}

/* Boxes, gates and operating points belong to a class by its name. */
static bool check_repeated(const sx_model_info *info, const char *key, sx_error *err) {
    sx_names names = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < info->classes; i++) {
        const char *name = info->class_names[i];
        bool fresh = false;
        ok = sx_names_put(&names, name, (uint32_t)i, &fresh, err);
        if (ok && !fresh)
            ok = sx_fail(err, SX_ERR_FORMAT, "%s: %s: the outputs %ld and %d are both called %.80s",
                         info->path, key, sx_names_find(&names, name) + 1, i + 1, name);
    }
    sx_names_free(&names);
    return ok;
}

static bool read_names(const sx_weights *w, sx_model_info *info, sx_error *err) {
    const char *key = "spinexr.classes", *text = sx_weights_meta(w, key);
    char **names = sx_calloc_for((size_t)info->classes + 1, sizeof *names, "class names", err);
    if (!names) return false;
    info->class_names = (const char *const *)names;
    if (!text) return default_names(info, names, err);
    sx_error why = { 0 };
    json_t *list = sx_json_parse(text, strlen(text), true, NULL, &why);
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s: %s", info->path, why.message);
    bool whole = json_array_size(list) == (size_t)info->classes, ok = true;
    for (int i = 0; whole && ok && i < info->classes; i++) {
        const char *name = json_string_value(json_array_get(list, (size_t)i));
        whole = name && *name;
        ok = !whole || add_name(names, i, name, err);
    }
    json_decref(list);
    if (whole) return ok && check_repeated(info, key, err);
    return sx_fail(err, SX_ERR_FORMAT, "%s: %s is not a list of %d names", info->path, key,
                   info->classes);
}

/* ---- numbers ---- */

static bool read_input(const sx_weights *w, const sx_network *net, sx_model_info *info,
                       sx_error *err) {
    const char *key = "spinexr.input", *text = sx_weights_meta(w, key);
    char width[8] = "";
    long x, y;
    info->input_width = net->arch->width;
    info->input_height = net->arch->height;
    if (!text) return true;
    const size_t n = strcspn(text, "x");
    if (n < sizeof width) memcpy(width, text, n);
    if (text[n] != 'x' || !sx_parse_long(width, LEAST_SIDE, MOST_SIDE, &x) ||
        !sx_parse_long(text + n + 1, LEAST_SIDE, MOST_SIDE, &y))
        return refuse(w, key, "WIDTHxHEIGHT, 32 to 8192 each", err);
    info->input_width = (int)x;
    info->input_height = (int)y;
    return true;
}

bool sx_network_stored_size(const sx_network *net, const sx_weights *w, int *width, int *height,
                            sx_error *err) {
    sx_model_info info = { .path = sx_weights_path(w) };
    if (!sx_weights_meta(w, "spinexr.input")) return true;
    if (!read_input(w, net, &info, err)) return false;
    *width = info.input_width;
    *height = info.input_height;
    return true;
}

/* Reads a number from `least` to `most`. If the key is absent, *out does not change. */
static bool read_number(const sx_weights *w, const char *key, double least, double most,
                        double *out, const char *wanted, sx_error *err) {
    const char *text = sx_weights_meta(w, key);
    double v;
    if (!text) return true;
    if (!sx_parse_double(text, &v) || !(v >= least && v <= most))
        return refuse(w, key, wanted, err);
    *out = v;
    return true;
}

/* Three numbers "1,2,3". */
static bool read_triple(const sx_weights *w, const char *key, double least, double most,
                        float out[3], const char *wanted, sx_error *err) {
    const char *text = sx_weights_meta(w, key);
    for (int i = 0; text && i < 3; i++) {
        char one[32] = "";
        double v;
        const size_t n = strcspn(text, ",");
        if (n < sizeof one) memcpy(one, text, n);
        if ((text[n] == ',') != (i < 2) || !sx_parse_double(one, &v) || !(v >= least && v <= most))
            return refuse(w, key, wanted, err);
        out[i] = (float)v;
        text += n + 1;
    }
    return true;
}

/* ---- words ---- */

static bool read_words(const sx_weights *w, sx_model_info *info, sx_normalisation *norm,
                       sx_error *err) {
    const char *pixels = sx_weights_meta(w, "spinexr.pixels"),
               *channels = sx_weights_meta(w, "spinexr.channels"),
               *note = sx_weights_meta(w, "spinexr.note"),
               *demonstration = sx_weights_meta(w, "spinexr.demonstration");
    info->note = note ? note : "";
    info->demonstration = demonstration != NULL;
    if (demonstration && strcmp(demonstration, "yes") != 0)
        return refuse(w, "spinexr.demonstration", "yes", err);
    info->pixels = SX_PIXELS_AUTO;
    if (pixels && strcmp(pixels, "vindr") == 0)
        info->pixels = SX_PIXELS_VINDR;
    else if (pixels && strcmp(pixels, "dicom") == 0)
        info->pixels = SX_PIXELS_DICOM;
    else if (pixels)
        return refuse(w, "spinexr.pixels", "vindr or dicom", err);
    if (channels && strcmp(channels, "rgb") != 0 && strcmp(channels, "bgr") != 0)
        return refuse(w, "spinexr.channels", "rgb or bgr", err);
    if (channels) norm->bgr = strcmp(channels, "bgr") == 0;
    return true;
}

/* Before the value is read: a value of the wrong network would get a message about its parts. */
static bool check_owner(const sx_weights *w, const sx_model_info *info, const char *key,
                        sx_task owner, sx_error *err) {
    return !sx_weights_meta(w, key) || info->task == owner ||
           sx_fail(err, SX_ERR_FORMAT, "%s: %s belongs to a %s", info->path, key,
                   owner == SX_DETECTOR ? "detector" : "classifier");
}

static bool read_resize(const sx_weights *w, sx_model_info *info, sx_error *err) {
    static const char key[] = "spinexr.resize";
    const char *text = sx_weights_meta(w, key);
    if (!check_owner(w, info, key, SX_CLASSIFIER, err)) return false;
    info->letterbox = text && strcmp(text, "letterbox") == 0;
    return !text || info->letterbox || strcmp(text, "stretch") == 0 ||
           refuse(w, key, "stretch or letterbox", err);
}

/* ---- what was fitted to films ---- */

static bool read_origins(const sx_weights *w, sx_model_info *info, sx_error *err) {
    return sx_weights_fitted(w, "threshold", &info->threshold_chosen_on, &info->threshold_date,
                             err) &&
           sx_weights_fitted(w, "fused_threshold", &info->fused_threshold_chosen_on,
                             &info->fused_threshold_date, err) &&
           sx_weights_fitted(w, "temperature", &info->temperature_chosen_on,
                             &info->temperature_date, err) &&
           sx_weights_fitted(w, "operating_points", &info->points_chosen_on, &info->points_date,
                             err) &&
           sx_weights_fitted(w, "fusion", &info->fusion_chosen_on, &info->fusion_date, err) &&
           sx_weights_fitted(w, "familiarity", &info->familiarity_chosen_on,
                             &info->familiarity_date, err) &&
           sx_weights_fitted(w, "gates", &info->gates_chosen_on, &info->gates_date, err);
}

static bool read_temperature(const sx_weights *w, sx_model_info *info, sx_error *err) {
    static const char key[] = "spinexr.temperature";
    if (!read_number(w, key, 1e-3, 1e3, &info->temperature, "between 0.001 and 1000", err))
        return false;
    return !sx_weights_meta(w, key) || info->task == SX_CLASSIFIER ||
           sx_fail(err, SX_ERR_FORMAT, "%s: %s belongs to a classifier", info->path, key);
}

static bool read_fused_threshold(const sx_weights *w, sx_model_info *info, sx_error *err) {
    static const char key[] = "spinexr.fused_threshold";
    return check_owner(w, info, key, SX_CLASSIFIER, err) &&
           read_number(w, key, 0, 1, &info->fused_threshold, "between 0 and 1", err);
}

static bool check_features(const sx_familiarity *f, const sx_network *net, const char *path,
                           sx_error *err) {
    sx_graph *g = sx_network_build(net, sx_network_shape(net, 224, 224), SX_WHOLE, err);
    if (!g) return sx_fail_in(err, "%s", path);
    const int count = sx_network_feature_count(net, g);
    sx_graph_free(g);
    return f->features == count ||
           sx_fail(err, SX_ERR_MISMATCH,
                   "%s: spinexr.familiarity is of %d features, the network has %d", path,
                   f->features, count);
}

static bool read_familiarity(const sx_weights *w, const sx_network *net, sx_model_info *info,
                             sx_error *err) {
    sx_familiarity *familiarity;
    if (!check_owner(w, info, "spinexr.familiarity", SX_CLASSIFIER, err) ||
        !sx_familiarity_read(w, &familiarity, err))
        return false;
    info->familiarity = familiarity;
    return !familiarity || check_features(familiarity, net, info->path, err);
}

static bool read_points(const sx_weights *w, sx_model_info *info, sx_error *err) {
    sx_class_points *points;
    if (!check_owner(w, info, "spinexr.operating_points", SX_DETECTOR, err) ||
        !sx_class_points_read(w, info->class_names, info->classes, &points, err))
        return false;
    info->points = points;
    return true;
}

static bool read_fusion(const sx_weights *w, sx_model_info *info, sx_error *err) {
    sx_fusion_record *fusion;
    if (!check_owner(w, info, "spinexr.fusion", SX_DETECTOR, err) ||
        !sx_fusion_record_read(w, info->class_names, info->classes, &fusion, err))
        return false;
    info->fusion = fusion;
    return true;
}

static bool read_gates(const sx_weights *w, sx_model_info *info, sx_error *err) {
    sx_gate_record *gates;
    if (!check_owner(w, info, "spinexr.gates", SX_CLASSIFIER, err) ||
        !sx_gate_record_read(w, info->class_names, info->classes, &gates, err))
        return false;
    info->gates = gates;
    return true;
}

/* The settings of a network that is not the usual one of its architecture. */
static bool read_config(const sx_network *net, sx_model_info *info, sx_error *err) {
    sx_network usual;
    sx_network_default(&usual, net->arch, sx_network_classes(net));
    char *own = sx_network_config_text(net, err),
         *plain = own ? sx_network_config_text(&usual, err) : NULL;
    if (plain && strcmp(own, plain) == 0) own[0] = '\0';
    info->config = own;
    const bool ok = plain != NULL;
    free(plain);
    return ok;
}

bool sx_model_info_read(const sx_weights *w, const sx_network *net, sx_model_info *info,
                        sx_normalisation *norm, sx_error *err) {
    *info = (sx_model_info){ .task = net->arch->task,
                             .arch = net->arch->name,
                             .path = sx_weights_path(w),
                             .classes = sx_network_classes(net),
                             .nms = net->arch->detect ? (double)net->arch->detect->nms : 0,
                             .threshold = NAN,
                             .fused_threshold = NAN,
                             .temperature = 1 };
    *norm = *sx_network_normalisation(net);
    return read_words(w, info, norm, err) &&
           read_number(w, "spinexr.threshold", 0, 1, &info->threshold, "between 0 and 1", err) &&
           read_fused_threshold(w, info, err) && read_temperature(w, info, err) &&
           read_triple(w, "spinexr.mean", -1e4, 1e4, norm->mean,
                       "three numbers between -10000 and 10000", err) &&
           read_triple(w, "spinexr.std", 1e-3, 1e4, norm->std,
                       "three numbers between 0.001 and 10000", err) &&
           read_input(w, net, info, err) && read_resize(w, info, err) && read_names(w, info, err) &&
           read_config(net, info, err) && read_origins(w, info, err) && read_points(w, info, err) &&
           read_fusion(w, info, err) && read_familiarity(w, net, info, err) &&
           read_gates(w, info, err) && sx_calibration_record_read(w, &info->calibration, err);
}

void sx_model_info_free(sx_model_info *info) {
    char **names = (char **)(uintptr_t)info->class_names;
    for (int i = 0; names && i < info->classes; i++)
        free(names[i]);
    free(names);
    info->class_names = NULL;
    free((char *)(uintptr_t)info->config);
    info->config = NULL;
    free((void *)(uintptr_t)info->points);
    info->points = NULL;
    free((void *)(uintptr_t)info->fusion);
    info->fusion = NULL;
    free((void *)(uintptr_t)info->familiarity);
    info->familiarity = NULL;
    free((void *)(uintptr_t)info->gates);
    info->gates = NULL;
}

bool sx_model_info_check(const sx_weights *w, const sx_network *net, sx_error *err) {
    sx_model_info info;
    sx_normalisation norm;
    const bool ok = sx_model_info_read(w, net, &info, &norm, err);
    sx_model_info_free(&info);
    return ok;
}
