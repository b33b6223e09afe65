#include "service/store/picture_file.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

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
