#define _GNU_SOURCE
#include "base/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/claim_impl.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/names.h"

struct sx_run_folder {
    const sx_run_folder_rules *rules;
    sx_claim *claim;
    sx_names listed;             /* by the journal of earlier runs, and results by the rules */
    char command[64], since[32]; /* of the last of them */
    bool finished;               /* it was */
    bool other_kind;             /* the journal lists a file that these rules do not name */
    bool begun;
};

/* ---- what is there ---- */

/* The index of the pattern that a name matches; pattern_count: none. */
static size_t pattern_of(const sx_run_folder_rules *r, const char *name) {
    size_t i = sx_starts_with(sx_path_base(name), SX_CLAIM_PREFIX) ? r->pattern_count : 0;
    while (i < r->pattern_count && fnmatch(r->patterns[i], name, FNM_PATHNAME | FNM_NOESCAPE) != 0)
        i++;
    return i;
}

static bool is_file(const sx_run_folder *f, const char *name) {
    struct stat st;
    if (fstatat(f->claim->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0) return !S_ISDIR(st.st_mode);
    return errno != ENOENT && errno != ENOTDIR;
}

static bool read_line(sx_run_folder *f, char *line, char *command, char *since, sx_error *err) {
    bool fresh;
    (void)sscanf(line, "command %63[^\n]", command);
    (void)sscanf(line, "started %31[^\n]", since);
    if (strcmp(line, "results") == 0) {
        f->finished = false;
        memcpy(f->command, command, sizeof f->command);
        memcpy(f->since, since, sizeof f->since);
    }
    if (sx_starts_with(line, "finished ")) f->finished = true;
    const char *name = sx_claim_named(line, "file");
    if (!name) return true;
    if (pattern_of(f->rules, name) < f->rules->pattern_count)
        return sx_names_put(&f->listed, name, 0, &fresh, err);
    f->other_kind = f->other_kind || is_file(f, name);
    return true;
}

static bool read_journal(sx_run_folder *f, sx_error *err) {
    char command[64] = "", since[32] = "", *text = sx_claim_earlier(f->claim, err), *rest = text;
    bool ok = text != NULL;
    for (char *line; ok && (line = strsep(&rest, "\n")) != NULL;)
        ok = read_line(f, line, command, since, err);
    free(text);
    return ok;
}

/* The results found; all names exist. */
typedef struct findings {
    char listed[256], unlisted[256], lasting[256];
} findings;

static void find_one(const sx_run_folder *f, const char *name, findings *found) {
    const size_t pattern = pattern_of(f->rules, name);
    if (pattern == f->rules->pattern_count || !is_file(f, name)) return;
    char *to = sx_names_find(&f->listed, name) >= 0 ? found->listed : found->unlisted;
    if (!*to) snprintf(to, sizeof found->listed, "%s", name);
    if (pattern < f->rules->lasting_count && !found->lasting[0])
        snprintf(found->lasting, sizeof found->lasting, "%s", name);
}

/* Examines the files of one folder; a missing folder has none. */
static bool find_in(const sx_run_folder *f, const char *folder, findings *found, sx_error *err) {
    char *path = sx_path_join(f->claim->dir, folder);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", f->claim->dir);
    DIR *d = opendir(path);
    bool ok = d || errno == ENOENT || sx_fail_errno(err, path, "open the folder");
    for (struct dirent *e; d && ok && (errno = 0, e = readdir(d)) != NULL;) {
        char *name = sx_path_join(folder, e->d_name);
        ok = name || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
        if (ok) find_one(f, name, found);
        free(name);
        errno = 0;
    }
    if (d && ok && errno) ok = sx_fail_errno(err, path, "read the folder");
    if (d) closedir(d);
    free(path);
    return ok;
}

static bool find_results(const sx_run_folder *f, findings *found, sx_error *err) {
    *found = (findings){ .listed = "" };
    bool ok = find_in(f, "", found, err);
    for (size_t i = 0; ok && i < f->rules->folder_count; i++)
        ok = find_in(f, f->rules->folders[i], found, err);
    return ok;
}

/* ---- what may be done ---- */

static bool judge(const sx_run_folder *f, const findings *found, sx_error *err) {
    const sx_run_folder_rules *r = f->rules;
    const char *dir = f->claim->dir;
    if (f->other_kind)
        return sx_fail(err, SX_ERR_IO, "%s: holds results of %s, %s; choose another folder", dir,
                       f->command, f->since);
    if (r->resume && (found->lasting[0] || !found->unlisted[0])) return true;
    if (found->unlisted[0])
        return sx_fail(err, SX_ERR_IO,
                       "%s/%s: is not listed by the journal of an earlier run; remove it or "
                       "choose another folder",
                       dir, found->unlisted);
    if (!found->listed[0] || r->overwrite) return true;
    if (f->finished)
        return sx_fail(err, SX_ERR_IO, "%s: holds results of %s, %s; %s", dir, f->command, f->since,
                       r->advice);
    return !found->lasting[0] ||
           sx_fail(err, SX_ERR_IO, "%s: holds %s of a run that did not finish (%s, %s); %s", dir,
                   found->lasting, f->command, f->since, r->advice);
}

sx_run_folder *sx_run_folder_open(const char *dir, const sx_run_folder_rules *rules,
                                  sx_error *err) {
    findings found;
    sx_run_folder *f = sx_calloc_for(1, sizeof *f, "a folder", err);
    if (!f) return NULL;
    f->rules = rules;
    f->claim = sx_claim_open(dir, rules->command, err);
    if (f->claim && read_journal(f, err) && find_results(f, &found, err) && judge(f, &found, err))
        return f;
    sx_run_folder_close(f, false);
    return NULL;
}

sx_claim *sx_run_folder_claim(const sx_run_folder *f) {
    return f->claim;
}

/* ---- beginning ---- */

static bool put_line(sx_run_folder *f, const char *line, sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%s\n", line);
    const bool ok = sx_claim_append(f->claim, &text, err);
    sx_str_free(&text);
    return ok;
}

/* A killed run that wrote this file through a temporary name (base/writer.h) left a journal for
 * it. */
static void clean_up_beside(const sx_run_folder *f, const char *name) {
    sx_str path = { 0 }, journal = { 0 };
    char journal_name[256];
    const size_t folder = (size_t)(sx_path_base(name) - name);
    sx_claim_journal_name(name + folder, journal_name);
    sx_str_printf(&path, "%s/%s", f->claim->dir, name);
    sx_str_printf(&journal, "%s/%.*s%s", f->claim->dir, (int)folder, name, journal_name);
    if (!path.failed && !journal.failed && sx_path_exists(journal.data))
        sx_claim_close(sx_claim_open_name(path.data, f->rules->command, NULL));
    sx_str_free(&path);
    sx_str_free(&journal);
}

static bool remove_results(sx_run_folder *f, sx_error *err) {
    sx_claim *c = f->claim;
    for (size_t i = 0; i < f->listed.count; i++)
        sx_claim_remove(c, f->listed.items[i]);
    for (size_t i = 0; i < f->rules->folder_count; i++)
        sx_claim_remove_empty(c, f->rules->folders[i]);
    return sx_claim_restart_journal(c, f->rules->command, err) && put_line(f, "results", err);
}

/* The line is written first: if the run is killed while it removes results, the folder counts as
 * unfinished. */
bool sx_run_folder_begin(sx_run_folder *f, sx_error *err) {
    if (!put_line(f, "results", err)) return false;
    f->begun = true;
    for (size_t i = 0; i < f->listed.count; i++)
        clean_up_beside(f, f->listed.items[i]);
    return f->rules->resume || remove_results(f, err);
}

bool sx_run_folder_list(sx_run_folder *f, const char *const *names, size_t count, sx_error *err) {
    sx_str text = { 0 };
    for (size_t i = 0; i < count; i++) {
        sx_str_add(&text, "file ");
        sx_claim_put_name(&text, names[i]);
        sx_str_add(&text, "\n");
    }
    pthread_mutex_lock(&f->claim->lock);
    const bool ok = sx_claim_append(f->claim, &text, err);
    pthread_mutex_unlock(&f->claim->lock);
    sx_str_free(&text);
    return ok;
}

/* ---- ending ---- */

/* If a power failure truncates the journal, the results would be considered unfinished. */
static void put_end(sx_run_folder *f) {
    char now[32], line[64]; /* no memory is needed, so that a complete run cannot fail here */
    sx_timestamp(now, sizeof now);
    const int n = snprintf(line, sizeof line, "finished %s\n", now);
    const sx_str text = { .data = line, .len = (size_t)n };
    if (sx_claim_append(f->claim, &text, NULL)) (void)fsync(f->claim->journal);
}

void sx_run_folder_close(sx_run_folder *f, bool finished) {
    if (!f) return;
    if (f->begun && finished) put_end(f);
    if (f->begun)
        sx_claim_leave(f->claim);
    else
        sx_claim_close(f->claim);
    sx_names_free(&f->listed);
    free(f);
}
