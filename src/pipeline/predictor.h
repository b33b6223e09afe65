/* The inside of sx_predictor (spinexr/spinexr.h), for the report and the tool. */
#ifndef SX_PIPELINE_PREDICTOR_H
#define SX_PIPELINE_PREDICTOR_H

#include "pipeline/bundle.h"
#include "pipeline/rule.h"
#include "spinexr/spinexr.h"

struct sx_predictor {
    sx_context *own_context; /* where the caller gave none; NULL */
    sx_bundle bundle;
    sx_rule rule;
    const char *threshold_source, *keep_source; /* "option" where the caller chose */
    double nms;
    sx_pixels pixels; /* AUTO: as each network's metadata say */
    bool reduced;
    sx_tta tta;
    bool classify_only; /* the detector, if there is one, is not run */
};

/* How the films of a network are read. */
sx_pixels sx_predictor_pixels(const sx_predictor *p, const sx_model *m);

/* One film, already 8 bit: `dicom` and `vindr` as the two ways of reading make it; a way that no
 * network of the bundle uses may be NULL. Fills everything of *out but the names and the time to
 * read. */
bool sx_predict_images(sx_predictor *p, const sx_image *dicom, const sx_image *vindr,
                       sx_findings *out, sx_error *err) SX_MUST_USE;

/* As sx_predict_file; *shown (may be NULL) receives the 8-bit film as the detector (or else the
 * first classifier) saw it. Free it with sx_image_free. */
sx_findings *sx_predict_shown(sx_predictor *p, const char *path, int frame, sx_image *shown,
                              sx_error *err) SX_MUST_USE;
/* The same, and in *why the classifiers' heat maps (pipeline/explain.h). */
struct sx_explanation;
sx_findings *sx_predict_explained(sx_predictor *p, const char *path, int frame, sx_image *shown,
                                  struct sx_explanation *why, sx_error *err) SX_MUST_USE;

#endif
