/* Suggestions for a mistyped word. */
#ifndef SX_BASE_NEAREST_WORD_H
#define SX_BASE_NEAREST_WORD_H

#include <stdbool.h>

/* Edits (insert, delete, replace, swap neighbours) that lead from a to b; words up to 63
 * letters. */
int sx_word_distance(const char *a, const char *b);
/* `candidate` if it is nearer than *distance, else `best`. Call it for each candidate, with
 * *distance starting at a third of the word's length, at least 2. */
const char *sx_word_nearer(const char *typed, const char *candidate, const char *best,
                           int *distance);

/* Whether `word` is one of the words "vindr|coco|voc". */
bool sx_word_is_one_of(const char *word, const char *words);

enum { SX_WORD_HINT = 80 };
/* "; did you mean coco?" for the nearest of the words "vindr|coco|voc", or "" if none is near: more
 * than a third of the letters differ. */
void sx_word_hint(const char *typed, const char *words, char hint[SX_WORD_HINT]);

#endif
