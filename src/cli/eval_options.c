/* The options of the eval commands, in the order in which help shows them. */
#include <math.h>

#include "cli/eval_args.h"

enum {
    CLASSIFY = SX_EVAL_CLASSIFY,
    DETECT = SX_EVAL_DETECT,
    PIPELINE = SX_EVAL_PIPELINE,
    COMPARE = SX_EVAL_COMPARE,
    AGREEMENT = SX_EVAL_AGREEMENT,
    REPORT = SX_EVAL_REPORT,
    SHORTCUT = SX_EVAL_SHORTCUT,
    PREDICTED = CLASSIFY | DETECT | PIPELINE | COMPARE | REPORT,
    ALL = PREDICTED | AGREEMENT | SHORTCUT
};

#define FIELD(name) offsetof(sx_eval_args, name)
#define TEXT(set, name, field, value, help)                                                        \
    { name, SX_OPT_TEXT, FIELD(field), value, help, .commands = (set) }
#define LIST(set, name, field, value, help)                                                        \
    { name, SX_OPT_LIST, FIELD(field), value, help, .commands = (set) }
#define OUTPUT(set, name, field, help)                                                             \
    { name, SX_OPT_TEXT, FIELD(field), "FILE", help, .commands = (set), .output = true }
#define FLAG(set, name, field, help)                                                               \
    { name, SX_OPT_FLAG, FIELD(field), NULL, help, .commands = (set) }
#define CHOICE(set, name, field, words, help)                                                      \
    { name, SX_OPT_CHOICE, FIELD(field), words, help, .commands = (set) }
#define NUMBER(set, name, field, value, help, low, high)                                           \
    {                                                                                              \
        name, SX_OPT_NUMBER, FIELD(field), value, help, .min = (low), .max = (high),               \
                                                        .commands = (set)                          \
    }
#define INTEGER(set, name, field, value, help, low, high)                                          \
    { name, SX_OPT_INT, FIELD(field), value, help, .min = (low), .max = (high), .commands = (set) }
/* `usual`: as sx_eval_open has it. */
#define RESAMPLES(set, usual)                                                                      \
    INTEGER(set, "resamples", resamples, "N",                                                      \
            "bootstrap resamples; 0: no intervals (default: " usual ")", 0, 1000000)

