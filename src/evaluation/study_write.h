/* The page of `eval report`: studies, films with truth and findings side by side. */
#ifndef SX_EVALUATION_STUDY_WRITE_H
#define SX_EVALUATION_STUDY_WRITE_H

#include "evaluation/study_report.h"

/* Append to an output that sx_eval_begin has made: the rule and the studies in JSON; the headlines
 * and tables; films, where in->films has them and the page is wanted. */
void sx_study_write_head(const sx_eval_input *in, const sx_eval_report_options *o,
                         const sx_study_result *r, sx_eval_output *out);
void sx_study_write_tables(const sx_eval_input *in, const sx_eval_report_options *o,
                           const sx_study_result *r, const sx_headline *headlines, size_t count,
                           sx_eval_output *out);
void sx_study_write_films(const sx_eval_input *in, const sx_eval_report_options *o,
                          const sx_study_result *r, sx_eval_output *out);

#endif
