/* A prediction run: predicts films from files and folders, and writes a folder of tables and
 * pictures. Ranks divide the films. `spinexr predict` and `spinexr explain` use it. */
#ifndef SX_REPORT_PREDICTION_RUN_H
#define SX_REPORT_PREDICTION_RUN_H

#include <stdio.h>

#include "pipeline/inputs.h"
#include "report/picture_names.h"
#include "report/report_folder.h"
#include "train/comm.h"

/* The job. Everything is borrowed and must outlive the run. */
typedef struct sx_prediction_job {
    const sx_context *context;
    sx_comm *comm; /* NULL: one process */
    const char *const *inputs;
    size_t input_count;
    FILE *list;       /* read if an input is "-" (pipeline/inputs.h) */
    const char *only; /* a list of films: the others are left out (sx_inputs_select); NULL: none */
    const char *const *weights;
    size_t weight_count;
    sx_predictor_options predictor;
    sx_predict_options film; /* the pictures that the run needs are kept in any case */
    const char *out;         /* NULL: nothing is written */
    const char *command;     /* the name of the run in `out`: "predict" */
    bool overwrite;          /* replace the results of an earlier run in `out` */
    bool tables;             /* report.json and the tables beside it, also during the run */
    bool overlays;           /* pictures of all films; heat maps if film.keep_heat_maps is set */
    bool numbers;            /* heat maps as CSV too */
    double min_score;        /* findings that score less are not drawn; < 0: the usual one */
    /* Called when the networks are open, before the folder is touched; false: the run does not
     * begin, with *err. Alike on all ranks. May be NULL. */
    bool (*check_networks)(void *user, const sx_bundle_info *info, sx_error *err);
    /* Called for every finished film, in order, from the calling thread: first for those of this
     * rank, then on rank 0 for those of the others. Only this rank's films have heat maps. May be
     * NULL. */
    void (*film_done)(void *user, const sx_report_film *film);
    void *user;
} sx_prediction_job;

typedef struct sx_prediction_run {
    sx_prediction_job job;
    sx_inputs inputs;
    sx_picture_names names;
    sx_report_folder folder;
    sx_predictor *predictor;
    sx_report report;
    size_t lost_pictures; /* films whose pictures could not be written; on rank 0 of all ranks */
    bool finished;        /* films and tables are written */
} sx_prediction_run;

/* Collects the films, claims the folder and opens the networks, in this order, so that quickly
 * detected errors come first; then an earlier run's results are removed (report_folder.h).
 * argv[argc]: the command line, for the record. All ranks fail together. Errors: those of
 * sx_inputs_collect, sx_report_folder_open and sx_predictor_open; SX_ERR_MISSING (heat maps without
 * a classifier). On failure *run is empty. */
bool sx_prediction_run_open(sx_prediction_run *run, const sx_prediction_job *job, int argc,
                            char **argv, sx_error *err) SX_MUST_USE;
/* Predicts this rank's films (in order: a contiguous share), writes pictures and tables and gathers
 * the report on rank 0. A film that fails is in the report, and the run continues; a picture that
 * cannot be written is logged and counted. When the context is cancelled, the finished films are
 * written and report.stopped is true. False: the tables could not be written, memory ran out. */
bool sx_prediction_run_films(sx_prediction_run *run, sx_error *err) SX_MUST_USE;
/* A film failed, no film was predicted, a picture could not be written, or the run was stopped: the
 * exit status is not 0. A film that was refused is no failure. */
bool sx_prediction_run_incomplete(const sx_prediction_run *run);
/* The films that all detectors saw, without tiles, at less than 1 / SX_SHRUNK of their size. */
enum { SX_SHRUNK = 3 };
size_t sx_prediction_run_shrunk(const sx_prediction_run *run);
/* A summary without a newline: "12 films, 3 abnormal, 2 refused, 1 failed". The rule for findings
 * is part of it unless film.no_detector is set. */
void sx_prediction_run_text(const sx_prediction_run *run, sx_str *out);
void sx_prediction_run_close(sx_prediction_run *run);

#endif
