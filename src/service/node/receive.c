#define _GNU_SOURCE /* sync_file_range */
#include "service/node/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"
#include "dicom/attributes.h"
#include "dicom/dataset.h"
#include "dicom/dicom_film.h"
#include "dicom/uid.h"
#include "service/store/films.h"
#include "service/store/jobs.h"

/* ---- the header ---- */

static bool fail_uid(const char *name, const char *uid, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT, *uid ? "%s is not a UID: \"%.80s\"" : "there is no %s%.80s",
                   name, uid);
}

/* The same data set has the same hash, whoever wrote the meta header. The file is not read into
 * memory as a whole: fresh pages for ten megabytes take longer than the hash. */
static bool hash_dataset(const char *path, const sx_part10 *p, char out[65], sx_error *err) {
    sx_sha256 data, both;
    char text[160];
    if (!sx_sha256_of_file(path, p->dataset, &data, err)) return false;
    sx_format(text, sizeof text, "%s\n%s", p->transfer_syntax, data.hex);
    if (!sx_sha256_of(text, strlen(text), &both, err)) return false;
    memcpy(out, both.hex, 65);
    return true;
}

static bool read_part10(const char *path, sx_part10 *p, sx_error *err) {
    sx_file_head h;
    bool ok;
    if (!sx_file_head_open(&h, path, err)) return false;
    do
        ok = sx_part10_read(p, h.file.data, h.file.size, h.whole ? err : NULL);
    while (!ok && !h.whole && sx_file_head_more(&h, err));
    sx_file_head_close(&h);
    return ok;
}

static void copy_info(const sx_film_info *info, sx_store_film *out) {
    sx_format(out->sop_uid, sizeof out->sop_uid, "%s", info->sop_uid);
    sx_format(out->sop_class, sizeof out->sop_class, "%s", info->sop_class);
    sx_format(out->transfer_syntax, sizeof out->transfer_syntax, "%s", info->transfer_syntax);
    sx_format(out->study_uid, sizeof out->study_uid, "%s", info->study_uid);
    sx_format(out->series_uid, sizeof out->series_uid, "%s", info->series_uid);
    sx_format(out->patient_id, sizeof out->patient_id, "%s", info->patient_id);
    sx_format(out->issuer, sizeof out->issuer, "%s", info->issuer);
    sx_format(out->accession, sizeof out->accession, "%s", info->accession);
    sx_format(out->study_date, sizeof out->study_date, "%s", info->study_date);
}

/* Objects that no rule for films concerns: reports, presentation states, documents and whatever
 * else has no pixels, and secondary captures in colour, which are pictures of something. Whatever
 * has a class of radiographs is a film, also if it is damaged. */
static const char *why_other(const sx_film_info *info) {
    static const char *const radiographs[] = { "1", "1.1", "1.1.1", "7.2", "7.3", "12.2" };
    static const char root[] = "1.2.840.10008.5.1.4.1.1.";
    const char *kind = sx_starts_with(info->sop_class, root) ? info->sop_class + strlen(root) : "";
    for (size_t i = 0; i < sizeof radiographs / sizeof *radiographs; i++)
        if (strcmp(kind, radiographs[i]) == 0) return NULL;
    if (strcmp(kind, "7") != 0 && !info->has_pixels) return "not a film: it has no pixels";
    if (*kind == '7' && !sx_film_is_grey(info)) return "not a film: a picture in colour";
    return NULL;
}

static bool check_uids(const sx_film *film, sx_error *err) {
    const sx_film_info *info = &film->info;
    if (film->kind != SX_FILM_DICOM)
        return sx_fail(err, SX_ERR_FORMAT, "a picture, not a DICOM instance");
    return (sx_is_uid(info->sop_uid) || fail_uid("SOP Instance UID", info->sop_uid, err)) &&
           (sx_is_uid(info->sop_class) || fail_uid("SOP Class UID", info->sop_class, err)) &&
           (sx_is_uid(info->study_uid) || fail_uid("Study Instance UID", info->study_uid, err)) &&
           (sx_is_uid(info->series_uid) || fail_uid("Series Instance UID", info->series_uid, err));
}

