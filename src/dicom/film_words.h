/* The texts of a header as words, and the values of rules in them (film_rules.h says how a value is
 * written). Any number of threads may use different texts. */
#ifndef SX_DICOM_FILM_WORDS_H
#define SX_DICOM_FILM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SX_FILM_VALUE_ROOM = 64, /* bytes of the longest value, with its end */
    SX_FILM_TEXT_SHORT = 512,
    SX_FILM_TEXT_WIDTH = 8, /* bytes at most for one byte of the text */
    SX_FILM_TEXT_EDGES = 16
};

/* A text as words of upper-case letters and digits, " LOWER LEG ", and the same without the blanks
 * between them, " LOWERLEG ". A letter takes at most four bytes, a character at most two letters, a
 * sign that separates regions three bytes: it is a '|' in `words` until sx_film_words_join. A full
 * stop stays with its word until the caller takes it out. */
typedef struct sx_film_words {
    size_t room;
    char *words, *joined, *heap; /* [room]; heap: to be freed */
    /* Bytes that occur, and those that begin a word: most values are told apart by their first. */
    bool has[256], begins[256];
    char own[2 * (SX_FILM_TEXT_WIDTH * SX_FILM_TEXT_SHORT + SX_FILM_TEXT_EDGES)];
} sx_film_words;

/* Folds a text; `joined` is not set. If memory runs out, only the beginning of a text longer than
 * SX_FILM_TEXT_SHORT counts. Always followed by sx_film_words_free. */
void sx_film_words_fold(sx_film_words *f, const char *text);
void sx_film_words_free(sx_film_words *f);
/* Blanks all occurrences of a phrase in `joined`, a copy of the words here, so that phrases may
 * overlap: "hands behind" and "behind head". False: there is none. */
bool sx_film_words_take(sx_film_words *f, const char *phrase);
/* Ends the phrases: a '|' is a blank like the others, and `joined` is set. */
void sx_film_words_join(sx_film_words *f);
/* Whether the text has the value: as words, or joined. */
bool sx_film_words_match(const sx_film_words *f, const char *value);
/* The same with a side or a joint in the word, "LFOOT". Only for body parts and regions, which are
 * terms and no sentences. */
bool sx_film_words_match_part(const sx_film_words *f, const char *value);

/* Copies the next of the values between "|" at *values and moves *values behind it; false: there is
 * none. */
bool sx_film_value_next(const char **values, char value[SX_FILM_VALUE_ROOM]);

#endif
