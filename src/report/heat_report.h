/* Writes the classifiers' heat maps of a film as one picture or as numbers. All functions fail with
 * SX_ERR_MISSING if the prediction kept no heat maps. */
#ifndef SX_REPORT_HEAT_REPORT_H
#define SX_REPORT_HEAT_REPORT_H

#include "pipeline/prediction.h"

/* Makes *out, RGB, 8 bits: the sheet (image/heat_sheet.h) with the film, the ensemble's mean and
 * every classifier, with their probabilities. The colour scale ends at the film's highest value of
 * all maps, and at least at one logit, so that a film without evidence stays dark. */
bool sx_heat_picture(const sx_prediction *prediction, sx_image *out, sx_error *err) SX_MUST_USE;
/* The same as a PNG. */
bool sx_heat_write_picture(const sx_prediction *prediction, const char *path,
                           sx_error *err) SX_MUST_USE;
/* CSV, one row per cell: map ("mean", "1", "2" ..), arch, row, column, the cell's corners x0, y0,
 * x1, y1 in pixels of the film, and the value in logits, negative ones too. */
bool sx_heat_write_numbers(const sx_prediction *prediction, const char *path,
                           sx_error *err) SX_MUST_USE;

#endif
