#include "cli/serve_args.h"

#include <stdlib.h>

#include "base/files.h"
#include "base/str.h"
#include "service/reading/folder_owner.h"
#include "service/store/migrations.h"

static bool keep(sx_settings *s, const char *text, const char **to, sx_error *err) {
    if (!text) return true;
    *to = sx_arena_strdup(s->memory, text);
    return *to || sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
}

static bool keep_list(sx_settings *s, const sx_texts *texts, sx_settings_list *to, sx_error *err) {
    if (!texts->count) return true;
    to->count = 0;
    to->items = sx_arena_alloc(s->memory, (size_t)texts->count, sizeof *to->items);
    bool ok = to->items || sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
    for (int i = 0; ok && i < texts->count; i++)
        ok = keep(s, texts->items[i], &to->items[to->count++], err);
    return ok;
}

bool sx_serve_read_settings(const sx_serve_args *a, sx_settings *s, sx_error *err) {
    if (!sx_settings_init(s, err) || (a->config && !sx_settings_read(s, a->config, err)))
        return false;
    if (a->port >= 0) s->dicom.port = (int)a->port;
    if (a->http_port >= 0) s->http.port = (int)a->http_port;
    s->allow_demo = s->allow_demo || a->allow_demo;
    s->shadow = s->shadow || a->shadow;
    s->log_patients = s->log_patients || a->log_patients;
    return keep(s, a->data, &s->data, err) && keep(s, a->listen, &s->dicom.listen, err) &&
           keep_list(s, &a->weights, &s->weights, err) &&
           keep_list(s, &a->peers, &s->dicom.peers, err) && sx_settings_check(s, err);
}

/* `make`: a database that does not exist is made, in a folder that does. */
static sx_db *open_store(const sx_settings *s, bool make, sx_error *err) {
    if (*s->store) return sx_db_open(s->store, err);
    if (!*s->data) {
        sx_fail(err, SX_ERR_USAGE, "which service? Give --data DIR or --config FILE");
        return NULL;
    }
    char *path = sx_path_join(s->data, "store.sqlite");
    sx_db *db = NULL;
    if (!path)
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    else if (!make && !sx_path_exists(path))
        sx_fail(err, SX_ERR_MISSING, "%s: there is no such database", path);
    else if (make && sx_path_presence(s->data) == SX_PATH_ABSENT)
        sx_fail(err, SX_ERR_IO,
                "%s: no such folder; make it (mkdir -m 700), or start `spinexr serve`, which does",
                s->data);
    else if (!make ||
             (sx_path_check_dir(s->data, err) && sx_make_file_in(s->data, "store.sqlite", err)))
        db = sx_db_open(path, err);
    free(path);
    return db;
}

static sx_db *find_store(const sx_serve_args *a, bool make, sx_error *err) {
    sx_settings s;
    sx_db *db = sx_serve_read_settings(a, &s, err) ? open_store(&s, make, err) : NULL;
    sx_settings_free(&s);
    return db;
}

/* An earlier program may be running with the database, so that only the service changes an older
 * schema, when it starts. */
static bool check_schema(sx_db *db, bool make, sx_error *err) {
    int version;
    if (!sx_schema_check(db, &version, err)) return false;
    if (version == 0 && make) return sx_schema_migrate(db, err);
    return version == sx_schema_newest() ||
           sx_fail(err, SX_ERR_MISMATCH,
                   "the database has schema %d, and this program needs %d: start `spinexr serve` "
                   "of this version, which changes it",
                   version, sx_schema_newest());
}

static sx_db *find_ready_store(const sx_serve_args *a, bool make, sx_error *err) {
    sx_db *db = find_store(a, make, err);
    if (!db || check_schema(db, make, err)) return db;
    sx_db_close(db);
    return NULL;
}

sx_db *sx_serve_open_store(const sx_serve_args *a, sx_error *err) {
    return find_ready_store(a, false, err);
}

sx_db *sx_serve_make_store(const sx_serve_args *a, sx_error *err) {
    return find_ready_store(a, true, err);
}

sx_db *sx_serve_open_any_store(const sx_serve_args *a, sx_error *err) {
    return find_store(a, false, err);
}
