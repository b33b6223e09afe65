#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/stand_in.h"

enum { FIRST_BLOCK = 16 * 1024, GROWTH = 4 };

const char *sx_file_kind(mode_t mode) {
    if (S_ISLNK(mode)) return "symbolic link";
    if (S_ISDIR(mode)) return "folder";
    if (S_ISFIFO(mode)) return "named pipe";
    if (S_ISSOCK(mode)) return "socket";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "device";
    return "special file";
}

/* Without O_NONBLOCK, opening a named pipe would wait for its writer, and opening some devices for
 * the device. It has no effect on a regular file. */
static int open_regular(const char *path, uint64_t *size, sx_error *err) {
    struct stat st;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        const char *link = errno == ENOENT ? sx_pointer_link(path) : NULL;
        /* a socket cannot be opened; naming its type is clearer than ENXIO */
        if (link)
            sx_fail(err, SX_ERR_IO, "%s: %s", path, link);
        else if (errno == ENXIO && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
            sx_fail(err, SX_ERR_IO, "%s: is a %s, not a file", path, sx_file_kind(st.st_mode));
        else
            sx_path_fail(err, path, "open");
        return -1;
    }
    if (fstat(fd, &st) < 0)
        sx_fail_errno(err, path, "stat");
    else if (!S_ISREG(st.st_mode))
        sx_fail(err, SX_ERR_IO, "%s: is a %s, not a file", path, sx_file_kind(st.st_mode));
    else {
        *size = (uint64_t)st.st_size;
        return fd;
    }
    close(fd);
    return -1;
}

static bool check_pointer(const char *path, const uint8_t *bytes, size_t n, sx_error *err) {
    const char *pointer = sx_pointer_file(bytes, n);
    return !pointer || sx_fail(err, SX_ERR_FORMAT, "%s: %s", path, pointer);
}

/* Reads `n` bytes, or fewer if the file ends before; -1: a disk error. */
static ssize_t read_part(int fd, uint64_t offset, uint8_t *to, size_t n) {
    size_t done = 0;
    while (done < n) {
        const ssize_t got = pread(fd, to + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* ---- whole files and their beginnings ---- */

/* Reads until there are `want` bytes instead of `have`. A file that ends earlier was truncated
 * after it was opened. */
static bool read_to(sx_file_head *h, size_t want, sx_error *err) {
    uint8_t *bytes = sx_realloc(h->file.heap, want, 1);
    if (!bytes)
        return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for %zu bytes", h->path, want);
    h->file.heap = bytes;
    h->file.data = bytes;
    const ssize_t got = read_part(h->fd, h->file.size, bytes + h->file.size, want - h->file.size);
    if (got < 0) return sx_fail_errno(err, h->path, "read");
    h->file.size += (size_t)got;
    return h->file.size == want ||
           sx_fail(err, SX_ERR_IO,
                   "%s: was truncated to %zu of %" PRIu64 " bytes while it was read", h->path,
                   h->file.size, h->total);
}

static bool start(sx_file_head *h, const char *path, uint64_t limit, sx_error *err) {
    *h = (sx_file_head){ .fd = -1, .path = path };
    h->fd = open_regular(path, &h->total, err);
    if (h->fd < 0) return false;
    if (h->total <= limit) return true;
    sx_fail(err, SX_ERR_LIMIT, "%s: has %" PRIu64 " bytes; at most %" PRIu64 " are read", path,
            h->total, limit);
    sx_file_head_close(h);
    return false;
}

bool sx_file_head_more(sx_file_head *h, sx_error *err) {
    const size_t total = (size_t)h->total, had = h->file.size;
    size_t want = had ? had * GROWTH : FIRST_BLOCK;
    if (want > total) want = total;
    if (!read_to(h, want, err)) return false;
    h->whole = h->file.size == total;
    return true;
}

bool sx_file_head_open(sx_file_head *h, const char *path, sx_error *err) {
    if (!start(h, path, SX_FILE_MAX_BYTES, err)) return false;
    if (sx_file_head_more(h, err)) return true;
    sx_file_head_close(h);
    return false;
}

void sx_file_head_close(sx_file_head *h) {
    sx_file_close(&h->file);
    if (h->fd >= 0) close(h->fd);
    h->fd = -1;
}

bool sx_file_open(sx_file *f, const char *path, sx_error *err) {
    return sx_file_open_up_to(f, path, SX_FILE_MAX_BYTES, err);
}

bool sx_file_open_up_to(sx_file *f, const char *path, uint64_t limit, sx_error *err) {
    sx_file_head h;
    *f = (sx_file){ 0 };
    if (!start(&h, path, limit, err)) return false;
    const bool ok =
        read_to(&h, (size_t)h.total, err) && check_pointer(path, h.file.data, h.file.size, err);
    if (ok) {
        *f = h.file;
        h.file = (sx_file){ 0 };
    }
    sx_file_head_close(&h);
    return ok;
}

void sx_file_close(sx_file *f) {
    free(f->heap);
    *f = (sx_file){ 0 };
}

/* ---- parts ---- */

bool sx_file_parts_open(sx_file_parts *f, const char *path, sx_error *err) {
    *f = (sx_file_parts){ .fd = -1 };
    f->fd = open_regular(path, &f->size, err);
    return f->fd >= 0;
}

bool sx_file_parts_read(const sx_file_parts *f, uint64_t offset, void *to, size_t n) {
    return offset <= f->size && n <= f->size - offset &&
           read_part(f->fd, offset, to, n) == (ssize_t)n;
}

void sx_file_parts_close(sx_file_parts *f) {
    if (f->fd >= 0) close(f->fd);
    *f = (sx_file_parts){ .fd = -1 };
}
