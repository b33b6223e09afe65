/* The films and tables that an input leads to in other folders: by a symbolic link, a column
 * `file`, or a name in COCO, VOC or data.yaml. */
#ifndef SX_CLI_NAMED_FILES_H
#define SX_CLI_NAMED_FILES_H

#include "cli/command.h"

/* An output file must be none of them, also by another name of the same file; an output folder must
 * be none of the folders of films that the input links to, nor, if the input is a folder, in one.
 * `input` is a data set, a table of one or a folder of films; another input leads to no file.
 * SX_ERR_USAGE names the option `out`, SX_ERR_MEMORY. */
bool sx_named_files_check(const sx_option *out, const char *path, const char *input,
                          sx_error *err) SX_MUST_USE;

#endif
