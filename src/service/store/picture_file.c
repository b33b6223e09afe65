#include "service/store/picture_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "dicom/dicom_film.h"

enum { MOST_SIDE = 8192 };

bool sx_picture_split(const void *bytes, size_t n, int *width, int *height, size_t *end) {
    uint32_t size[2];
    if (n < SX_PICTURE_HEAD) return false;
    memcpy(size, bytes, sizeof size);
    if (size[0] > MOST_SIDE || size[1] > MOST_SIDE) return false;
    *end = SX_PICTURE_HEAD + (size_t)size[0] * size[1] * 3;
    *width = (int)size[0];
    *height = (int)size[1];
    return *end <= n;
}

bool sx_picture_size(const void *bytes, size_t n, int *width, int *height) {
    size_t end;
    return sx_picture_split(bytes, n, width, height, &end) && end == n;
}

bool sx_film_png_valid(const void *bytes, size_t n) {
    static const unsigned char head[8] = { 137, 'P', 'N', 'G', 13, 10, 26, 10 };
    return n == 0 || (n > sizeof head && memcmp(bytes, head, sizeof head) == 0);
}

static char *path_of(const char *folder, const char *film, const char *ending) {
    const char *rest = strchr(film, '/');
    sx_str path = { 0 };
    sx_str_printf(&path, "%s/pictures%s.%s", folder, rest ? rest : "", ending);
    return path.failed ? (sx_str_free(&path), NULL) : path.data;
}

char *sx_picture_path(const char *folder, const char *film) {
    return path_of(folder, film, "rgb");
}

char *sx_film_png_path(const char *folder, const char *film) {
    return path_of(folder, film, "png");
}

/* ---- the picture, wherever it is ---- */

static bool open_file(sx_film_picture *p, const char *path, sx_error *err) {
    if (!sx_file_open(&p->file, path, err)) return false;
    if (!sx_picture_size(p->file.data, p->file.size, &p->width, &p->height))
        return sx_fail(err, SX_ERR_FORMAT, "%s: the picture is damaged", path);
    if (p->width && p->height) p->rgb = p->file.data + SX_PICTURE_HEAD;
    return true;
}

typedef struct capture {
    uint8_t *bytes;
    size_t n;
} capture;

static bool take_capture(void *user, const sx_db_row *row, sx_error *err) {
    capture *c = user;
    const void *bytes = sx_db_get_bytes(row, 0, &c->n);
    c->bytes = sx_calloc_for(c->n + 1, 1, "a picture", err);
    if (c->bytes && c->n) memcpy(c->bytes, bytes, c->n);
    return c->bytes != NULL;
}

/* Its pixels are the last value of the object, which this program made; an odd number of bytes is
 * padded with one. */
static bool find_pixels(sx_film_picture *p, size_t n, const char *name, sx_error *err) {
    const sx_film_options o = { .header_only = true };
    sx_film *film = sx_film_from_memory(p->object, n, name, &o, err);
    if (!film) return false;
    p->width = film->info.columns;
    p->height = film->info.rows;
    sx_film_free(film);
    const size_t pixels = (size_t)p->width * (size_t)p->height * 3, padded = pixels + pixels % 2;
    if (!pixels || padded > n)
        return sx_fail(err, SX_ERR_FORMAT, "the picture of %s is damaged", name);
    p->rgb = (const uint8_t *)p->object + n - padded;
    return true;
}

static bool open_capture(sx_film_picture *p, sx_db *db, const char *sop_uid, int64_t revision,
                         const char *weights, sx_error *err) {
    static const char sql[] = "SELECT bytes FROM output WHERE film_uid = ? AND kind = 'capture'"
                              " AND revision = ? AND emptied = 0 AND (? = '' OR weights = ?)";
    const char *by = weights ? weights : "";
    const sx_db_value values[] = { sx_db_text(sop_uid), sx_db_int(revision), sx_db_text(by),
                                   sx_db_text(by) };
    capture c = { NULL, 0 };
    const bool ok = sx_db_query(db, sql, values, 4, take_capture, &c, err);
    p->object = c.bytes;
    return ok && (!c.bytes || find_pixels(p, c.n, sop_uid, err));
}

bool sx_film_picture_open(sx_film_picture *out, sx_db *db, const char *folder, const char *film,
                          const char *sop_uid, int64_t revision, const char *weights,
                          sx_error *err) {
    char *path = sx_picture_path(folder, film);
    *out = (sx_film_picture){ .rgb = NULL };
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    const bool ok = sx_path_exists(path) ? open_file(out, path, err)
                                         : open_capture(out, db, sop_uid, revision, weights, err);
    free(path);
    return ok;
}

void sx_film_picture_close(sx_film_picture *picture) {
    sx_file_close(&picture->file);
    free(picture->object);
    *picture = (sx_film_picture){ .rgb = NULL };
}

bool sx_film_picture_remove(const char *folder, const char *film, sx_error *err) {
    char *path = sx_picture_path(folder, film);
    bool ok = path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    if (ok && unlink(path) != 0 && errno != ENOENT) ok = sx_fail_errno(err, path, "remove");
    free(path);
    return ok;
}
