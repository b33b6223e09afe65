#include "service/node/watch_folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/str.h"
#include "service/node/watch_files.h"

/* Milliseconds: how long a file may remain incomplete without a change, and between two tries of a
 * file that failed. */
enum { PATIENCE = 5 * 60 * 1000, PAUSE = 60 * 1000 };

struct sx_folder_watch {
    sx_folder_watch_options o;
    char *folder;
    sx_watched_files files; /* as they were the last time */
};

sx_folder_watch *sx_folder_watch_open(const sx_folder_watch_options *options, sx_error *err) {
    sx_folder_watch *w = sx_calloc_for(1, sizeof *w, "a watched folder", err);
    if (!w) return NULL;
    w->o = *options;
    w->folder = sx_strdup(options->folder);
    if (w->folder) return w;
    free(w);
    sx_fail(err, SX_ERR_MEMORY, "out of memory for a watched folder");
    return NULL;
}

void sx_folder_watch_close(sx_folder_watch *w) {
    if (!w) return;
    sx_watched_free(&w->files);
    free(w->folder);
    free(w);
}

/* ---- one file ---- */

static void tell(const sx_folder_watch *w, const sx_watched_file *f, sx_received what,
                 const char *why) {
    if (w->o.tell) w->o.tell(w->o.user, f->path, what, why);
}

/* Our fault, or that of the folder: the file stays. */
static bool put_off(const sx_folder_watch *w, sx_watched_file *f, const char *why) {
    f->next = w->o.clock(w->o.user) + PAUSE;
    tell(w, f, SX_RECEIVED_FAILED, why);
    return false;
}

static bool refuse(const sx_folder_watch *w, sx_watched_file *f, sx_received what,
                   const char *why) {
    sx_error err = { 0 };
    tell(w, f, what, why);
    return sx_watched_refuse(f, w->folder, why, &err) || put_off(w, f, err.message);
}

static bool new_path(const char *folder, char *out, size_t size) {
    char name[SX_RANDOM_NAME];
    return sx_random_name(name, NULL) &&
           sx_format(out, size, "%s/watch-%s", folder, name) < (int)size;
}

/* The file's copy is received; then the file itself is removed. */
static bool take_copy(const sx_folder_watch *w, sx_db *db, const sx_receive_options *receive,
                      sx_watched_file *f, const char *copy) {
    static const sx_announced announced = { .source = "folder" };
    sx_error err = { 0 };
    const sx_received r = sx_receive_film(db, receive, copy, &announced, NULL, &err);
    switch (r) {
    case SX_RECEIVED_NEW:
    case SX_RECEIVED_AGAIN:
    case SX_RECEIVED_OURS:
        tell(w, f, r, "");
        return sx_watched_remove(f) || put_off(w, f, "it cannot be removed");
    case SX_RECEIVED_FAILED:
        return put_off(w, f, err.message);
    default:
        return refuse(w, f, r, err.message);
    }
}

/* True: the file has left the folder. */
static bool take_file(const sx_folder_watch *w, sx_db *db, const sx_receive_options *receive,
                      sx_watched_file *f) {
    char copy[4096];
    sx_error err = { 0 };
    bool changed = false;
    if (f->size > w->o.largest)
        return refuse(w, f, SX_RECEIVED_INVALID, "the file is larger than keep.largest_mb allows");
    if (!new_path(receive->incoming, copy, sizeof copy))
        return put_off(w, f, "there is no name for a copy");
    if (!sx_watched_copy(f, copy, &changed, &err)) return put_off(w, f, err.message);
    if (changed) return false;
    if (sx_is_whole_instance(copy)) return take_copy(w, db, receive, f, copy);
    (void)unlink(copy);
    const int64_t now = w->o.clock(w->o.user);
    if (now - f->since >= PATIENCE)
        return refuse(w, f, SX_RECEIVED_INVALID,
                      "the file is not complete, and has not changed for five minutes");
    f->next = now + (PATIENCE < 10 * w->o.stable ? PATIENCE : 10 * w->o.stable);
    return false;
}

/* ---- the folder ---- */

/* A file that is as it was keeps its time. Both lists are in the order of their paths. */
static void carry_over(const sx_watched_files *before, sx_watched_files *now) {
    size_t k = 0;
    for (size_t i = 0; i < now->count; i++) {
        sx_watched_file *f = &now->items[i];
        while (k < before->count && strcmp(before->items[k].path, f->path) < 0)
            k++;
        if (k == before->count) return;
        const sx_watched_file *b = &before->items[k];
        if (strcmp(b->path, f->path) != 0 || !sx_watched_same(b, f)) continue;
        f->since = b->since;
        f->next = b->next;
    }
}

bool sx_folder_watch_look(sx_folder_watch *w, sx_db *db, const sx_receive_options *receive,
                          size_t *taken, sx_error *err) {
    const int64_t now = w->o.clock(w->o.user);
    sx_watched_files files;
    *taken = 0;
    if (!sx_watched_list(w->folder, now, &files, err)) return false;
    carry_over(&w->files, &files);
    sx_watched_free(&w->files);
    w->files = files;
    for (size_t i = 0; i < files.count; i++) {
        sx_watched_file *f = &w->files.items[i];
        if (now - f->since >= w->o.stable && now >= f->next) *taken += take_file(w, db, receive, f);
    }
    return true;
}
