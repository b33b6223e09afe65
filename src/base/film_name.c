#include "base/film_name.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compose.h"
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
    sx_compose_text(stem);
    for (char *s = stem; *s; s++)
        *s = (char)sx_to_upper(*s);
}

static bool has_marks(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] >= 0x80) return true;
    return false;
}

bool sx_film_name_equal(const char *a, size_t a_length, const char *b, size_t b_length) {
    char composed_a[SX_FILM_STEM], composed_b[SX_FILM_STEM];
    if (a_length == b_length && sx_equal_letters_n(a, b, a_length)) return true;
    if (!has_marks(a, a_length) || !has_marks(b, b_length)) return false;
    if (a_length >= SX_FILM_STEM || b_length >= SX_FILM_STEM) return false;
    snprintf(composed_a, sizeof composed_a, "%.*s", (int)a_length, a);
    snprintf(composed_b, sizeof composed_b, "%.*s", (int)b_length, b);
    sx_compose_text(composed_a);
    sx_compose_text(composed_b);
    return sx_equal_letters(composed_a, composed_b);
}

long sx_film_name_find(const sx_names *ids, const char *name) {
    char stem[SX_FILM_STEM];
    const long at = sx_names_find(ids, name);
    if (at >= 0) return at;
    sx_film_name_stem(name, stem, sizeof stem);
    return sx_names_find(ids, stem);
}
