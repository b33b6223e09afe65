/* What the commands of the service have in common: where its settings and its database are. */
#ifndef SX_CLI_SERVE_ARGS_H
#define SX_CLI_SERVE_ARGS_H

#include "cli/command.h"
#include "service/settings.h"
#include "service/store/db.h"

/* Options of the command line; each overrides the file. */
typedef struct sx_serve_args {
    const char *config, *data, *listen;
    sx_texts weights, peers;
    long port, http_port; /* -1: not given */
    bool allow_demo, shadow, log_patients;
} sx_serve_args;
#define SX_SERVE_ARGS_DEFAULTS                                                                     \
    { .port = -1, .http_port = -1 }

#define SX_SERVE_CONFIG_OPTION(type)                                                               \
    {                                                                                              \
        "config", SX_OPT_TEXT, offsetof(type, service.config), "FILE",                             \
            "YAML file; see `serve settings` (default: none)"                                      \
    }
#define SX_SERVE_DATA_OPTION(type)                                                                 \
    {                                                                                              \
        "data", SX_OPT_TEXT, offsetof(type, service.data), "DIR",                                  \
            "films, results, database (default: as in --config)"                                   \
    }

/* The settings of the file, then of the options. Free them, also after an error. */
bool sx_serve_read_settings(const sx_serve_args *a, sx_settings *s, sx_error *err) SX_MUST_USE;

/* The database of a service that may be running. NULL: there is none; SX_ERR_MISMATCH: it has the
 * schema of another version; and other errors of sx_db_open. */
sx_db *sx_serve_open_store(const sx_serve_args *a, sx_error *err) SX_MUST_USE;

/* The same, but a database is made if there is none. */
sx_db *sx_serve_make_store(const sx_serve_args *a, sx_error *err) SX_MUST_USE;

/* A database that exists, also of an earlier version. */
sx_db *sx_serve_open_any_store(const sx_serve_args *a, sx_error *err) SX_MUST_USE;

#endif
