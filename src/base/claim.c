#define _GNU_SOURCE /* F_OFD_SETLK */
#include "base/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/claim_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/rng.h"

const char *sx_claim_dir(const sx_claim *c) {
    return c->dir;
}

/* ---- the lock ---- */

/* Whether the journal names the run that holds the lock: not if that run has not written its name
 * yet, so that the journal is empty or names an earlier run. */
static bool is_holder(const sx_claim_owner *o) {
    char host[128];
    sx_claim_host(host, sizeof host);
    return o->process > 0 && !o->finished &&
           (strcmp(o->host, host) != 0 || sx_claim_owner_lives(o));
}

static bool fail_taken(sx_claim *c, const sx_claim_owner *o, sx_error *err) {
    c->taken = true;
    if (!is_holder(o))
        return sx_fail(err, SX_ERR_IO,
                       "%s: another run is beginning to write there; wait for it or choose another "
                       "folder",
                       c->place);
    return sx_fail(err, SX_ERR_IO,
                   "%s: another run writes there: %s, process %ld on %s, since %s; wait for it or "
                   "choose another folder",
                   c->place, o->command, o->process, o->host, o->since);
}

/* On a file system without locks, a run on this machine is recognised by its process; nothing is
 * known about runs on other machines. */
static bool judge_by_owner(sx_claim *c, sx_error *err) {
    char host[128];
    sx_claim_owner o;
    struct stat st;
    if (fstat(c->journal, &st) == 0 && st.st_size == 0) return true;
    sx_claim_read_owner(c, &o);
    sx_claim_host(host, sizeof host);
    if (o.finished) return true;
    if (strcmp(o.host, host) != 0)
        return sx_fail(err, SX_ERR_IO,
                       "%s: a run on %s writes or wrote there, and this file system has no locks; "
                       "remove %s/%s if that run is over",
                       c->place, o.process > 0 ? o.host : "an unknown machine", c->dir,
                       c->journal_name);
    return !sx_claim_owner_lives(&o) || fail_taken(c, &o, err);
}

/* False with *again: the file was removed between opening and locking, so that the lock is on a
 * file that no other process can open. */
