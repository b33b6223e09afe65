/* What the commands of the reading room have in common: the service's database and a project. */
#ifndef SX_CLI_READING_ARGS_H
#define SX_CLI_READING_ARGS_H

#include "cli/serve_args.h"
#include "service/reading/reading_project.h"

/* Opens the database and finds the project of the command's first argument. NULL: there is none. */
sx_db *sx_reading_open(const sx_call *call, const sx_serve_args *service,
                       sx_reading_project *project, sx_error *err) SX_MUST_USE;

#endif
