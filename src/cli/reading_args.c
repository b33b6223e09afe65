#include "cli/reading_args.h"

sx_db *sx_reading_open(const sx_call *call, const sx_serve_args *service,
                       sx_reading_project *project, sx_error *err) {
    sx_db *db = sx_serve_open_store(service, err);
    if (!db || sx_reading_project_find(db, call->inputs[0], project, err)) return db;
    sx_db_close(db);
    return NULL;
}
