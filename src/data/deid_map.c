#define _GNU_SOURCE /* F_OFD_SETLK */
#include "data/deid_map.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/writer.h"

/* MAP.unfinished has a line for each row: kind, was and now, with a tab between them. Backslashes,
 * tabs and line feeds in them are escaped. Two other lines come first: "check", with a text that
 * depends on the key, and with a random key "key" and the key in hexadecimal. */
static const char first_line[] = "spinexr map 1\n", check_kind[] = "check", key_kind[] = "key";
static const char check_text[] = "the key of this map";
enum { KEY_HEX = 2 * SX_DEID_KEY, CHECK_SIZE = 24 };

struct sx_deid_map {
    char *path, *journal; /* of the map; of MAP.unfinished */
    int fd;               /* of the journal; -1: there is none yet */
    const sx_deid_options *o;
    bool new_key, failed;
    bool begun;    /* the journal is locked, and it is this run's */
    bool existing; /* the map exists and has exactly the rows of the journal */
    char check[CHECK_SIZE], key[KEY_HEX + 1]; /* in the journal; "": none */
    sx_names rows;                            /* lines without line feed */
    off_t end, size; /* of the last whole line; of the journal as it was read */
    pthread_mutex_t lock;
};

/* ---- lines ---- */

static void put_escaped(sx_str *line, const char *text) {
    for (const char *p = text; *p; p++) {
        if (*p == '\\')
            sx_str_add(line, "\\\\");
        else if (*p == '\t')
            sx_str_add(line, "\\t");
        else if (*p == '\n')
            sx_str_add(line, "\\n");
        else
            sx_str_append(line, p, 1);
    }
}

static void put_line(sx_str *s, const char *kind, const char *was, const char *now) {
    put_escaped(s, kind);
    sx_str_add(s, "\t");
    put_escaped(s, was);
    sx_str_add(s, "\t");
    put_escaped(s, now);
}

/* Splits a line into its three fields, in place. False: it is none. */
static bool read_line(char *line, char *fields[3]) {
    for (int i = 0; i < 3; i++) {
        char *to = fields[i] = strsep(&line, "\t");
        if (!to) return false;
        for (const char *from = to; *from; from++) {
            char c = *from;
            if (c == '\\' && from[1]) {
                c = *++from;
                c = c == 't' ? '\t' : c == 'n' ? '\n' : c;
            }
            *to++ = c;
        }
        *to = '\0';
    }
    return !line;
}

/* ---- reading the journal ---- */

static char *journal_of(const char *path) {
    sx_str s = { 0 };
    sx_str_printf(&s, "%s.unfinished", path);
    if (s.failed) sx_str_free(&s);
    return s.data;
}

static bool fail_memory(sx_error *err) {
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for the map");
}

static bool take_line(sx_deid_map *m, const char *text, size_t n, sx_error *err) {
    char *line = sx_calloc_for(n + 1, 1, "the map", err), *fields[3];
    bool fresh, ok = line != NULL;
    if (!ok) return false;
    memcpy(line, text, n);
    char *copy = sx_strdup(line);
    if (!copy)
        ok = fail_memory(err);
    else if (!read_line(copy, fields))
        ok = sx_fail(err, SX_ERR_FORMAT, "%s: a line that is no row of a map", m->journal);
    else if (strcmp(fields[0], check_kind) == 0)
        snprintf(m->check, sizeof m->check, "%s", fields[2]);
    else if (strcmp(fields[0], key_kind) == 0)
        snprintf(m->key, sizeof m->key, "%s", fields[2]);
    else
        ok = sx_names_put(&m->rows, line, 0, &fresh, err);
    free(copy);
    free(line);
    return ok;
}

/* A line without its end was not finished: its film does not exist. */
static bool read_lines(sx_deid_map *m, const sx_file *f, sx_error *err) {
    const char *text = (const char *)f->data, *end = text + f->size;
    const size_t head = sizeof first_line - 1;
    m->end = 0;
    /* killed before the first line was written */
    if (f->size < head && memcmp(text, first_line, f->size) == 0) return true;
    if (f->size < head || memcmp(text, first_line, head) != 0 || memchr(text, '\0', f->size))
        return sx_fail(err, SX_ERR_FORMAT, "%s: is not what an unfinished run left of a map",
                       m->journal);
    for (const char *at = text + head, *stop; at < end; at = stop + 1) {
        m->end = at - text;
        stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) return true;
        if (!take_line(m, at, (size_t)(stop - at), err)) return false;
    }
    m->end = (off_t)f->size;
    return true;
}

/* *found: there is a journal. */
static bool read_journal(sx_deid_map *m, bool *found, sx_error *err) {
    sx_file f;
    *found = sx_path_exists(m->journal);
    if (!*found) return true;
    if (!sx_file_open(&f, m->journal, err)) return false;
    const bool ok = read_lines(m, &f, err);
    m->size = (off_t)f.size;
    sx_file_close(&f);
    return ok;
}

