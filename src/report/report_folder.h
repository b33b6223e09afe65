/* The folder that a prediction run writes into. */
#ifndef SX_REPORT_REPORT_FOLDER_H
#define SX_REPORT_REPORT_FOLDER_H

#include "base/run_folder.h"
#include "report/heat_report.h"
#include "report/overlay_report.h"
#include "report/report.h"

/* Disk space for the tables is reserved before the first film runs and released when they are
 * written, so when the disk becomes full meanwhile, pictures are lost but not findings. */
typedef struct sx_report_folder {
    const char *dir;           /* borrowed; NULL: nothing is written */
    sx_run_folder_rules rules; /* internal */
    sx_run_folder *run;        /* the claim on DIR; NULL on all ranks but the first */
    int reserve;               /* an unnamed file in DIR, -1: released */
} sx_report_folder;

typedef struct sx_report_folder_options {
    const char *dir;     /* must outlive the folder */
    const char *command; /* "predict", for messages */
    bool overwrite;      /* replace the results of an earlier run */
    bool first;          /* this is rank 0, which claims the folder */
} sx_report_folder_options;

/* What a run will write. */
typedef struct sx_report_contents {
    bool tables, overlays, heat_maps, numbers;
    const char *const *names; /* [count] of all films' pictures, of all ranks */
    size_t count;
} sx_report_contents;

/* Creates and claims DIR and searches for an earlier run's results (base/run_folder.h). `o` must
 * not move afterwards. Errors: SX_ERR_IO, which names the path; SX_ERR_MEMORY. */
bool sx_report_folder_open(sx_report_folder *o, const sx_report_folder_options *options,
                           sx_error *err) SX_MUST_USE;
/* Removes an earlier run's results, lists this one's, creates DIR/overlays and DIR/heat as needed
 * and reserves space for the tables. Ranks other than the first do nothing; none may write before
 * the first has returned. */
bool sx_report_folder_begin(sx_report_folder *o, const sx_report_contents *contents,
                            sx_error *err) SX_MUST_USE;
/* Writes the tables; `last`: releases the reserve first. */
bool sx_report_folder_tables(sx_report_folder *o, const sx_report *r, bool last,
                             sx_error *err) SX_MUST_USE;
/* Draws a film's picture, overlays/NAME.png. From any thread, for different films at once, as the
 * next two. */
bool sx_report_folder_overlay(const sx_report_folder *o, const sx_context *context,
                              const sx_prediction *prediction, double min_score, const char *name,
                              sx_error *err) SX_MUST_USE;
/* The same for its heat maps: heat/NAME.png, and with `numbers` also heat/NAME.csv. */
bool sx_report_folder_heat(const sx_report_folder *o, const sx_prediction *prediction, bool numbers,
                           const char *name, sx_error *err) SX_MUST_USE;
/* After a successful open or for {.reserve = -1}; also releases the reserve. Not `finished`: the
 * next run replaces the results without --overwrite. */
void sx_report_folder_close(sx_report_folder *o, bool finished);

#endif
