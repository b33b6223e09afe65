#include "data/lesion_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "dicom/deid_secrets.h"

static const char *const vocabulary[] = {
#include "data/lesion_words.inc"
};

/* Words of four letters or more may be joined: shorter ones would give other words by chance. */
enum { LEAST_JOINED = 4, LONGEST = 64 };

static bool is_listed(const char *word, size_t n) {
    char key[LONGEST + 3];
    if (n == 0 || n > LONGEST) return false;
    key[0] = key[n + 1] = ' ';
    memcpy(key + 1, word, n);
    key[n + 2] = '\0';
    for (size_t i = 0; i < sizeof vocabulary / sizeof *vocabulary; i++)
        if (strstr(vocabulary[i], key)) return true;
    return false;
}

/* Whether the letters are joined words: DISCSPACENARROWING. */
static bool are_listed(const char *word, size_t n) {
    bool ends[LONGEST + 1] = { true }; /* words end here */
    if (n > LONGEST) return false;
    for (size_t to = LEAST_JOINED; to <= n; to++)
        for (size_t from = 0; !ends[to] && from + LEAST_JOINED <= to; from++)
            ends[to] = ends[from] && is_listed(word + from, to - from);
    return is_listed(word, n) || (n > 0 && ends[n]);
}

/* Vertebrae, "L4", "TH12", "L4L5", "LWK2", and what is joined with one digit: "GRADE2". */
static bool is_level(const char *word, size_t n) {
    static const char *const regions[] = { "C",  "T",  "TH",  "D",   "L",   "S",
                                           "CO", "CX", "HWK", "BWK", "LWK", "SWK" };
    size_t at = 0;
    while (at < n) {
        size_t letters = 0, digits = 0;
        bool region = false;
        while (at + letters < n && sx_is_letter(word[at + letters]))
            letters++;
        while (at + letters + digits < n && sx_is_digit(word[at + letters + digits]))
            digits++;
        for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
            region = region ||
                     (strlen(regions[i]) == letters && memcmp(regions[i], word + at, letters) == 0);
        const size_t most = region ? 2 : 1;
        if (digits < 1 || digits > most || !(region || are_listed(word + at, letters)))
            return false;
        at += letters + digits;
    }
    return n > 0;
}

/* A number as the grade of a finding; the digits of all numbers are at most two. */
static bool is_small_number(const char *word, size_t n, size_t *digits) {
    if (strspn(word, "0123456789") < n) return false;
    *digits += n;
    return *digits <= 2;
}

bool sx_lesion_unknown_words(const char *name, sx_str *words) {
    char *folded = sx_deid_fold(name, false);
    size_t digits = 0;
    if (!folded) return false;
    for (const char *p = folded + 1; *p; p += strcspn(p, " ") + 1) {
        const size_t n = strcspn(p, " ");
        if (are_listed(p, n) || is_small_number(p, n, &digits) || is_level(p, n)) continue;
        if (words->len) sx_str_add(words, " ");
        sx_str_append(words, p, n);
    }
    free(folded);
    return !words->failed;
}