/* PS3.18 8.7.3.1: media of type application/dicom are files of PS3.10. */
static bool is_file(const sx_announced *a, const sx_part10 *p, sx_error *err) {
    return !a->part10 || (!p->unusual && *p->transfer_syntax) ||
           sx_fail(err, SX_ERR_FORMAT, "a data set without File Meta Information");
}

static bool read_film(const char *path, const sx_announced *a, sx_store_film *out, sx_error *err) {
    sx_part10 p;
    sx_film *film =
        sx_film_open(path, &(sx_film_options){ .header_only = true, .name = "the film" }, err);
    if (!film) return false;
    const bool ok = check_uids(film, err);
    if (ok) {
        const char *why = why_other(&film->info);
        copy_info(&film->info, out);
        out->other = why != NULL;
        sx_format(out->state, sizeof out->state, "%s", why ? "refused" : "new");
        sx_format(out->reason, sizeof out->reason, "%s", why ? why : "");
    }
    sx_film_free(film);
    return ok && read_part10(path, &p, err) && is_file(a, &p, err) &&
           hash_dataset(path, &p, out->sha256, err);
}

/* ---- the file ---- */

/* films/3f/3f..., from the UID and the contents, so that a name says nothing of the patient. */
static bool place_of(const char *folder, const sx_store_film *film, char path[SX_STORE_PATH],
                     sx_error *err) {
    sx_sha256 uid;
    if (!sx_sha256_of(film->sop_uid, strlen(film->sop_uid), &uid, err)) return false;
    sx_format(path, SX_STORE_PATH, "%s/%.2s/%.32s-%.16s.dcm", folder, uid.hex, uid.hex,
              film->sha256);
    return true;
}

/* The disk begins to write the file while its header is read and its hash computed. Only fsync says
 * that it is there. */
static void begin_sync(const char *path) {
#ifdef SYNC_FILE_RANGE_WRITE
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    (void)!sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    close(fd);
#else
    (void)path;
#endif
}

/* A file, or a folder with the names in it. `flags`: of open(). */
static bool sync_path(const char *path, int flags, sx_error *err) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    const bool ok = (fd >= 0 && fsync(fd) == 0) || sx_fail_errno(err, path, "write to disk");
    if (fd >= 0) close(fd);
    return ok;
}

/* Renames the file; `folder` is that of `to`, which sx_receive_prepare has made. If somebody has
 * removed it since, it is made again. */
static bool move_file(const char *from, const char *to, const char *folder, sx_error *err) {
    if (rename(from, to) == 0) return true;
    if (errno != ENOENT) return sx_fail_errno(err, to, "rename the film");
    return sx_make_dirs(folder, err) && sx_sync_name(folder, err) &&
           (rename(from, to) == 0 || sx_fail_errno(err, to, "rename the film"));
}

/* Moves the file to its place below the folder of the service. When it returns, its bytes and its
 * name are on disk. Not syncfs: it would wait for all that other associations and programs write.
 */
static bool keep_file(const char *root, const char *from, const char *place, sx_error *err) {
    char *to = sx_path_join(root, place), *folder = to ? sx_path_folder(to) : NULL;
    bool ok = folder || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    ok = ok && sync_path(from, O_NOFOLLOW, err) && move_file(from, to, folder, err) &&
         sync_path(folder, O_DIRECTORY, err);
    free(to);
    free(folder);
    return ok;
}

/* ---- the database ---- */

/* An object that is no film is kept and has no part in a result. A study that is not known yet gets
 * a row, so that its retention time ends. */
static bool add_other(sx_db *db, const sx_receive_options *o, const sx_store_film *film,
                      sx_error *err) {
    bool known = false, mixed;
    sx_store_study study;
    if (!sx_store_add_film(db, film, err) ||
        !sx_store_event(db, film->received, "other object", film->study_uid, film->sop_uid,
                        film->reason, err) ||
        !sx_store_find_study(db, film->study_uid, &study, &known, err))
        return false;
    return known || (sx_store_touch_study(db, film, film->received + o->quiet, &mixed, err) &&
                     sx_jobs_add_again(db, "build", film->study_uid, "", film->received,
                                       film->received + o->quiet, err));
}