static bool lock_journal(sx_claim *c, bool *again, sx_error *err) {
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct stat held, named;
    *again = false;
    if (fcntl(c->journal, F_OFD_SETLK, &whole) != 0) {
        if (errno == EAGAIN || errno == EACCES) {
            sx_claim_owner o;
            sx_claim_read_owner(c, &o);
            return fail_taken(c, &o, err);
        }
        return judge_by_owner(c, err);
    }
    *again = fstat(c->journal, &held) != 0 ||
             fstatat(c->folder, c->journal_name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
             held.st_ino != named.st_ino || held.st_dev != named.st_dev;
    return !*again;
}

static bool open_journal(sx_claim *c, sx_error *err) {
    struct stat st;
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    for (bool again = true; again;) {
        if (c->journal >= 0) close(c->journal);
        c->journal = openat(c->folder, c->journal_name, flags, 0644);
        if (c->journal < 0) return sx_fail_errno(err, c->dir, "write there");
        if (fstat(c->journal, &st) != 0 || !S_ISREG(st.st_mode))
            return sx_fail(err, SX_ERR_IO, "%s/%s: is not a regular file", c->dir, c->journal_name);
        if (!lock_journal(c, &again, err) && !again) return false;
    }
    return true;
}

/* ---- opening and closing ---- */

static void discard(sx_claim *c) {
    if (c->journal >= 0) close(c->journal);
    if (c->folder >= 0) close(c->folder);
    for (size_t i = 0; i < c->count; i++)
        free(c->items[i].folder);
    free(c->items);
    free(c->dir);
    free(c->journal_name);
    free(c->place);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static bool claim_folder(sx_claim *c, const char *command, sx_error *err) {
    c->made_folder = !sx_path_exists(c->dir);
    if (!sx_make_dirs(c->dir, err)) return false;
    c->folder = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->folder < 0) return sx_fail_errno(err, c->dir, "open the folder");
    struct stat st;
    if (!open_journal(c, err)) return false;
    const bool fresh = fstat(c->journal, &st) == 0 && st.st_size == 0 && st.st_nlink == 1;
    if (sx_claim_begin_journal(c, command, err)) return true;
    /* nothing is left of a claim that failed; an earlier run's journal stays */
    if (fresh) unlinkat(c->folder, c->journal_name, 0);
    if (fresh && c->made_folder) rmdir(c->dir);
    return false;
}

/* Takes dir and journal, which may be NULL: out of memory. `taken` may be NULL. */
static sx_claim *open_claim(char *dir, char *journal, const char *place, const char *command,
                            bool *taken, sx_error *err) {
    sx_claim *c = sx_calloc_for(1, sizeof *c, "a claim on a folder", err);
    if (!c) {
        free(dir);
        free(journal);
        return NULL;
    }
    c->folder = c->journal = -1;
    c->dir = dir;
    c->journal_name = journal;
    c->place = sx_strdup(place);
    pthread_mutex_init(&c->lock, NULL);
    const bool ok = (dir && journal && c->place) ||
                    sx_fail(err, SX_ERR_MEMORY, "out of memory for a claim on a folder");
    if (ok && claim_folder(c, command, err)) return c;
    if (taken) *taken = c->taken;
    discard(c);
    return NULL;
}

sx_claim *sx_claim_open(const char *dir, const char *command, sx_error *err) {
    return open_claim(sx_strdup(dir), sx_strdup(SX_CLAIM_JOURNAL), dir, command, NULL, err);
}

/* A name that is too long for a file with a beginning is replaced by its hash. */
void sx_claim_journal_name(const char *base, char name[256]) {
    if (sizeof SX_CLAIM_JOURNAL + strlen(base) < 255)
        snprintf(name, 256, SX_CLAIM_JOURNAL "-%s", base);
    else
        snprintf(name, 256, SX_CLAIM_JOURNAL "-%016" PRIx64, sx_fnv1a(base, strlen(base)));
}

/* The folder of `path`, on the heap, and the name of the journal in it. NULL: out of memory. */
static char *locate_journal(const char *path, char journal[256]) {
    char *whole = sx_strdup(path);
    if (whole) whole[sx_path_length(whole)] = '\0';
    char *dir = whole ? sx_path_folder(whole) : NULL;
    sx_claim_journal_name(whole ? sx_path_base(whole) : "", journal);
    free(whole);
    return dir;
}

sx_claim *sx_claim_open_name(const char *path, const char *command, sx_error *err) {
    bool taken;
    return sx_claim_try_name(path, command, &taken, err);
}

sx_claim *sx_claim_try_name(const char *path, const char *command, bool *taken, sx_error *err) {
    char journal[256];
    char *dir = locate_journal(path, journal);
    *taken = false;
    return open_claim(dir, sx_strdup(journal), path, command, taken, err);
}

void sx_claim_sweep_name(const char *path) {
    char journal[256];
    char *dir = locate_journal(path, journal);
    char *name = dir ? sx_path_join(dir, journal) : NULL;
    const bool left = name && sx_path_exists(name);
    free(name);
    if (left)
        sx_claim_close(
            open_claim(dir, sx_strdup(journal), path, "removal of unfinished files", NULL, NULL));
    else
        free(dir);
}

static void remove_unfinished(const sx_claim *c, const sx_claim_name *item) {
    sx_str name = { 0 };
    sx_str_printf(&name, "%s%s%s", item->folder, item->folder[0] ? "/" : "", item->name);
    if (!name.failed) sx_claim_remove(c, name.data);
    sx_str_free(&name);
}

static void remove_all_unfinished(const sx_claim *c) {
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].in_use) remove_unfinished(c, &c->items[i]);
}

void sx_claim_leave(sx_claim *c) {
    if (!c) return;
    remove_all_unfinished(c);
    discard(c);
}

/* The journal goes last: what a run that is killed here has not removed is still in it. */
void sx_claim_close(sx_claim *c) {
    if (!c) return;
    remove_all_unfinished(c);
    sx_claim_end_journal(c);
    if (c->made_folder) (void)rmdir(c->dir); /* where it is empty */
    discard(c);
}

/* ---- names ---- */

/* The folder of `path` relative to the claimed one, "" for itself, on the heap. */
static char *folder_in_claim(const sx_claim *c, const char *path, sx_error *err) {
    size_t n = sx_path_length(c->dir);
    if (strcmp(c->dir, ".") == 0 && path[0] != '/' && strncmp(path, "./", 2) != 0)
        n = 0; /* "x" is in "." */
    else if (strncmp(path, c->dir, n) != 0 || (path[n] != '/' && strcmp(c->dir, "/") != 0)) {
        sx_fail(err, SX_ERR_USAGE, "%s: is not in %s", path, c->dir);
        return NULL;
    }
    while (path[n] == '/')
        n++;
    char *folder = sx_strdup(path + n);
    if (!folder) {
        sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
        return NULL;
    }
    char *slash = strrchr(folder, '/');
    *(slash ? slash : folder) = '\0';
    return folder;
}

