#include "pipeline/inputs.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/film_claim.h"
#include "data/film_list.h"

enum { MOST_LIST = 64 << 20 };

/* ---- headers, on all threads ---- */

typedef struct file_record {
    sx_film_claim claim;
    char *reason; /* that a file of a folder is passed over; NULL: none, or no memory */
} file_record;

typedef struct classify_job {
    char *const *paths;
    file_record *out;
} classify_job;

static void classify_files(void *ctx, size_t begin, size_t end) {
    const classify_job *l = ctx;
    for (size_t i = begin; i < end; i++) {
        sx_error why = { 0 };
        sx_film *film;
        file_record *to = &l->out[i];
        to->claim = sx_film_claim_of(l->paths[i], &film, &why);
        if (film) sx_film_free(film);
        if (to->claim >= SX_CLAIMS_OTHER) to->reason = sx_strdup(why.message);
    }
}

/* ---- a list that grows ---- */

static bool add_input(sx_inputs *in, const char *path, bool readable, sx_error *err) {
    if ((in->count & (in->count - 1)) == 0) { /* a power of two: full */
        sx_input *items = sx_realloc(in->items, in->count ? 2 * in->count : 1, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of films");
        in->items = items;
    }
    sx_input *item = &in->items[in->count];
    *item = (sx_input){ .path = sx_strdup(path), .readable = readable };
    if (!item->path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of films");
    in->count++;
    return true;
}

static void pass_over(sx_inputs *in, const char *path, const file_record *r) {
    in->passed_over++;
    if (r->reason)
        sx_log(in->context, SX_LOG_DEBUG, "passed over: %s", r->reason);
    else
        sx_log(in->context, SX_LOG_DEBUG, "passed over: %s", path);
}

/* Adds `paths`: all of them if the user named them, otherwise only those that are films. */
static bool add_all(sx_inputs *in, const sx_paths *paths, bool named, sx_error *err) {
    file_record *found = sx_calloc_for(paths->count, sizeof *found, "headers", err);
    bool ok = found != NULL;
    classify_job l = { paths->items, found };
    if (ok) sx_parallel_for(in->context, paths->count, 16, classify_files, &l);
    for (size_t i = 0; found && i < paths->count; i++) {
        if (named || found[i].claim <= SX_CLAIMS_DAMAGED)
            ok = ok && add_input(in, paths->items[i], found[i].claim == SX_CLAIMS_FILM, err);
        else
            pass_over(in, paths->items[i], &found[i]);
        free(found[i].reason);
    }
    free(found);
    return ok;
}

/* ---- arguments ---- */

/* Adds a folder that has no usable film, with the error to report. Takes over `fault`. */
static bool add_fault(sx_inputs *in, const char *dir, sx_str *fault, sx_error *err) {
    const bool ok = sx_str_ok(fault, err) && add_input(in, dir, false, err);
    if (!ok) {
        sx_str_free(fault);
        return false;
    }
    in->items[in->count - 1].fault = fault->data;
    return true;
}

static bool add_unread(sx_inputs *in, const char *dir, sx_error *err) {
    sx_str fault = { 0 };
    sx_error why = { 0 };
    sx_paths_unread_error(dir, &why);
    sx_str_add(&fault, why.message);
    return add_fault(in, dir, &fault, err);
}

static bool add_folder(sx_inputs *in, const char *dir, sx_error *err) {
    sx_paths paths = { 0 }, unread = { 0 }, results = { 0 };
    const size_t before = in->count;
    bool ok = sx_paths_walk_films(&paths, &unread, &results, dir, in->context, err) &&
              add_all(in, &paths, false, err);
    for (size_t i = 0; ok && i < unread.count; i++)
        ok = add_unread(in, unread.items[i], err);
    in->passed_over += results.count;
    if (ok && in->count == before) {
        sx_str fault = { 0 };
        sx_str_printf(&fault, "%s: no film in this folder (%zu %s examined", dir, paths.count,
                      sx_noun(paths.count, "file", "files"));
        if (results.count)
            sx_str_printf(&fault, ", %zu %s of an earlier run passed over", results.count,
                          sx_noun(results.count, "result", "results"));
        sx_str_add(&fault, ")");
        ok = add_fault(in, dir, &fault, err);
    }
    sx_paths_free(&paths);
    sx_paths_free(&unread);
    sx_paths_free(&results);
    return ok;
}

/* Adds the named files collected so far, whose headers are read in parallel. */
static bool flush(sx_inputs *in, sx_paths *named, sx_error *err) {
    bool ok = named->count == 0 || add_all(in, named, true, err);
    sx_paths_free(named);
    return ok;
}

static bool add_argument(sx_inputs *in, sx_paths *named, const char *path, sx_error *err) {
    if (!sx_path_is_dir(path)) return sx_paths_add(named, path, err);
    return flush(in, named, err) && add_folder(in, path, err);
}

typedef struct listed {
    sx_inputs *in;
    sx_paths *named;
    bool any;
} listed;

/* Adds an entry of the list. A path that does not exist is kept, so that it is reported. Two kinds
 * of entries are not kept: comments, which no file has as its name, and paths with blanks around
 * them, which the list's reader tries again without the blanks. */
static bool add_listed(void *user, const char *text, bool *known, sx_error *err) {
    listed *l = user;
    char *path = NULL;
    sx_presence presence;
    if (!sx_path_named(text, &path, &presence, err)) return false;
    const size_t n = strlen(text);
    *known = presence == SX_PATH_PRESENT ||
             (text[0] != '#' && !strchr(" \t", text[0]) && !strchr(" \t", text[n - 1]));
    l->any = l->any || *known;
    const bool ok = !*known || add_argument(l->in, l->named, path ? path : text, err);
    free(path);
    return ok;
}

/* Waits until the list has something to read. Unlike a read, poll() ends when a signal comes. */
static bool wait_for_list(const sx_context *context, int fd, sx_error *err) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    while (!sx_context_cancelled(context))
        if (poll(&p, 1, 500) != 0 && (p.revents || errno != EINTR)) return true;
    return sx_fail(err, SX_ERR_CANCELLED, "cancelled before the list of films ended");
}

static bool read_list(const sx_inputs *in, FILE *list, sx_str *text, sx_error *err) {
    char bytes[4096];
    const int fd = fileno(list);
    for (ssize_t n = 1; n != 0 && text->len < MOST_LIST;) {
        if (fd >= 0 && !wait_for_list(in->context, fd, err)) return false;
        n = fd >= 0 ? read(fd, bytes, sizeof bytes) : (ssize_t)fread(bytes, 1, sizeof bytes, list);
        if (n > 0) sx_str_append(text, bytes, (size_t)n);
        if ((n < 0 && errno != EINTR) || (fd < 0 && ferror(list)))
            return sx_fail(err, SX_ERR_IO, "the list of films cannot be read");
    }
    if (text->len >= MOST_LIST)
        return sx_fail(err, SX_ERR_LIMIT, "the list of films is larger than 64 MiB");
    return sx_str_ok(text, err);
}

static bool add_list(sx_inputs *in, sx_paths *named, FILE *list, sx_error *err) {
    sx_str text = { 0 };
    listed l = { in, named, false };
    const sx_film_list_user user = { .entry = add_listed, .user = &l, .whose = "the list" };
    bool ok = read_list(in, list, &text, err);
    sx_error why = { 0 };
    if (ok && !sx_film_list_parse("standard input", sx_str_text(&text), text.len, &user, &why))
        ok = l.any || why.code != SX_ERR_MISSING
                 ? sx_fail(err, why.code, "%s", why.message)
                 : sx_fail(err, SX_ERR_USAGE, "the list of films is empty");
    sx_str_free(&text);
    return ok;
}

/* ---- once each ---- */

/* Films are sorted by path, then by position, so the first of equal ones comes first. */
typedef struct key {
    const char *text;
    size_t at;
} key;

static int by_text(const void *a, const void *b) {
    const key *x = a, *y = b;
    int c = strcmp(x->text, y->text);
    return c ? c : (x->at > y->at) - (x->at < y->at);
}

static bool drop_repeats(sx_inputs *in, sx_error *err) {
    key *keys = sx_calloc_for(in->count, sizeof *keys, "a list of films", err);
    size_t kept = 0;
    if (!keys) return false;
    for (size_t i = 0; i < in->count; i++)
        keys[i] = (key){ in->items[i].path, i };
    qsort(keys, in->count, sizeof *keys, by_text);
    for (size_t i = in->count; i-- > 1;)
        if (strcmp(keys[i].text, keys[i - 1].text) == 0) {
            sx_input *item = &in->items[keys[i].at];
            free(item->path);
            free(item->fault);
            item->path = item->fault = NULL;
        }
    for (size_t i = 0; i < in->count; i++)
        if (in->items[i].path) in->items[kept++] = in->items[i];
    in->count = kept;
    free(keys);
    return true;
}

bool sx_inputs_collect(const sx_context *context, sx_inputs *in, const char *const *arguments,
                       size_t count, FILE *list, sx_error *err) {
    sx_paths named = { 0 };
    *in = (sx_inputs){ 0 };
    bool ok = count > 0 || sx_fail(err, SX_ERR_USAGE, "no film is given");
    in->context = context;
    for (size_t i = 0; ok && i < count; i++)
        ok = list && strcmp(arguments[i], "-") == 0 ? add_list(in, &named, list, err)
                                                    : add_argument(in, &named, arguments[i], err);
    ok = ok && flush(in, &named, err) && drop_repeats(in, err);
    sx_paths_free(&named);
    if (!ok) sx_inputs_free(in);
    return ok;
}

void sx_inputs_free(sx_inputs *in) {
    for (size_t i = 0; i < in->count; i++) {
        free(in->items[i].path);
        free(in->items[i].fault);
        free(in->items[i].id);
    }
    free(in->items);
    *in = (sx_inputs){ 0 };
}
