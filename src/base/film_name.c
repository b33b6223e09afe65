#include "base/film_name.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/files.h"
#include "base/utf8.h"

const char *const sx_film_endings[SX_FILM_ENDINGS] = { ".dicom", ".dcm", ".dic", ".ima",
                                                       ".png",   ".jpg", ".jpeg" };

size_t sx_film_name_length(const char *base) {
    const size_t n = strlen(base);
    for (size_t i = 0; i < SX_FILM_ENDINGS; i++)
        if (sx_path_has_ending(base, sx_film_endings[i])) return n - strlen(sx_film_endings[i]);
    return n;
}

bool sx_is_film_name(const char *name) {
    return sx_film_name_length(name) < strlen(name);
}

void sx_film_name_stem(const char *path, char *buf, size_t size) {
    const char *base = sx_path_base(path);
    const size_t n = sx_film_name_length(base);
    size_t at = 0, step;
    for (size_t i = 0; i < n; i += step) {
        const size_t good = sx_utf8_length(base + i, n - i);
        char escape[5];
        step = good ? good : 1;
        snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)base[i]);
        const char *from = good ? base + i : escape;
        const size_t more = good ? good : 4;
        if (at + more >= size) break;
        memcpy(buf + at, from, more);
        at += more;
    }
    buf[at] = '\0';
}

void sx_film_name_upper_stem(const char *path, char stem[SX_FILM_STEM]) {
    sx_film_name_stem(path, stem, SX_FILM_STEM);
    for (char *s = stem; *s; s++)
        *s = (char)sx_to_upper(*s);
}

long sx_film_name_find(const sx_names *ids, const char *name) {
    char stem[SX_FILM_STEM];
    const long at = sx_names_find(ids, name);
    if (at >= 0) return at;
    sx_film_name_stem(name, stem, sizeof stem);
    return sx_names_find(ids, stem);
}
