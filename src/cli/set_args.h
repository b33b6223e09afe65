/* What the commands that write data sets have in common. */
#ifndef SX_CLI_SET_ARGS_H
#define SX_CLI_SET_ARGS_H

#include "cli/command.h"
#include "data/film_export.h"
#include "data/manifest_write.h"

/* The words of --to, in the order of sx_layout. */
#define SX_CLI_LAYOUTS "vindr|labels|coco|voc|yolo"

enum { SX_CLI_COUNTS = 120 };
/* "6 films, 10 boxes, 3 classes"; returns `text`. */
const char *sx_cli_set_counts(char text[SX_CLI_COUNTS], size_t films, size_t boxes, size_t classes);
/* The options --films png|png16|jpeg|dicom and --pixels dicom|vindr, -1 if not given. Returns what
 * contradicts; NULL: *to is set. */
const char *sx_cli_film_export(int films, int pixels, sx_film_export *to);
/* The layout of a choice of SX_CLI_LAYOUTS; -1, not given: SX_LAYOUT_AUTO. */
sx_layout sx_cli_layout(int choice);
/* sx_manifest_headers_readable with a progress bar, after sx_manifest_warn. Films that cannot be
 * read are left out and their errors appended to *unread. `set` names the data set; SX_ERR_MISSING:
 * no film is left. */
bool sx_cli_read_headers(const sx_call *call, const char *set, sx_manifest *m, sx_paths *unread,
                         sx_error *err) SX_MUST_USE;
/* Prints what the layout that was written does not have. `sizes_from_films`: it is YOLO without
 * --stated-sizes. */
void sx_cli_tell_losses(const sx_manifest_loss *loss, bool sizes_from_films);
/* Names the films that cannot be read. */
void sx_cli_tell_unreadable(const sx_call *call, const sx_paths *messages);

/* Lesion names that were read and identify nobody, one per line. path NULL: none. */
bool sx_cli_read_lesion_names(const char *path, sx_names *names, sx_error *err) SX_MUST_USE;

#endif
