/* The folder that a prediction run writes into. */
#ifndef SX_REPORT_REPORT_FOLDER_H
#define SX_REPORT_REPORT_FOLDER_H

#include "report/heat_report.h"
#include "report/overlay_report.h"
#include "report/report.h"

/* Disk space for the tables is reserved before the first film runs and released when they are
 * written, so a disk that fills up meanwhile costs pictures, not findings. */
typedef struct sx_report_folder {
    const char *dir; /* borrowed; NULL: nothing is written */
    int reserve;     /* a file without a name in DIR, -1: given back */
} sx_report_folder;

/* Creates DIR, DIR/overlays and DIR/heat as needed, checks that DIR is writable, and reserves space
 * for `films` films. Errors: SX_ERR_IO, which names the path. */
bool sx_report_folder_open(sx_report_folder *o, const char *dir, size_t films, bool overlays,
                           bool heat_maps, sx_error *err) SX_MUST_USE;
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
/* After a successful open or for {.reserve = -1}; also releases the reserve. */
void sx_report_folder_close(sx_report_folder *o);

#endif