bool sx_claim_draw_name(char name[SX_CLAIM_NAME], sx_error *err) {
    char digits[SX_RANDOM_NAME];
    if (!sx_random_name(digits, err)) return false;
    snprintf(name, SX_CLAIM_NAME, SX_CLAIM_PREFIX "%s" SX_CLAIM_ENDING, digits);
    return true;
}

/* An unused listed name of that folder, or a new entry of the list. */
static sx_claim_name *find_place(sx_claim *c, const char *folder) {
    for (size_t i = 0; i < c->count; i++)
        if (!c->items[i].in_use && strcmp(c->items[i].folder, folder) == 0) return &c->items[i];
    if (c->count == c->cap) {
        const size_t cap = c->cap ? 2 * c->cap : 8;
        sx_claim_name *items = sx_realloc(c->items, cap, sizeof *items);
        if (!items) return NULL;
        c->items = items;
        c->cap = cap;
    }
    c->items[c->count] = (sx_claim_name){ .folder = sx_strdup(folder) };
    return c->items[c->count].folder ? &c->items[c->count++] : NULL;
}

static bool list_name(sx_claim *c, sx_claim_name *place, sx_error *err) {
    if (place->name[0]) return true; /* given out before: the journal has it */
    char name[SX_CLAIM_NAME];
    sx_str line = { 0 };
    if (!sx_claim_draw_name(name, err)) return false;
    sx_str_add(&line, "temporary ");
    sx_claim_put_name(&line, place->folder);
    sx_str_printf(&line, "%s%s\n", place->folder[0] ? "/" : "", name);
    const bool ok = sx_claim_append(c, &line, err);
    sx_str_free(&line);
    if (ok) memcpy(place->name, name, sizeof name);
    return ok;
}

bool sx_claim_temporary(sx_claim *c, const char *path, char name[SX_CLAIM_NAME], sx_error *err) {
    char *folder = folder_in_claim(c, path, err);
    if (!folder) return false;
    pthread_mutex_lock(&c->lock);
    sx_claim_name *place = find_place(c, folder);
    bool ok = place || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    ok = ok && list_name(c, place, err);
    if (ok) {
        place->in_use = true;
        memcpy(name, place->name, SX_CLAIM_NAME);
    }
    pthread_mutex_unlock(&c->lock);
    free(folder);
    return ok;
}

void sx_claim_done(sx_claim *c, const char name[SX_CLAIM_NAME]) {
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->items[i].name, name) == 0) c->items[i].in_use = false;
    pthread_mutex_unlock(&c->lock);
}

/* ---- folders ---- */

bool sx_claim_make_folder(sx_claim *c, const char *path, char **temporary, sx_error *err) {
    char name[SX_CLAIM_NAME];
    *temporary = NULL;
    if (!sx_claim_temporary(c, path, name, err)) return false;
    const size_t n = sx_path_length(path);
    sx_str text = { 0 };
    sx_str_append(&text, path, n);
    const char *base = sx_path_base(sx_str_text(&text));
    const size_t above = (size_t)(base - sx_str_text(&text));
    sx_str whole = { 0 };
    sx_str_append(&whole, path, above);
    sx_str_add(&whole, name);
    bool ok = sx_str_ok(&text, err) && sx_str_ok(&whole, err);
    if (ok && mkdir(whole.data, 0777) != 0)
        ok = sx_fail_errno(err, path, "make a folder beside it");
    if (ok)
        ok = (*temporary = sx_strdup(whole.data)) != NULL ||
             sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    sx_str_free(&text);
    sx_str_free(&whole);
    return ok;
}

bool sx_claim_put_folder(sx_claim *c, char *temporary, const char *path, sx_error *err) {
    const bool named =
        rename(temporary, path) == 0 || sx_fail_errno(err, path, "rename the new folder");
    if (named) sx_claim_done(c, sx_path_base(temporary));
    free(temporary);
    return named && sx_sync_name(path, err);
}

void sx_claim_name_target(const char *temporary, const char *path, sx_error *err) {
    const size_t n = strlen(temporary);
    if (!err || strncmp(err->message, temporary, n) != 0) return;
    sx_error told = *err;
    sx_fail(err, told.code, "%.*s%s", (int)sx_path_length(path), path, told.message + n);
}
