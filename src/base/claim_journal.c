#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/claim_impl.h"
#include "base/clock.h"
#include "base/files.h"
#include "base/mem.h"

static const char first_line[] = "spinexr run 1\n";
enum { MAX_JOURNAL = 256 << 20 };

/* ---- removing ---- */

/* A folder below the claimed one, entered name by name without following a link; -1: not there. */
static int enter(int from, const char *folder) {
    char part[256];
    int at = dup(from);
    while (at >= 0 && *folder) {
        const size_t n = strcspn(folder, "/");
        const bool upwards = n == 2 && memcmp(folder, "..", 2) == 0;
        int next = -1;
        if (n > 0 && n < sizeof part && !upwards) {
            memcpy(part, folder, n);
            part[n] = '\0';
            next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        close(at);
        at = next;
        folder += n + (folder[n] == '/');
    }
    return at;
}

static void remove_from(int at, const char *name) {
    char path[64];
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return;
    if (unlinkat(at, name, 0) == 0 || (errno != EISDIR && errno != EPERM)) return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", at);
    char *whole = sx_path_join(path, name);
    if (whole) (void)!sx_remove_folder(whole, NULL);
    free(whole);
}

void sx_claim_remove(const sx_claim *c, char *name) {
    char none[] = "", *slash = strrchr(name, '/');
    if (slash) *slash = '\0';
    const int at = enter(c->folder, slash ? name : none);
    if (at >= 0) remove_from(at, slash ? slash + 1 : name);
    if (at >= 0) close(at);
    if (slash) *slash = '/';
}

void sx_claim_remove_empty(const sx_claim *c, const char *name) {
    (void)unlinkat(c->folder, name, AT_REMOVEDIR);
}

/* ---- lines ---- */

void sx_claim_put_name(sx_str *line, const char *name) {
    for (const char *p = name; *p; p++) {
        if (*p == '\\')
            sx_str_add(line, "\\\\");
        else if (*p == '\n')
            sx_str_add(line, "\\n");
        else
            sx_str_append(line, p, 1);
    }
}

char *sx_claim_named(char *line, const char *word) {
    const size_t n = strlen(word);
    if (strncmp(line, word, n) != 0 || line[n] != ' ') return NULL;
    char *name = line + n + 1, *to = name;
    for (const char *from = name; *from; from++) {
        if (from[0] == '\\' && from[1]) {
            from++;
            *to++ = *from;
            if (*from == 'n') to[-1] = '\n';
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return name;
}

/* On a full disk, nothing is left of a line that does not fit: what is appended later would
 * continue it. */
bool sx_claim_append(const sx_claim *c, const sx_str *text, sx_error *err) {
    const off_t start = lseek(c->journal, 0, SEEK_CUR);
    if (!sx_str_ok(text, err)) return false;
    for (size_t done = 0; done < text->len;) {
        const ssize_t n = write(c->journal, text->data + done, text->len - done);
        if (n < 0 && errno != EINTR) {
            sx_fail_errno(err, c->place, "write its journal");
            if (start >= 0 && ftruncate(c->journal, start) == 0)
                (void)lseek(c->journal, start, SEEK_SET);
            return false;
        }
        if (n > 0) done += (size_t)n;
    }
    return true;
}

/* The first `size` bytes with a NUL behind. */
static char *read_journal(const sx_claim *c, size_t size, sx_error *err) {
    if (size > MAX_JOURNAL) {
        sx_fail(err, SX_ERR_LIMIT, "%s/%s: is too large to be a journal", c->dir, c->journal_name);
        return NULL;
    }
    char *text = sx_calloc_for(size + 1, 1, "a journal", err);
    for (size_t have = 0; text && have < size;) {
        const ssize_t n = pread(c->journal, text + have, size - have, (off_t)have);
        if (n <= 0) break;
        have += (size_t)n;
    }
    return text;
}

char *sx_claim_earlier(const sx_claim *c, sx_error *err) {
    return read_journal(c, (size_t)c->kept, err);
}

/* ---- who ---- */

/* The start time of a process, which together with its number identifies it. */
static unsigned long long started(long process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strrchr(text, ')'); /* the program's name may hold anything */
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

bool sx_claim_owner_lives(const sx_claim_owner *o) {
    return o->process > 0 && o->began != 0 && started(o->process) == o->began;
}

void sx_claim_host(char *host, size_t size) {
    if (gethostname(host, size) != 0) snprintf(host, size, "?");
    host[size - 1] = '\0';
}

void sx_claim_read_owner(const sx_claim *c, sx_claim_owner *o) {
    struct stat st;
    *o = (sx_claim_owner){ "?", "another command", "?", 0, 0, false };
    char *text = fstat(c->journal, &st) == 0 ? read_journal(c, (size_t)st.st_size, NULL) : NULL;
    char *rest = text, *number;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (sscanf(line, "host %127[^\n]", o->host) == 1) o->finished = false;
        if (strncmp(line, "finished ", 9) == 0) o->finished = true;
        if (sx_starts_with(line, "process ")) {
            o->process = strtol(line + 8, &number, 10);
            o->began = strtoull(number, NULL, 10);
        }
        (void)sscanf(line, "command %63[^\n]", o->command);
        (void)sscanf(line, "started %31[^\n]", o->since);
    }
    free(text);
}

/* ---- beginning and ending ---- */

bool sx_claim_is_temporary(const char *path) {
    const size_t n = sizeof SX_CLAIM_PREFIX - 1, m = sizeof SX_CLAIM_ENDING - 1;
    const size_t digits = SX_CLAIM_DIGITS, end = sx_path_length(path);
    if (end < n + digits + m) return false;
    const char *name = path + end - (n + digits + m);
    return (name == path || name[-1] == '/') && strncmp(name, SX_CLAIM_PREFIX, n) == 0 &&
           strspn(name + n, "0123456789abcdef") == digits &&
           strncmp(name + n + digits, SX_CLAIM_ENDING, m) == 0;
}

/* Removes what a killed run left. *lists: the journal names results. */
static void clean_up(const sx_claim *c, char *text, bool *lists) {
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        char *name = sx_claim_named(line, "temporary");
        if (name && sx_claim_is_temporary(name)) sx_claim_remove(c, name);
        *lists = *lists || strcmp(line, "results") == 0;
    }
}

static bool put_owner(const sx_claim *c, const char *command, sx_error *err) {
    char host[128], now[32];
    sx_str text = { 0 };
    sx_claim_host(host, sizeof host);
    sx_timestamp(now, sizeof now);
    /* an unfinished line may come before */
    sx_str_printf(&text, "%shost %s\nprocess %ld %llu\ncommand %s\nstarted %s\n",
                  c->kept > 0 ? "\n" : first_line, host, (long)getpid(), started((long)getpid()),
                  command, now);
    const bool ok =
        (ftruncate(c->journal, c->kept) == 0 && lseek(c->journal, c->kept, SEEK_SET) == c->kept) ||
        sx_fail_errno(err, c->place, "write its journal");
    const bool put = ok && sx_claim_append(c, &text, err);
    sx_str_free(&text);
    return put;
}

typedef enum line_kind { LINE_OTHER, LINE_CUT, LINE_WHOLE } line_kind;

/* Whether a line is one that a run writes, or the beginning of one. */
static line_kind kind_of(const char *line, size_t n) {
    static const char *const words[] = { "host ", "process ",   "command ", "started ",
                                         "file ", "temporary ", "results",  "finished " };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t m = strlen(words[i]);
        if (strncmp(line, words[i], n < m ? n : m) != 0) continue;
        if (n < m) return LINE_CUT;
        if (strcmp(words[i], "results") == 0) return n == m ? LINE_WHOLE : LINE_OTHER;
        const bool numbers = strcmp(words[i], "process ") == 0;
        return numbers && strspn(line + m, "0123456789 ") < n - m ? LINE_OTHER : LINE_WHOLE;
    }
    return LINE_OTHER;
}

/* A journal is ours only if the whole of it is: each part begins with the host, and only the end of
 * a part may be cut off. A file system may fill the end with zeros after a power failure. */
static bool is_journal(const char *text, size_t size) {
    const size_t first = sizeof first_line - 1, used = strlen(text);
    bool begins = true;
    for (size_t i = used; i < size; i++)
        if (text[i]) return false;
    if (memcmp(text, first_line, size < first ? size : first) != 0) return false;
    for (size_t at = first, n; at < used; at += n + 1) {
        n = strcspn(text + at, "\n");
        const line_kind kind = kind_of(text + at, n);
        if (kind == LINE_OTHER) return false;
        if (n > 0 && begins && strncmp(text + at, "host ", n < 5 ? n : 5) != 0) return false;
        begins = kind == LINE_CUT;
    }
    return true;
}

/* Nothing is written into a file of others. Of a run that was killed at once, a journal may be
 * empty or end within its first line. */
static bool check_own(const sx_claim *c, const struct stat *st, const char *text, sx_error *err) {
    if (st->st_nlink > 1)
        return sx_fail(err, SX_ERR_IO,
                       "%s/%s: has another name too (a hard link): not written to; remove it, or "
                       "choose another folder",
                       c->dir, c->journal_name);
    return is_journal(text, (size_t)st->st_size) ||
           sx_fail(err, SX_ERR_IO,
                   "%s/%s: is not the journal of a run: not written to; remove it, or choose "
                   "another folder",
                   c->dir, c->journal_name);
}

bool sx_claim_begin_journal(sx_claim *c, const char *command, sx_error *err) {
    struct stat st;
    bool lists = false;
    if (fstat(c->journal, &st) != 0) return sx_fail_errno(err, c->place, "read its journal");
    char *text = read_journal(c, (size_t)st.st_size, err);
    if (!text) return false;
    const bool own = check_own(c, &st, text, err);
    if (own) clean_up(c, text, &lists);
    free(text);
    if (!own) return false;
    c->kept = lists ? st.st_size : 0;
    return put_owner(c, command, err);
}

bool sx_claim_restart_journal(sx_claim *c, const char *command, sx_error *err) {
    c->kept = 0;
    return put_owner(c, command, err);
}

void sx_claim_end_journal(const sx_claim *c) {
    if (c->kept == 0)
        (void)unlinkat(c->folder, c->journal_name, 0);
    else
        (void)!ftruncate(c->journal, c->kept);
}
