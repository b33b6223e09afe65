/* The folder that a prediction run writes into. */
#ifndef SX_REPORT_REPORT_FOLDER_H
#define SX_REPORT_REPORT_FOLDER_H

#include "report/heat_report.h"
#include "report/overlay_report.h"
#include "report/report.h"

/* Space for the tables is taken from the disk before the first film is run and given back when they
 * are written: a disk that fills up meanwhile costs pictures, not findings. */
typedef struct sx_report_folder {
    const char *dir; /* borrowed */
    bool overlays;
    char *overlay_dir; /* DIR/overlays */
    int reserve;       /* a file without a name in DIR, -1: given back */
    int named;         /* films of the next one's name that others, of other ranks, may write */
} sx_report_folder;

/* Makes the folders, sees that they can be written, takes the reserve for `films` films. Errors:
 * SX_ERR_IO names what cannot be written. */
bool sx_report_folder_open(sx_report_folder *o, const char *dir, size_t films, bool overlays,
                           sx_error *err) SX_MUST_USE;
/* Writes the tables; `last`: the reserve is given back first. */
bool sx_report_folder_tables(sx_report_folder *o, const sx_report *r, bool last,
                             sx_error *err) SX_MUST_USE;
/* Draws a film's picture into overlays/; `name` receives its path relative to the folder. Films of
 * one name in different folders get "-2", "-3", ... */
bool sx_report_folder_overlay(const sx_report_folder *o, const sx_report *r, const sx_image *film,
                              const sx_findings *f, double min_score, char *name, size_t size,
                              sx_error *err) SX_MUST_USE;
/* The same for its heat maps, into heat/, which is made when it is needed; with `numbers` also
 * heat/NAME.csv. */
bool sx_report_folder_heat(const sx_report_folder *o, const sx_report *r, const sx_predictor *p,
                           const sx_image *film, const sx_findings *f, const sx_explanation *e,
                           bool numbers, char *name, size_t size, sx_error *err) SX_MUST_USE;
void sx_report_folder_close(
    sx_report_folder *o); /* after a successful open; also gives the reserve back */

#endif
