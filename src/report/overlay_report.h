/* The film with its findings drawn on it. */
#ifndef SX_REPORT_OVERLAY_REPORT_H
#define SX_REPORT_OVERLAY_REPORT_H

#include "base/context_impl.h"
#include "image/image.h"
#include "pipeline/prediction.h"

/* The usual lowest score of a box in a picture: 0 where operating points choose the findings, 0.3
 * where the paper's rule lists every box of an abnormal film. */
double sx_overlay_min_score(const sx_bundle_info *info);

/* Makes *out, RGB, 8 bits (image/overlay_draw.h): the film, the findings that score at least
 * `min_score` (dashed below the specific operating point), P(abnormal) with the threshold, the
 * verdict, how many of the findings are shown, and below the film the notice and the note of the
 * weights. SX_ERR_MISSING: the prediction kept no picture. `context` NULL: one thread. */
bool sx_overlay_picture(const sx_context *context, const sx_prediction *prediction,
                        double min_score, sx_image *out, sx_error *err) SX_MUST_USE;

/* The same for an archive, where a radiologist sees it beside the film: without a name and, on a
 * film that is called normal, without a verdict, because the program makes no normal report. It
 * says that it is not for diagnosis, and with demonstration weights not for clinical use. */
bool sx_overlay_capture(const sx_context *context, const sx_prediction *prediction, sx_image *out,
                        sx_error *err) SX_MUST_USE;
/* The same as a PNG. */
bool sx_overlay_write(const sx_context *context, const sx_prediction *prediction, double min_score,
                      const char *path, sx_error *err) SX_MUST_USE;

/* Writes a picture as a PNG with the text chunks Disclaimer (base/notice.h), Warning (the weights'
 * note, if there is one) and Software. */
bool sx_report_write_picture(const sx_image *picture, const sx_bundle_info *info, const char *path,
                             sx_error *err) SX_MUST_USE;

#endif