static bool add_rows(sx_db *db, const sx_receive_options *o, sx_store_film *film, sx_error *err) {
    bool mixed = false;
    if (film->other) return add_other(db, o, film, err);
    if (!sx_store_add_film(db, film, err) ||
        !sx_store_touch_study(db, film, film->received + o->quiet, &mixed, err) ||
        !sx_store_event(db, film->received, "received", film->study_uid, film->sop_uid,
                        film->source, err) ||
        !sx_jobs_add(db, "predict", film->sop_uid, "", film->received, film->received, err))
        return false;
    if (mixed) /* the job dies at once, so that people are told, also if it was done before */
        return sx_store_event(db, film->received, "mixed", film->study_uid, film->sop_uid,
                              "the films of the study name more than one patient", err) &&
               sx_jobs_add_again(db, "build", film->study_uid, "", film->received, film->received,
                                 err);
    return sx_jobs_add_again(db, "build", film->study_uid, "", film->received,
                             film->received + o->quiet, err);
}

static bool commit_film(sx_db *db, const sx_receive_options *o, sx_store_film *film,
                        sx_error *err) {
    return sx_db_begin(db, err) && sx_db_end(db, add_rows(db, o, film, err), err);
}

static sx_received conflict(sx_db *db, const sx_receive_options *o, const char *path,
                            const sx_store_film *film, sx_error *err) {
    char place[SX_STORE_PATH];
    sx_error why = { 0 };
    if (!place_of("quarantine", film, place, &why) || !keep_file(o->folder, path, place, &why) ||
        !sx_store_event(db, film->received, "conflict", film->study_uid, film->sop_uid, place,
                        &why)) {
        sx_fail(err, why.code, "%s", why.message);
        return SX_RECEIVED_FAILED;
    }
    sx_fail(err, SX_ERR_MISMATCH, "%s exists with other contents; the second film is kept as %s",
            film->sop_uid, place);
    return SX_RECEIVED_CONFLICT;
}

/* Whether the film is known already; SX_RECEIVED_NEW: not yet. */
static sx_received look_up(sx_db *db, const sx_receive_options *o, const char *path,
                           const sx_store_film *film, sx_error *err) {
    sx_store_film known;
    bool found = false, taken = false, ours = false;
    if (!sx_store_is_output(db, film, &taken, &ours, err) ||
        !sx_store_find_film(db, film->sop_uid, &known, &found, err))
        return SX_RECEIVED_FAILED;
    if (ours) return SX_RECEIVED_OURS;
    if (taken) return conflict(db, o, path, film, err);
    if (!found) return SX_RECEIVED_NEW;
    if (strcmp(known.sha256, film->sha256) == 0) return SX_RECEIVED_AGAIN;
    return conflict(db, o, path, film, err);
}

static sx_received store_film(sx_db *db, const sx_receive_options *o, const char *path,
                              sx_store_film *film, sx_error *err) {
    sx_received r = look_up(db, o, path, film, err);
    if (r != SX_RECEIVED_NEW) return r;
    if (!place_of("films", film, film->path, err) || !keep_file(o->folder, path, film->path, err))
        return SX_RECEIVED_FAILED;
    if (commit_film(db, o, film, err)) return SX_RECEIVED_NEW;
    if (err->code != SX_ERR_MISMATCH) return SX_RECEIVED_FAILED;
    /* another thread was quicker with this UID; the file of the same film has the same name */
    char *moved = sx_path_join(o->folder, film->path);
    r = moved ? look_up(db, o, moved, film, err) : SX_RECEIVED_FAILED;
    free(moved);
    return r == SX_RECEIVED_NEW ? SX_RECEIVED_FAILED : r;
}

static bool as_announced(const sx_announced *a, const sx_store_film *f, sx_error *err) {
    if (a->sop_uid && strcmp(a->sop_uid, f->sop_uid) != 0)
        return sx_fail(err, SX_ERR_MISMATCH, "announced as %.80s, but the film is %s", a->sop_uid,
                       f->sop_uid);
    if (a->sop_class && strcmp(a->sop_class, f->sop_class) != 0)
        return sx_fail(err, SX_ERR_MISMATCH, "announced as of class %.80s, but the film is of %s",
                       a->sop_class, f->sop_class);
    if (a->study_uid && strcmp(a->study_uid, f->study_uid) != 0)
        return sx_fail(err, SX_ERR_MISMATCH, "announced for study %.80s, but the film is of %s",
                       a->study_uid, f->study_uid);
    return true;
}

