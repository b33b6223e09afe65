/* The threshold of P(abnormal) that a bundle's description states. */
#ifndef SX_PIPELINE_BUNDLE_THRESHOLD_H
#define SX_PIPELINE_BUNDLE_THRESHOLD_H

#include "pipeline/bundle_info.h"

/* Whether one calibration wrote all networks, and these are all of it, as far as the files say. */
bool sx_bundle_one_calibration(const sx_bundle_info *info, const sx_bundle *b);

/* Sets info->rule.fuse, .threshold and info->threshold_source; `info` describes the detectors
 * already. The threshold is the option's; or that of the classifiers' metadata, the mean if they
 * differ; or the paper's 0.2808. With options->fuse the one that is stored for the mean with the
 * best box, if one calibration wrote all these networks and its detectors saw films in as many
 * tiles. Errors: SX_ERR_USAGE (there is no such threshold), SX_ERR_MEMORY. */
bool sx_bundle_describe_threshold(sx_bundle_info *info, const sx_bundle *b,
                                  const sx_predictor_options *options, sx_error *err) SX_MUST_USE;

#endif
