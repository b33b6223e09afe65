#define _GNU_SOURCE /* memfd_create */
#include "service/reading/reading_csv_check.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "data/manifest.h"

static bool write_all(int fd, const char *data, size_t n, sx_error *err) {
    for (size_t at = 0; at < n;) {
        const ssize_t k = write(fd, data + at, n - at);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) return sx_fail_errno(err, "annotations.csv", "cannot write");
        at += (size_t)k;
    }
    return true;
}

bool sx_reading_csv_check(const sx_str *csv, sx_error *err) {
    char path[40];
    sx_manifest m = { 0 };
    const sx_manifest_options o = { .annotations_only = true };
    const int fd = memfd_create("annotations.csv", MFD_CLOEXEC);
    if (fd < 0) return sx_fail_errno(err, "annotations.csv", "cannot open");
    sx_format(path, sizeof path, "/proc/self/fd/%d", fd);
    bool ok = write_all(fd, csv->data, csv->len, err);
    if (ok && !sx_manifest_open(path, &o, &m, err)) {
        sx_fail_rename(err, path, "annotations.csv");
        ok = false;
    }
    sx_manifest_free(&m);
    close(fd);
    return ok;
}