static sx_deid_map *new_map(const char *path, sx_error *err) {
    sx_deid_map *m = sx_calloc_for(1, sizeof *m, "the map", err);
    if (!m) return NULL;
    m->fd = -1;
    m->path = sx_strdup(path);
    m->journal = journal_of(path);
    pthread_mutex_init(&m->lock, NULL);
    if (m->path && m->journal) return m;
    sx_deid_map_free(m);
    fail_memory(err);
    return NULL;
}

static bool key_from_hex(const char *hex, uint8_t key[SX_DEID_KEY]) {
    static const char digits[] = "0123456789abcdef";
    if (strlen(hex) != KEY_HEX || strspn(hex, digits) != KEY_HEX) return false;
    for (size_t i = 0; i < SX_DEID_KEY; i++)
        key[i] = (uint8_t)((strchr(digits, hex[2 * i]) - digits) << 4 |
                           (strchr(digits, hex[2 * i + 1]) - digits));
    return true;
}

bool sx_deid_map_key(const char *path, uint8_t key[SX_DEID_KEY], bool *found, sx_error *err) {
    sx_deid_map *m = new_map(path, err);
    bool there, ok = m && read_journal(m, &there, err);
    *found = ok && m->key[0];
    if (*found && !key_from_hex(m->key, key))
        ok = sx_fail(err, SX_ERR_FORMAT, "%s: its key is damaged", m->journal);
    sx_deid_map_free(m);
    return ok;
}

/* ---- opening ---- */

