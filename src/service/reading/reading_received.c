#include "service/reading/reading_received.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/writer.h"
#include "data/deidentify.h"
#include "service/reading/folder_owner.h"

/* A film that exists now, or is about to. */
typedef struct received_film {
    char *path; /* of the copy; NULL: it was refused */
    char study[65], patient[65], series[65], image[65];
} received_film;

typedef struct received_run {
    const sx_reading_import_options *o;
    const sx_reading_received *received;
    sx_paths files;       /* that the node received */
    received_film *films; /* [files.count] */
    char *out;
} received_run;

/* ---- what was received ---- */

static bool take_path(void *user, const sx_db_row *row, sx_error *err) {
    received_run *r = user;
    char *path = sx_path_join(r->o->folder, sx_db_get_text(row, 0));
    const bool ok = path ? sx_paths_add(&r->files, path, err)
                         : sx_fail(err, SX_ERR_MEMORY, "out of memory for films");
    free(path);
    return ok;
}

#define RECEIVED "SELECT path FROM instance WHERE is_film = 1 AND state <> 'deleted'"

static bool list_study(sx_db *db, received_run *r, const char *study, sx_error *err) {
    const size_t before = r->files.count;
    const sx_db_value value = sx_db_text(study);
    return sx_db_query(db, RECEIVED " AND study_uid = ? ORDER BY series_uid, sop_uid", &value, 1,
                       take_path, r, err) &&
           (r->files.count > before ||
            sx_fail(err, SX_ERR_MISSING, "%s: no film of this study is here", study));
}

static bool list_received(sx_db *db, received_run *r, sx_error *err) {
    const sx_reading_received *x = r->received;
    for (size_t i = 0; i < x->study_count; i++)
        if (!list_study(db, r, x->studies[i], err)) return false;
    if (!x->study_count && !sx_db_query(db, RECEIVED " ORDER BY study_uid, series_uid, sop_uid",
                                        NULL, 0, take_path, r, err))
        return false;
    return r->files.count || sx_fail(err, SX_ERR_MISSING, "no film was received");
}

/* ---- the project's folder ---- */

/* The key of all imports of the project. */
static bool read_key(const sx_reading_import_options *o, const char *project, sx_file *key,
                     sx_error *err) {
    static const sx_writer_options options = { .private_file = true, .keep_existing = true };
    char below[80];
    uint8_t random[32];
    sx_format(below, sizeof below, "reading/%s/key", project);
    char *path = sx_path_join(o->folder, below);
    bool ok = path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    if (ok && !sx_path_exists(path)) {
        sx_error why = { 0 };
        ok = sx_random_bytes(random, sizeof random, err);
        /* one that another import has just made serves as well */
        if (ok && !sx_write_file_with(path, random, sizeof random, &options, &why))
            ok = sx_path_exists(path) || sx_fail(err, why.code, "%s", why.message);
        ok = ok && sx_give_to_owner_of(o->folder, path, err);
    }
    ok = ok && sx_file_open(key, path, err);
    free(path);
    return ok;
}

static bool make_out(received_run *r, const char *project, sx_error *err) {
    char below[80];
    sx_format(below, sizeof below, "reading/%s/films", project);
    r->out = sx_path_join(r->o->folder, below);
    r->films = sx_calloc_for(r->files.count, sizeof *r->films, "films", err);
    if (!r->films) return false;
    return r->out ? sx_make_folders_in(r->o->folder, below, err)
                  : sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
}

/* ---- de-identification ---- */

/* Pairs of one film, in the thread of that film. */
static void take_written(void *user, size_t file, const sx_deid_pair *pairs) {
    received_run *r = user;
    received_film *f = &r->films[file];
    char name[80];
    for (int i = 0; i < SX_DEID_PAIRS; i++) {
        const char *kind = pairs[i].kind;
        char *to = strcmp(kind, "patient") == 0  ? f->patient
                   : strcmp(kind, "study") == 0  ? f->study
                   : strcmp(kind, "series") == 0 ? f->series
                                                 : f->image;
        sx_format(to, sizeof f->image, "%s", pairs[i].now);
    }
    sx_format(name, sizeof name, "%s.dicom", f->image);
    f->path = sx_path_join(r->out, name);
}

static void pass_refused(void *user, const sx_error *why) {
    const sx_reading_received *x = user;
    if (x->refused) x->refused(x->user, why);
}

static bool deidentify(received_run *r, const sx_file *key, size_t *refused, sx_error *err) {
    sx_deidentify_totals totals;
    const sx_deidentify d = {
        .files = &r->files,
        .out = r->out,
        /* text is no reason to leave a film out: the import holds it, and the manager decides */
        .options = { .key = key->data, .key_size = key->size, .text = SX_DEID_TEXT_KEEP },
        .context = r->o->context,
        .refused = pass_refused,
        .written = take_written,
        .ctx = (void *)(uintptr_t)r->received,
        .written_ctx = r,
    };
    if (!sx_deidentify_run(&d, &totals, err)) return false;
    *refused = totals.refused;
    return true;
}

