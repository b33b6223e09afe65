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

/* "LWK 1": the number behind a region is a vertebra. region: the word before it; NULL: none. */
static bool is_vertebra(const char *region, const char *word, size_t n) {
    static const char *const regions[] = { "BWK ", "HWK ", "LWK ", "SWK " };
    if (!region || n > 2 || strspn(word, "0123456789") < n) return false;
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (strncmp(region, regions[i], 4) == 0)
            return n == 1 ? *word > '0' : *word == '1' && word[1] <= '2';
    return false;
}

/* Appends the words of `narrow` that are not known. wide: the same words with two letters for an
 * umlaut, as the vocabulary has them. */
static void put_unknown(const char *narrow, const char *wide, sx_str *words) {
    const char *before = NULL;
    size_t digits = 0;
    while (*narrow && *wide) {
        const size_t n = strcspn(narrow, " "), m = strcspn(wide, " ");
        if (!are_listed(narrow, n) && !are_listed(wide, m) && !is_vertebra(before, narrow, n) &&
            !is_small_number(narrow, n, &digits) && !is_level(narrow, n)) {
            if (words->len) sx_str_add(words, " ");
            sx_str_append(words, narrow, n);
        }
        before = narrow;
        narrow += n + 1;
        wide += m + 1;
    }
}

bool sx_lesion_unknown_words(const char *name, sx_str *words) {
    char *narrow = sx_deid_fold(name, false), *wide = sx_deid_fold(name, true);
    const bool ok = narrow && wide;
    if (ok) put_unknown(narrow + 1, wide + 1, words);
    free(narrow);
    free(wide);
    return ok && !words->failed;
}
