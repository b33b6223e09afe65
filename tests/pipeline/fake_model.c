/* Networks that read their answers from their weight file, so that the pipeline is tested on its
 * own: classifier LOGIT THRESHOLD dicom|vindr [TEMPERATURE [LIMIT of familiarity
 * [FUSED THRESHOLD CALIBRATION [CLASSIFIERS DETECTORS]]]], whose distance is the film's last
 * sample; detector THRESHOLD dicom|vindr, then lines: label score x0 y0 x1 y1; pointed is a
 * detector with three lines SENSITIVE SPECIFIC before these; joined is a pointed one with a line
 * SET DETECTORS WEIGHT WEIGHT WEIGHT before them; tiled is a pointed one with a line CALIBRATION
 * TILES before them; other is a detector of other classes; lesions is a classifier LOGIT THRESHOLD
 * dicom|vindr CALIBRATION CLASSIFIERS of Abnormal and two lesions, with a line LOGIT GATE for each
 * of these. A threshold of - is none. Linked before the library's own sx_model_.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "fake_model.h"
#include "models/model.h"

atomic_int fake_model_films, fake_model_shared;
atomic_bool fake_model_starved;

struct sx_model {
    bool shares;
    sx_model_info info;
    float logit, lesion_logits[2];
    _Alignas(8) unsigned char gates[sizeof(sx_gate_record) + 3 * sizeof(double)];
    char path[256], arch[32];
    sx_detection boxes[100];
    int count;
    sx_class_points points[3];
    _Alignas(8) unsigned char fusion[sizeof(sx_fusion_record) + 3 * sizeof(double)];
    sx_familiarity familiarity;
};

static const char *const lesions[] = { "Disc space narrowing", "Foraminal stenosis",
                                       "Osteophytes" };
static const char *const other_lesions[] = { "Vertebral collapse", "Osteophytes",
                                             "Disc space narrowing" };
static const char *const abnormal[] = { "Abnormal" };
static const char *const many[] = { "Abnormal", "Osteophytes", "Vertebral collapse" };

static bool read_lesions(FILE *f, sx_model *m) {
    sx_gate_record *r = (sx_gate_record *)m->gates;
    m->info.gates = r;
    r->gates[0] = (double)NAN;
    return fscanf(f, "%16s %d %f %lf %f %lf", m->info.calibration.name, &r->classifiers,
                  &m->lesion_logits[0], &r->gates[1], &m->lesion_logits[1], &r->gates[2]) == 6;
}

static bool read_record(FILE *f, sx_model *m) {
    sx_fusion_record *r = (sx_fusion_record *)m->fusion;
    m->info.fusion = r;
    return fscanf(f, "%16s %d %lf %lf %lf", r->set, &r->detectors, &r->weights[0], &r->weights[1],
                  &r->weights[2]) == 5;
}

sx_model *sx_model_open(const sx_context *context, const char *path, sx_precision precision,
                        sx_error *err) {
    (void)context, (void)precision;
    FILE *f = fopen(path, "r");
    if (!f) {
        sx_fail(err, SX_ERR_IO, "%s: cannot open", path);
        return NULL;
    }
    sx_model *m = calloc(1, sizeof *m);
    char kind[16] = "", threshold[32] = "", pixels[16] = "";
    snprintf(m->path, sizeof m->path, "%s", path);
    m->info = (sx_model_info){
        .path = m->path,
        .arch = m->arch,
        .note = "",
        .config = "",
        .temperature = 1,
        .fused_threshold = (double)NAN,
        .fused_threshold_chosen_on = "",
        .fused_threshold_date = "",
        .threshold_chosen_on = "",
        .threshold_date = "",
        .temperature_chosen_on = "",
        .temperature_date = "",
        .points_chosen_on = "",
        .points_date = "",
        .fusion_chosen_on = "",
        .fusion_date = "",
        .familiarity_chosen_on = "",
        .familiarity_date = "",
        .gates_chosen_on = "",
        .gates_date = "",
        .calibration.tiles = 1,
    };
    if (fscanf(f, "%15s", kind) != 1) kind[0] = '\0';
    snprintf(m->arch, sizeof m->arch, "fake_%s", kind);
    if (strcmp(kind, "classifier") == 0) {
        m->info.task = SX_CLASSIFIER;
        m->info.classes = 1;
        m->info.class_names = abnormal;
        const int read = fscanf(f, "%f %31s %15s %lf %lf %lf %16s %d %d", &m->logit, threshold,
                                pixels, &m->info.temperature, &m->familiarity.limit,
                                &m->info.fused_threshold, m->info.calibration.name,
                                &m->info.calibration.classifiers, &m->info.calibration.detectors);
        if (read < 3) pixels[0] = '\0';
        if (read >= 5) m->info.familiarity = &m->familiarity;
    } else if (strcmp(kind, "lesions") == 0) {
        m->info.task = SX_CLASSIFIER;
        m->info.classes = 3;
        m->info.class_names = many;
        if (fscanf(f, "%f %31s %15s", &m->logit, threshold, pixels) != 3 || !read_lesions(f, m))
            pixels[0] = '\0';
    } else {
        m->info.task = SX_DETECTOR;
        m->info.classes = 3;
        m->info.class_names = strcmp(kind, "other") == 0 ? other_lesions : lesions;
        if (fscanf(f, "%31s %15s", threshold, pixels) != 2) pixels[0] = '\0';
        const bool tiled = strcmp(kind, "tiled") == 0;
        const bool joined = strcmp(kind, "joined") == 0;
        if (joined && !read_record(f, m)) pixels[0] = '\0';
        if (tiled &&
            fscanf(f, "%16s %d", m->info.calibration.name, &m->info.calibration.tiles) != 2)
            pixels[0] = '\0';
        if (joined || tiled || strcmp(kind, "pointed") == 0) m->info.points = m->points;
        for (int i = 0; m->info.points && i < 3; i++)
            if (fscanf(f, "%lf %lf", &m->points[i].sensitive, &m->points[i].specific) != 2)
                pixels[0] = '\0';
        sx_detection *d = m->boxes;
        while (m->count < 100 && fscanf(f, "%d %f %f %f %f %f", &d->label, &d->score, &d->box.x0,
                                        &d->box.y0, &d->box.x1, &d->box.y1) == 6)
            d = &m->boxes[++m->count];
    }
    fclose(f);
    m->info.threshold = strcmp(threshold, "-") == 0 ? (double)NAN : sx_strtod(threshold, NULL);
    m->info.pixels = strcmp(pixels, "vindr") == 0 ? SX_PIXELS_VINDR : SX_PIXELS_DICOM;
    m->info.input_width = m->info.input_height = 224;
    if (pixels[0]) return m;
    free(m);
    sx_fail(err, SX_ERR_FORMAT, "%s: not a fake network", path);
    return NULL;
}

sx_model *sx_model_share(const sx_model *of, const sx_context *context, sx_error *err) {
    (void)context, (void)err;
    sx_model *m = calloc(1, sizeof *m);
    *m = *of;
    m->info.path = m->path;
    m->info.arch = m->arch;
    m->shares = true;
    atomic_fetch_add(&fake_model_shared, 1);
    return m;
}

void sx_model_free(sx_model *m) {
    free(m);
}

bool sx_model_hash(const sx_model *m, sx_sha256 *hash, sx_error *err) {
    sx_file f;
    if (!sx_file_open(&f, m->path, err)) return false;
    const bool ok = sx_sha256_of(f.data, f.size, hash, err);
    sx_file_close(&f);
    return ok;
}

const sx_model_info *sx_model_get_info(const sx_model *m) {
    return &m->info;
}

sx_precision sx_model_precision(const sx_model *m) {
    (void)m;
    return SX_PRECISION_F32;
}

/* The film's first sample is added, so that a test can check which film the network was given. */
bool sx_model_classify(sx_model *m, const sx_image *film, float *logits, sx_error *err) {
    if (m->shares && atomic_load(&fake_model_starved))
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for activations");
    atomic_fetch_add(&fake_model_films, 1);
    logits[0] = m->logit + (float)sx_image_u8(film)[0];
    for (int c = 1; c < m->info.classes; c++)
        logits[c] = m->lesion_logits[c - 1] + (float)sx_image_u8(film)[0];
    return true;
}

bool sx_model_classify_film(sx_model *m, const sx_image *film, float *logits, double *distance,
                            sx_error *err) {
    const uint8_t last = sx_image_u8(film)[sx_image_bytes(film) - 1];
    *distance = m->info.familiarity ? (double)last : (double)NAN;
    return sx_model_classify(m, film, logits, err);
}

bool sx_model_explain(sx_model *m, const sx_image *film, int class_index, sx_heat_map *out,
                      sx_error *err) {
    (void)m, (void)film, (void)class_index;
    *out = (sx_heat_map){ 0 };
    return sx_fail(err, SX_ERR_UNSUPPORTED, "a fake network explains nothing");
}

bool sx_model_detect(sx_model *m, const sx_image *film, const sx_model_detect_options *options,
                     sx_detections *out, sx_error *err) {
    (void)film, (void)options, (void)err;
    out->items = malloc(sizeof m->boxes);
    memcpy(out->items, m->boxes, sizeof m->boxes);
    out->count = m->count;
    return true;
}
