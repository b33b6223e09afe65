/* Functions for ASCII letters and digits. Unlike <ctype.h> and strcasecmp, they do not depend on
 * the locale (in a Turkish locale "DICOM" and "dicom" differ), and they accept any int or char. */
#ifndef SX_BASE_ASCII_H
#define SX_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

static inline bool sx_is_digit(int c) {
    return c >= '0' && c <= '9';
}

static inline int sx_to_upper(int c) {
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

static inline bool sx_is_letter(int c) {
    const int upper = sx_to_upper(c);
    return upper >= 'A' && upper <= 'Z';
}

/* Blank, tab, newline, vertical tab, form feed, carriage return. */
static inline bool sx_is_space(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Equal up to the case of ASCII letters: two strings; the first n bytes of two strings that are at
 * least as long. */
static inline bool sx_equal_letters_n(const char *a, const char *b, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (sx_to_upper(a[i]) != sx_to_upper(b[i])) return false;
    return true;
}

static inline bool sx_equal_letters(const char *a, const char *b) {
    size_t n = 0;
    while (a[n] && b[n])
        n++;
    return a[n] == b[n] && sx_equal_letters_n(a, b, n);
}

#endif
