/* The evaluations of `spinexr eval`. They compute numbers from a truth and predictions, and make a
 * document and JSON from them (docs/eval.md). */
#ifndef SX_EVALUATION_EVALUATION_H
#define SX_EVALUATION_EVALUATION_H

#include "evaluation/eval_input.h"

/* All of these: *out is empty after an error. Free it with sx_eval_output_free. */
bool sx_eval_classify(const sx_eval_input *in, const sx_classify_options *o, sx_eval_output *out,
                      sx_error *err) SX_MUST_USE;
bool sx_eval_detect(const sx_eval_input *in, const sx_detect_report_options *o, sx_eval_output *out,
                    sx_error *err) SX_MUST_USE;

/* predictions[0] has scores, predictions[1] (or [0], if there is only one) boxes. The output says
 * where the marked rule comes from. */
bool sx_eval_pipeline(const sx_eval_input *in, const sx_pipeline_options *o, sx_eval_output *out,
                      sx_error *err) SX_MUST_USE;

/* A page for readers: studies, films with true and found boxes side by side (if in->films has them
 * and the page is wanted), then the evaluations above. predictions[0] is a report made with the
 * decision rule, predictions[1], if given, one of the same films without it. */
bool sx_eval_report(const sx_eval_input *in, const sx_eval_report_options *o, sx_eval_output *out,
                    sx_error *err) SX_MUST_USE;

/* Two models on the same films. */
bool sx_eval_compare(const sx_eval_input *in, const sx_compare_options *o, sx_eval_output *out,
                     sx_error *err) SX_MUST_USE;

/* What attributes of the films predict without predictions. */
bool sx_eval_shortcut(const sx_eval_input *in, const sx_attribute_sources *from,
                      sx_eval_output *out, sx_error *err) SX_MUST_USE;

/* Agreement between the readers of the truth; boxes are paired from an IoU of `iou` up. */
bool sx_eval_agreement(const sx_eval_input *in, double iou, sx_eval_output *out,
                       sx_error *err) SX_MUST_USE;

#endif
