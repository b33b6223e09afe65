#include "evaluation/paper_tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metrics/interval.h"

static const struct {
    const char *model;
    double value[4];
    sx_interval interval[4];
} published[] = {
#define NONE                                                                                       \
    { NAN, NAN }
    { "DenseNet-121", { 86.93, 79.55, 80.39, 79.32 }, { { 85.4, 88.4 }, NONE, NONE, NONE } },
    { "DenseNet-169", { 87.29, 80.25, 81.74, 79.02 }, { { 85.8, 88.8 }, NONE, NONE, NONE } },
    { "DenseNet-201", { 87.14, 79.03, 77.97, 81.46 }, { { 85.6, 88.6 }, NONE, NONE, NONE } },
    { "ensemble",
      { 88.61, 81.06, 83.07, 79.32 },
      { { 87.2, 90.0 }, { 79.2, 82.9 }, { 80.6, 85.3 }, { 77.8, 81.7 } } },
};

static void column_pair(sx_table *t) {
    sx_table_column(t, "model", false);
    sx_table_column(t, "from", false);
}

void sx_paper_classification(sx_doc *d, const char *const *names, const double (*values)[4],
                             const sx_interval (*intervals)[4], size_t rows) {
    static const char *const heads[4] = { "AUROC", "F1", "Sensitivity", "Specificity" };
    sx_table *t = sx_doc_table(d, "paper table 3", "The paper's Table 3, in percent");
    column_pair(t);
    for (int k = 0; k < 4; k++)
        sx_table_column(t, heads[k], true);
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", published[i].model);
        sx_table_text(t, "paper");
        for (int k = 0; k < 4; k++)
            sx_table_interval(t, published[i].value[k] / 100,
                              (sx_interval){ published[i].interval[k].low / 100,
                                             published[i].interval[k].high / 100 },
                              2, 100);
    }
    for (size_t i = 0; i < rows; i++) {
        sx_table_row(t, true);
        sx_table_text(t, "%s", names[i]);
        sx_table_text(t, "here");
        for (int k = 0; k < 4; k++)
            sx_table_interval(t, values[i][k], intervals[i][k], 2, 100);
    }
}

static const struct {
    const char *number;
    sx_vindr_class class;
} lesion[SX_VINDR_CLASSES] = {
    { "LT2", SX_VINDR_DISC_SPACE_NARROWING }, { "LT4", SX_VINDR_FORAMINAL_STENOSIS },
    { "LT6", SX_VINDR_OSTEOPHYTES },          { "LT8", SX_VINDR_SPONDYLOLYSTHESIS },
    { "LT10", SX_VINDR_SURGICAL_IMPLANT },    { "LT11", SX_VINDR_VERTEBRAL_COLLAPSE },
    { "LT13", SX_VINDR_OTHER_LESIONS },
};

static const struct {
    const char *model;
    bool framework; /* of Table 5 */
    double value[8];
} detectors[] = {
    { "Faster R-CNN", false, { 22.66, 35.99, 49.24, 31.68, 65.22, 51.68, 2.16, 31.83 } },
    { "RetinaNet", false, { 14.53, 25.35, 41.67, 32.14, 65.49, 51.85, 5.30, 28.09 } },
    { "EfficientDet", false, { 17.05, 24.19, 42.69, 35.18, 61.85, 52.53, 2.45, 28.73 } },
    { "Sparse R-CNN", false, { 20.09, 32.67, 48.16, 45.32, 72.20, 49.30, 5.41, 33.15 } },
    { "detector alone", true, { 18.06, 28.89, 34.23, 41.52, 62.45, 42.85, 4.03, 33.15 } },
    { "whole framework", true, { 21.43, 27.36, 34.78, 41.29, 62.53, 43.39, 4.16, 33.56 } },
};

void sx_paper_detection(sx_doc *d, const sx_truth *truth, const char *const *names,
                        const double *const *ap, size_t rows, bool framework) {
    sx_table *t = sx_doc_table(
        d, framework ? "paper table 5" : "paper table 4",
        framework ? "The paper's Table 5: AP at IoU 0.5, in percent"
                  : "The paper's Table 4, in percent. Its class columns do not average to its "
                    "mAP; ours are AP at IoU 0.5 throughout");
    column_pair(t);
    for (int k = 0; k < 7; k++)
        sx_table_column(t, lesion[k].number, true);
    sx_table_column(t, "mAP@0.5", true);
    for (size_t i = 0; i < sizeof detectors / sizeof *detectors; i++) {
        if (detectors[i].framework != framework) continue;
        sx_table_row(t, false);
        sx_table_text(t, "%s", detectors[i].model);
        sx_table_text(t, "paper");
        for (int k = 0; k < 8; k++)
            sx_table_value(t, detectors[i].value[k] / 100, 2, 100);
    }
    for (size_t i = 0; i < rows; i++) {
        sx_table_row(t, true);
        sx_table_text(t, "%s", names[i]);
        sx_table_text(t, "here");
        for (int k = 0; k < 7; k++) {
            long c = sx_truth_class(truth, sx_vindr_class_name(lesion[k].class));
            sx_table_value(t, c < 0 ? NAN : ap[i][c], 2, 100);
        }
        sx_table_value(t, ap[i][truth->class_names.count], 2, 100);
    }
    sx_doc_text(d, "LT2 disc space narrowing, LT4 foraminal stenosis, LT6 osteophytes, LT8 "
                   "spondylolysthesis, LT10 "
                   "surgical implant, LT11 vertebral collapse, LT13 other lesions.");
}
