#include "base/nearest_word.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

int sx_word_distance(const char *a, const char *b) {
    size_t n = strlen(a), m = strlen(b);
    if (n > 63 || m > 63) return 64;
    int d[64][64];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (int)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

const char *sx_word_nearer(const char *typed, const char *candidate, const char *best,
                           int *distance) {
    int d = sx_word_distance(typed, candidate);
    if (d > *distance || (best && d == *distance)) return best;
    *distance = d;
    return candidate;
}

void sx_word_hint(const char *typed, const char *words, char hint[SX_WORD_HINT]) {
    int distance = strlen(typed) / 3 > 1 ? (int)(strlen(typed) / 3) : 1;
    char best[64] = "";
    for (const char *w = words; *w;) {
        char word[64];
        const size_t n = strcspn(w, "|");
        snprintf(word, sizeof word, "%.*s", (int)n, w);
        if (sx_word_nearer(typed, word, NULL, &distance)) {
            memcpy(best, word, sizeof best);
            distance--; /* a later word must be nearer */
        }
        w += n + (w[n] == '|');
    }
    hint[0] = '\0';
    if (best[0]) snprintf(hint, SX_WORD_HINT, "; did you mean %s?", best);
}

bool sx_word_is_one_of(const char *word, const char *words) {
    const size_t n = strlen(word);
    for (const char *w = words; w; w = strchr(w, '|'), w += w != NULL)
        if (n > 0 && strncmp(w, word, n) == 0 && (w[n] == '|' || w[n] == '\0')) return true;
    return false;
}
