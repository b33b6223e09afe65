#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/stand_in.h"

enum { PAGE = 4096, FIRST_BLOCK = 16 * 1024, GROWTH = 4 };

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

/* ---- mapped ---- */

bool sx_file_map(sx_file *f, const char *path, sx_error *err) {
    uint64_t size = 0;
    *f = (sx_file){ 0 };
    const int fd = open_regular(path, &size, err);
    if (fd < 0) return false;
    f->data = (const uint8_t *)"";
    if (size) {
        f->map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (f->map == MAP_FAILED) {
            sx_fail_errno(err, path, "map");
            close(fd);
            *f = (sx_file){ 0 };
            return false;
        }
        f->data = f->map;
        f->size = (size_t)size;
    }
    close(fd);
    if (check_pointer(path, f->data, f->size, err)) return true;
    sx_file_close(f);
    return false;
}

void sx_file_forget(const sx_file *f, size_t offset, size_t n) {
    if (!f->map || offset >= f->size) return;
    if (n > f->size - offset) n = f->size - offset;
    const size_t first = (offset + PAGE - 1) / PAGE * PAGE, last = (offset + n) / PAGE * PAGE;
    if (last > first) madvise((char *)f->map + first, last - first, MADV_DONTNEED);
}

/* ---- read ---- */

/* Reads until there are `want` bytes instead of `have`. A file that ends earlier was truncated
 * after it was opened. */
static bool read_to(sx_file_head *h, size_t want, sx_error *err) {
    uint8_t *bytes = sx_realloc(h->file.heap, want, 1);
    if (!bytes)
        return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for %zu bytes", h->path, want);
    h->file.heap = bytes;
    h->file.data = bytes;
    while (h->file.size < want) {
        const ssize_t n =
            pread(h->fd, bytes + h->file.size, want - h->file.size, (off_t)h->file.size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return sx_fail_errno(err, h->path, "read");
        if (n == 0)
            return sx_fail(err, SX_ERR_IO,
                           "%s: was truncated to %zu of %" PRIu64 " bytes while it was read",
                           h->path, h->file.size, h->total);
        h->file.size += (size_t)n;
    }
    return true;
}

static bool start(sx_file_head *h, const char *path, sx_error *err) {
    *h = (sx_file_head){ .fd = -1, .path = path };
    h->fd = open_regular(path, &h->total, err);
    if (h->fd < 0) return false;
    if (h->total <= SX_FILE_MAX_BYTES) return true;
    sx_fail(err, SX_ERR_LIMIT, "%s: has %" PRIu64 " bytes; at most %" PRIu64 " are read", path,
            h->total, (uint64_t)SX_FILE_MAX_BYTES);
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
    if (!start(h, path, err)) return false;
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
    sx_file_head h;
    *f = (sx_file){ 0 };
    if (!start(&h, path, err)) return false;
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
    if (f->map) munmap(f->map, f->size);
    free(f->heap);
    *f = (sx_file){ 0 };
}