static int by_line(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool put_row(sx_str *csv, const char *row, sx_error *err) {
    char *copy = sx_strdup(row), *fields[3];
    if (!copy) return fail_memory(err);
    if (read_line(copy, fields)) {
        sx_csv_put(csv, fields[0]);
        sx_str_add(csv, ",");
        sx_csv_put(csv, fields[1]);
        sx_str_printf(csv, ",%s\n", fields[2]);
    }
    free(copy);
    return true;
}

/* The map as CSV. The escapes do not change the order of rows that have none. */
static bool print_map(const sx_deid_map *m, sx_str *csv, sx_error *err) {
    const char **sorted = sx_calloc_for(m->rows.count + 1, sizeof *sorted, "the map", err);
    bool ok = sorted != NULL;
    for (size_t i = 0; ok && i < m->rows.count; i++)
        sorted[i] = m->rows.items[i];
    if (ok) qsort(sorted, m->rows.count, sizeof *sorted, by_line);
    sx_str_add(csv, "kind,was,now\n");
    for (size_t i = 0; ok && i < m->rows.count; i++)
        ok = put_row(csv, sorted[i], err);
    free(sorted);
    return ok && sx_str_ok(csv, err);
}

/* The map exists: a file of others, or it was written just before the run was stopped. */
static bool check_existing(sx_deid_map *m, bool found, sx_error *err) {
    sx_str csv = { 0 };
    sx_file f;
    if (!sx_path_exists(m->path)) return true;
    bool ok = true;
    if (found && sx_file_open(&f, m->path, NULL)) {
        ok = print_map(m, &csv, err);
        m->existing = ok && f.size == csv.len && memcmp(f.data, csv.data, csv.len) == 0;
        sx_file_close(&f);
        sx_str_free(&csv);
    }
    return ok && (m->existing ||
                  sx_fail(err, SX_ERR_IO,
                          "%s: already exists; it may be an earlier run's only record of the ids: "
                          "name a new file",
                          m->path));
}

static bool check_key(const sx_deid_map *m, sx_error *err) {
    char check[CHECK_SIZE];
    if (!m->check[0]) return true;
    if (!sx_deid_subject(m->o, check_text, check, err)) return false;
    if (strcmp(check, m->check) == 0) return true;
    return sx_fail(err, SX_ERR_USAGE,
                   "%s: an unfinished run had another key: continue it %s, or name another map",
                   m->journal, m->key[0] ? "without --key" : "with that --key");
}

sx_deid_map *sx_deid_map_open(const char *path, const sx_deid_options *o, bool new_key,
                              bool *resumed, sx_error *err) {
    bool found = false;
    sx_deid_map *m = new_map(path, err);
    if (!m) return NULL;
    m->o = o;
    m->new_key = new_key;
    if (read_journal(m, &found, err) && check_existing(m, found, err) && check_key(m, err)) {
        *resumed = m->check[0] != '\0';
        return m;
    }
    sx_deid_map_free(m);
    return NULL;
}

/* ---- writing ---- */

static bool fail_write(sx_deid_map *m, sx_error *err) {
    m->failed = true;
    return sx_fail_errno(err, m->journal, "write");
}

static bool append(sx_deid_map *m, const sx_str *text, sx_error *err) {
    if (!sx_str_ok(text, err)) return false;
    for (size_t done = 0; done < text->len;) {
        const ssize_t n = write(m->fd, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR) return fail_write(m, err);
        if (n > 0) done += (size_t)n;
    }
    return fdatasync(m->fd) == 0 || fail_write(m, err);
}

/* The name of the journal is on disk before that of any film. */
static bool sync_name(const sx_deid_map *m, sx_error *err) {
    char *folder = sx_path_folder(m->journal);
    if (!folder) return fail_memory(err);
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool ok =
        fd < 0 || fsync(fd) == 0 || errno == EINVAL || sx_fail_errno(err, m->journal, "write");
    if (fd >= 0) close(fd);
    free(folder);
    return ok;
}

/* With the lock: whether another run has written to the journal or finished it since it was read.
 */
static bool is_changed(const sx_deid_map *m) {
    struct stat st;
    return fstat(m->fd, &st) != 0 || st.st_size != m->size || st.st_nlink == 0 ||
           (!m->existing && sx_path_exists(m->path));
}

static bool open_journal(sx_deid_map *m, sx_error *err) {
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct stat st;
    const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    m->fd = open(m->journal, flags, 0600);
    if (m->fd < 0) return sx_fail_errno(err, m->journal, "write");
    if (fstat(m->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return sx_fail(err, SX_ERR_IO, "%s: is not a regular file", m->journal);
    if (st.st_nlink > 1)
        return sx_fail(err, SX_ERR_IO, "%s: has another name too (a hard link): not written to",
                       m->journal);
    if (fcntl(m->fd, F_OFD_SETLK, &whole) != 0 && (errno == EAGAIN || errno == EACCES))
        return sx_fail(err, SX_ERR_IO, "%s: another run writes this map", m->journal);
    if (is_changed(m))
        return sx_fail(err, SX_ERR_IO, "%s: another run has just written this map", m->journal);
    m->begun = true;
    return (ftruncate(m->fd, m->end) == 0 && lseek(m->fd, m->end, SEEK_SET) == m->end) ||
           fail_write(m, err);
}

bool sx_deid_map_begin(sx_deid_map *m, sx_error *err) {
    char check[CHECK_SIZE], hex[KEY_HEX + 1] = "";
    sx_str head = { 0 };
    if (!open_journal(m, err) || !sync_name(m, err)) return false;
    if (m->check[0]) return true;
    if (!sx_deid_subject(m->o, check_text, check, err)) return false;
    if (m->end == 0) sx_str_add(&head, first_line);
    for (size_t i = 0; m->new_key && i < SX_DEID_KEY; i++)
        snprintf(hex + 2 * i, 3, "%02x", m->o->key[i]);
    if (m->new_key) put_line(&head, key_kind, "", hex);
    if (m->new_key) sx_str_add(&head, "\n");
    put_line(&head, check_kind, "", check);
    sx_str_add(&head, "\n");
    const bool ok = append(m, &head, err);
    sx_str_free(&head);
    return ok;
}

static bool add_rows(sx_deid_map *m, const sx_deid_pair *pairs, sx_error *err) {
    sx_str all = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < SX_DEID_PAIRS; i++) {
        sx_str line = { 0 };
        bool fresh = false;
        put_line(&line, pairs[i].kind, pairs[i].was, pairs[i].now);
        ok = sx_str_ok(&line, err) && sx_names_put(&m->rows, line.data, 0, &fresh, err);
        if (ok && fresh) sx_str_printf(&all, "%s\n", line.data);
        sx_str_free(&line);
    }
    ok = ok && (all.len == 0 || append(m, &all, err));
    sx_str_free(&all);
    return ok;
}

bool sx_deid_map_add(sx_deid_map *m, const sx_deid_pair pairs[SX_DEID_PAIRS], sx_error *err) {
    pthread_mutex_lock(&m->lock);
    bool ok = !m->failed ||
              sx_fail(err, SX_ERR_IO, "%s: an earlier row could not be written", m->journal);
    ok = ok && add_rows(m, pairs, err);
    m->failed = m->failed || !ok; /* rows that are known are not appended again */
    pthread_mutex_unlock(&m->lock);
    return ok;
}

bool sx_deid_map_finish(sx_deid_map *m, sx_error *err) {
    const sx_writer_options once = { .private_file = true, .keep_existing = !m->existing };
    sx_str csv = { 0 };
    bool ok = print_map(m, &csv, err) && sx_write_file_with(m->path, csv.data, csv.len, &once, err);
    sx_str_free(&csv);
    if (ok) ok = unlink(m->journal) == 0 || sx_fail_errno(err, m->journal, "remove");
    if (ok) {
        close(m->fd);
        m->fd = -1;
        m->begun = false;
    }
    return ok && sync_name(m, err);
}

void sx_deid_map_free(sx_deid_map *m) {
    if (!m) return;
    if (m->journal && m->begun && m->rows.count == 0 && !m->existing) (void)unlink(m->journal);
    if (m->fd >= 0) close(m->fd);
    free(m->path);
    free(m->journal);
    sx_names_free(&m->rows);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
