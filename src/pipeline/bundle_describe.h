/* Makes the description of a bundle. */
#ifndef SX_PIPELINE_BUNDLE_DESCRIBE_H
#define SX_PIPELINE_BUNDLE_DESCRIBE_H

#include "pipeline/bundle_info.h"

/* Numbers of `options` that are not negative override those of the weights. Release with
 * sx_bundle_info_release. */
sx_bundle_info *sx_bundle_info_new(const sx_bundle *b, const sx_predictor_options *options,
                                   sx_error *err) SX_MUST_USE;

#endif