static sx_received receive(sx_db *db, const sx_receive_options *o, const char *path,
                           const sx_announced *a, sx_film_ids *ids, sx_error *err) {
    sx_store_film film = { .size = 0 };
    struct stat st;
    if (stat(path, &st) != 0) {
        sx_fail_errno(err, path, "read");
        return SX_RECEIVED_FAILED;
    }
    film.size = (int64_t)st.st_size;
    begin_sync(path);
    const bool valid = read_film(path, a, &film, err);
    sx_format(ids->sop_class, sizeof ids->sop_class, "%s", film.sop_class);
    sx_format(ids->sop_uid, sizeof ids->sop_uid, "%s", film.sop_uid);
    if (!valid)
        return err->code == SX_ERR_MEMORY || err->code == SX_ERR_IO ? SX_RECEIVED_FAILED
                                                                    : SX_RECEIVED_INVALID;
    if (!as_announced(a, &film, err)) return SX_RECEIVED_MISMATCH;
    film.received = o->now(o->user);
    sx_format(film.source, sizeof film.source, "%s", a->source);
    sx_utf8_clean(film.source, sizeof film.source);
    return store_film(db, o, path, &film, err);
}

sx_received sx_receive_film(sx_db *db, const sx_receive_options *options, const char *path,
                            const sx_announced *announced, sx_film_ids *ids, sx_error *err) {
    sx_error ignored = { 0 };
    sx_film_ids found = { .sop_uid = "" };
    const sx_received r = receive(db, options, path, announced, &found, err ? err : &ignored);
    (void)unlink(path); /* if it is still there */
    if (ids) *ids = found;
    return r;
}

/* ---- after a crash ---- */

static bool is_known(sx_db *db, const char *place, bool *known, sx_error *err) {
    int64_t unused;
    const sx_db_value value = sx_db_text(place);
    return sx_db_query_int(db, "SELECT 1 FROM instance WHERE path = ?", &value, 1, &unused, known,
                           err);
}

/* Another machine may be about to commit a film that has just got its place. */
static bool is_old(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && time(NULL) - st.st_ctime > 3600;
}

/* A film that has its place but no row was never acknowledged. */
static bool remove_unknown(sx_db *db, const sx_receive_options *o, const char *films,
                           sx_error *err) {
    sx_paths files = { 0 };
    const size_t root = sx_path_length(o->folder) + 1;
    bool ok = sx_paths_walk(&files, films, err), known;
    for (size_t i = 0; ok && i < files.count; i++) {
        ok = is_known(db, files.items[i] + root, &known, err);
        if (ok && !known && is_old(files.items[i])) (void)unlink(files.items[i]);
    }
    sx_paths_free(&files);
    return ok;
}

/* ROOT/NAME and the folders of films in it, on disk. They are made before the first film comes: of
 * two threads that find a folder missing, one would use it before the other has synced its name. */
static bool make_places(const char *root, const char *name, sx_error *err) {
    sx_str path = { 0 };
    sx_str_printf(&path, "%s/%s/", root, name);
    const size_t n = path.len;
    bool ok = sx_str_ok(&path, err) && sx_make_dirs(path.data, err);
    for (int i = 0; ok && i < 256; i++) {
        path.len = n;
        sx_str_printf(&path, "%02x", i);
        ok = sx_str_ok(&path, err);
        /* on a full disk the service must start, too; move_file tries again */
        if (ok) (void)!sx_make_dirs(path.data, NULL);
    }
    ok = ok && sx_sync_name(path.data, err);
    sx_str_free(&path);
    return ok;
}

bool sx_receive_prepare(sx_db *db, const sx_receive_options *o, sx_error *err) {
    char *films = sx_path_join(o->folder, "films");
    const bool ok = (films || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path")) &&
                    make_places(o->folder, "films", err) &&
                    make_places(o->folder, "quarantine", err) && sx_sync_name(films, err) &&
                    sx_sync_name(o->folder, err) && sx_remove_folder(o->incoming, err) &&
                    sx_make_dirs(o->incoming, err) && remove_unknown(db, o, films, err);
    free(films);
    return ok;
}
