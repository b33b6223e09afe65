/* The findings that classifiers name beside "Abnormal" in a bundle's description, and the gates
 * that their probabilities are for boxes. */
#ifndef SX_PIPELINE_BUNDLE_CLASSES_H
#define SX_PIPELINE_BUNDLE_CLASSES_H

#include "pipeline/bundle_info.h"

/* Sets info->classes, ->class_count and ->classifiers. Error: SX_ERR_MEMORY. */
bool sx_bundle_describe_classes(sx_bundle_info *info, const sx_bundle *b,
                                sx_error *err) SX_MUST_USE;
/* The outputs of all classifiers. */
size_t sx_bundle_outputs(const sx_bundle_info *info);
/* P of each finding, out[class_count]: the ensemble (pipeline/rule.h) of the classifiers that name
 * it. logits: those of the classifiers, one after the other. Temperatures are fitted to
 * P(abnormal) and do not apply. */
void sx_bundle_classes_from(const sx_bundle_info *info, const float *logits, double *out);

/* Sets info->rule.gates and .gate_classes if the rule is that of the operating points. Gates count
 * if one calibration wrote just these networks and its detectors saw films in as many tiles;
 * otherwise none is used, with a warning. Error: SX_ERR_MEMORY. */
bool sx_bundle_describe_gates(sx_bundle_info *info, const sx_bundle *b, sx_error *err) SX_MUST_USE;

#endif