const sx_option sx_eval_options[] = {
    CHOICE(COMPARE, "task", task, "auto|classify|detect",
           "classify if both have scores (default: auto)"),
    TEXT(REPORT, "title", title, "TEXT", "title of the page"),
    NUMBER(REPORT, "min-score", min_score, "SCORE",
           "minimum score of the boxes shown (default: findings)", 0, 1),
    TEXT(CLASSIFY | COMPARE, "threshold", threshold, "RULE",
         "X, youden, sens=P, spec=P (default: report or youden)"),
    NUMBER(PIPELINE, "threshold", rule_threshold, "C",
           "c* of the marked rule (default: report's, or 0.2808)", 0, 1.0001),
    TEXT(CLASSIFY | COMPARE, "threshold-from", threshold_from, "FILE",
         "threshold of an earlier eval classify --json"),
    NUMBER(PIPELINE, "keep", rule_keep, "S",
           "score on normal films (default: the report's, or 0.5)", 0, 1.0001),
    CHOICE(CLASSIFY, "by", by, "film|study|patient", "unit of evaluation (default: film)"),
    CHOICE(CLASSIFY, "pool", pool, "max|noisy-or", "films into studies or patients (default: max)"),
    NUMBER(CLASSIFY | REPORT, "prevalence", prevalence, "P",
           "PPV and NPV also at this one (default: the set's)", 1e-6, 0.999999),
    TEXT(COMPARE, "measures", measures, "LIST",
         "only these, and Holm's family (default: all tests)"),
    CHOICE(CLASSIFY, "ci", ci, "bootstrap|vindr",
           "vindr: the authors' intervals (default: bootstrap)"),
    TEXT(DETECT, "iou", ious, "LIST", "vindr, coco or numbers (default: vindr, 0.20:0.50)"),
    NUMBER(DETECT, "at", iou_one, "IOU", "IoU of FROC and operating points (default: 0.5)", 0.01,
           1),
    NUMBER(PIPELINE, "at", iou_one, "IOU", "IoU of mAP (default: 0.5)", 0.01, 1),
    NUMBER(COMPARE, "at", iou_one, "IOU", "IoU of AP and FROC (default: 0.5)", 0.01, 1),
    NUMBER(AGREEMENT, "at", iou_one, "IOU", "minimum IoU of paired boxes (default: 0.5)", 0.01, 1),
    NUMBER(REPORT, "at", iou_one, "IOU", "minimum IoU of a box that hits a lesion (default: 0.5)",
           0.01, 1),
    FLAG(DETECT, "centre", centre, "FROC: a box is a hit by its centre, not by IoU"),
    NUMBER(DETECT, "fp-per-film", fp_per_image, "R",
           "false positives at operating points (default: 1)", 0.001, 1000),
    TEXT(DETECT, "points-from", points_from, "FILE", "operating points of an eval detect --json"),
    CHOICE(REPORT, "order", order, "study|worst", "worst: most wrong first (default: study)"),
    INTEGER(CLASSIFY, "worst", worst, "N", "mistakes of each kind on the page (default: 6)", 1,
            100),
    INTEGER(DETECT, "worst", worst, "N", "mistakes of each kind on the page (default: 8)", 1, 100),
    CHOICE(REPORT, "pictures", pictures, "auto|inside|beside",
           "inside, or over 48 beside it (default: auto)"),
    INTEGER(REPORT, "sheets", sheets, "N", "maximum number of films shown (default: 24)", 0, 10000),

    RESAMPLES(CLASSIFY, "10000"),
    RESAMPLES(COMPARE, "2000"),
    RESAMPLES(ALL & ~(CLASSIFY | COMPARE | SHORTCUT), "1000"),
    INTEGER(ALL, "seed", seed, "N", "seed of the bootstrap (default: 1999)", 0, 4294967295.0),
    NUMBER(ALL, "level", level, "P", "level of the intervals (default: 0.95)", 0.5, 0.9999),
    CHOICE(ALL, "draw", draw, "auto|film|study|patient",
           "unit that the bootstrap draws (default: auto)"),

    FLAG(CLASSIFY, "paper", paper, "print the paper's Table 3 for comparison"),
    FLAG(DETECT, "paper", paper, "print the paper's Table 4 for comparison"),
    FLAG(PIPELINE, "paper", paper, "print the paper's Table 5 for comparison"),
    TEXT(CLASSIFY | COMPARE | SHORTCUT, "label", label, "COLUMN[=TEXT]",
         "column of a label CSV; TEXT is abnormal"),
    TEXT(CLASSIFY | COMPARE | PIPELINE, "score", score_column, "COLUMN", "column of a scores CSV"),
    TEXT(DETECT | PIPELINE | REPORT, "reader", truth.reader, "ID",
         "use only this rad_id of the truth (default: all)"),
    TEXT(ALL & ~CLASSIFY & ~SHORTCUT, "classes", truth.classes, "NAMES",
         "class names, or vindr (default: the truth's)"),
    TEXT(ALL, "groups", truth.groups, "FILE", "CSV image_id, study_id, patient_id"),
    LIST(CLASSIFY | DETECT | REPORT, "subgroup", subgroups, "COLUMN",
         "also by sex, age, view ...; may be repeated"),
    TEXT(CLASSIFY | DETECT | REPORT | SHORTCUT, "meta", meta, "FILE",
         "CSV of the films' attributes, as data meta writes"),
    TEXT(ALL, "list", list, "FILE", "only the films that this file names, one per line"),
    FLAG(PREDICTED, "lenient", lenient, "leave out bad rows; accept any score"),

    TEXT(CLASSIFY | DETECT | REPORT | SHORTCUT, "films", films, "DIR",
         "data set or folder of the films to draw"),
    OUTPUT(ALL, "csv", csv, "write the tables as CSV"),
    OUTPUT(DETECT, "rjafroc", rjafroc, "write the marks as RJafroc's .xlsx file"),
    OUTPUT(ALL, "latex", latex, "write the tables as LaTeX"),
    OUTPUT(ALL, "markdown", markdown, "write the tables as Markdown"),
    { "figures", SX_OPT_TEXT, FIELD(figures), "DIR",
      "write each figure as SVG, PNG, PDF and in words", .commands = ALL, .output_folder = true,
      .outside_inputs = true },
    OUTPUT(ALL, "html", html, "write a page with tables and figures"),
    { 0 },
};

const sx_eval_args sx_eval_defaults = { .resamples = -1,
                                        .seed = 1999,
                                        .level = 0.95,
                                        .iou_one = 0.5,
                                        .fp_per_image = 1,
                                        .rule_threshold = NAN,
                                        .rule_keep = NAN,
                                        .title = "Studies and findings",
                                        .min_score = -1,
                                        .sheets = 24 };
