/* Internal to the readers of data sets: which files are annotations. */
#ifndef SX_DATA_MANIFEST_TABLES_H
#define SX_DATA_MANIFEST_TABLES_H

#include "data/manifest_build.h"

/* What a split is called in names of files and folders; ends in NULL. */
extern const char *const sx_split_names[];
/* Annotations below the folder of a data set, in the order in which they are searched for; %s is
 * the name of a split. Each list ends in NULL. */
extern const char *const sx_tables_per_split[];
extern const char *const sx_tables_of_all[];
extern const char *const sx_tables_of_classes[]; /* YOLO */

/* The only table of any name in the folder, or in its folder `annotations`, that is a CSV or COCO
 * file of annotations; on the heap, NULL: there is no CSV or JSON file. Results of earlier runs do
 * not count. SX_ERR_MISMATCH: there are several; SX_ERR_MISSING: none of the files is one. */
bool sx_manifest_any_table(sx_manifest_build *b, const char *root, char **path,
                           sx_error *err) SX_MUST_USE;
/* Whether the file has the columns of annotations or image labels, or COCO's lists. The error says
 * what is missing. */
bool sx_manifest_csv_fits(const char *path, const char *label_column, sx_error *err) SX_MUST_USE;
bool sx_manifest_coco_fits(const char *path, sx_error *err) SX_MUST_USE;

#endif