/* ---- import ---- */

/* A message about a copy names what was received, because nobody knows the names of copies. */
static void name_received(const received_run *r, sx_error *err) {
    for (size_t i = 0; r->films && i < r->files.count; i++)
        if (r->films[i].path) sx_fail_rename(err, r->films[i].path, r->files.items[i]);
}

/* After an import that failed or left films out: copies that are no films of the project. If the
 * database does not tell, for instance because the server was lost during the commit, they stay. */
static void remove_copies(sx_db *db, const sx_reading_project *project, const received_run *r) {
    for (size_t i = 0; r->films && i < r->files.count; i++) {
        const received_film *f = &r->films[i];
        const sx_db_value values[] = { sx_db_int(project->id), sx_db_text(f->image) };
        int64_t id;
        bool found;
        sx_error unknown = { 0 };
        if (!f->path ||
            !sx_db_query_int(db, "SELECT id FROM reading_film WHERE project = ? AND image_id = ?",
                             values, 2, &id, &found, &unknown) ||
            found)
            continue;
        if (unlink(f->path) != 0 && errno != ENOENT)
            sx_log(r->o->context, SX_LOG_WARNING, "%s: cannot be removed: %s", f->path,
                   strerror(errno));
    }
}

/* In the thread of the import. */
static void pass_locked(void *user, const sx_error *why) {
    const received_run *r = user;
    sx_error named = *why;
    name_received(r, &named);
    pass_refused((void *)(uintptr_t)r->received, &named);
}

static bool import_copies(sx_db *db, const sx_reading_project *project, received_run *r,
                          sx_reading_import_counts *counts, sx_error *err) {
    sx_manifest m = { 0 };
    m.films = sx_calloc_for(r->files.count, sizeof *m.films, "films", err);
    bool ok = m.films != NULL;
    for (size_t i = 0; ok && i < r->files.count; i++) {
        const received_film *f = &r->films[i];
        if (!*f->image) continue;
        m.films[m.film_count++] = (sx_manifest_film){ .id = f->image,
                                                      .path = f->path,
                                                      .study = f->study,
                                                      .series = f->series,
                                                      .patient = f->patient };
        ok = f->path ? sx_give_to_owner_of(r->o->folder, f->path, err)
                     : sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    }
    if (ok && !m.film_count)
        ok = sx_fail(err, SX_ERR_MISSING, "none of the %zu films could be de-identified",
                     r->files.count);
    sx_reading_import_options o = *r->o;
    o.locked = pass_locked;
    o.locked_user = r;
    ok = ok && sx_reading_import(db, project, &m, &o, counts, err);
    free(m.films);
    return ok;
}

/* The project has one folder: whoever comes second can only wait. */
static sx_claim *claim_copies(const char *out, const char *project, sx_error *err) {
    bool taken;
    sx_claim *claim = sx_claim_try_name(out, "reading import", &taken, err);
    if (taken)
        sx_fail(err, SX_ERR_MISMATCH,
                "%s: another import of received films into this project is running; repeat this "
                "one when it has ended",
                project);
    return claim;
}

/* The claim ends after the removal: otherwise another import could take a copy up that is about to
 * be removed. */
static bool import_claimed(sx_db *db, const sx_reading_project *project, received_run *r,
                           sx_reading_received_counts *counts, sx_error *err) {
    sx_file key = { 0 };
    sx_claim *claim = claim_copies(r->out, project->key, err);
    const bool ok = claim && read_key(r->o, project->key, &key, err) &&
                    deidentify(r, &key, &counts->refused, err) &&
                    import_copies(db, project, r, &counts->films, err);
    if (!ok) name_received(r, err);
    if (!ok || counts->films.locked) remove_copies(db, project, r);
    sx_claim_close(claim);
    sx_file_close(&key);
    return ok;
}

bool sx_reading_import_received(sx_db *db, const sx_reading_project *project,
                                const sx_reading_received *received,
                                const sx_reading_import_options *options,
                                sx_reading_received_counts *counts, sx_error *err) {
    received_run r = { .o = options, .received = received };
    *counts = (sx_reading_received_counts){ 0 };
    const bool ok = list_received(db, &r, err) && make_out(&r, project->key, err) &&
                    import_claimed(db, project, &r, counts, err);
    for (size_t i = 0; r.films && i < r.files.count; i++)
        free(r.films[i].path);
    free(r.films);
    free(r.out);
    sx_paths_free(&r.files);
    return ok;
}
