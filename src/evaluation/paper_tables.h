/* Tables 3 to 5 of the paper (Nguyen et al. 2021), with our rows below the published ones. */
#ifndef SX_EVALUATION_PAPER_TABLES_H
#define SX_EVALUATION_PAPER_TABLES_H

#include "document/document.h"
#include "evaluation/truth.h"

/* Table 3: AUROC, F1, sensitivity and specificity of `rows` classifiers, as fractions. */
void sx_paper_classification(sx_doc *d, const char *const *names, const double (*values)[4],
                             const sx_interval (*intervals)[4], size_t rows);
/* Table 4, or with `framework` Table 5: ap[row] holds the AP of every class of the truth, then
 * their mean. */
void sx_paper_detection(sx_doc *d, const sx_truth *t, const char *const *names,
                        const double *const *ap, size_t rows, bool framework);

#endif
