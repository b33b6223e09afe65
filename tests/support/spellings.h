/* The spellings of a name, a number or a date, to search for. */
#ifndef TESTS_SUPPORT_SPELLINGS_H
#define TESTS_SUPPORT_SPELLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A value in parts: family and given name; blocks of digits; year, month, day. */
typedef struct secret_value {
    const char *own[4];   /* as the film's character set has them */
    const char *plain[4]; /* without accents, in ASCII; NULL: the same as `own` */
    const char *wide[4];  /* accents as two letters; NULL: the same as `plain` */
    size_t count;
    char separator; /* 0: none */
    bool number;    /* digits only: not found within a longer number */
    bool date;      /* year, month and day */
    bool ordered;   /* its parts have only one order */
} secret_value;

typedef enum spelling {
    SPELL_AS_IT_IS,
    SPELL_UPPER,
    SPELL_LOWER,
    SPELL_REVERSED,  /* the parts in the other order */
    SPELL_BLANKS,    /* with blanks between the parts */
    SPELL_JOINED,    /* with nothing between the parts */
    SPELL_SEPARATED, /* with one of ^ - _ . / , = or backslash between the parts */
    SPELL_PLAIN,     /* without accents */
    SPELL_WIDE,      /* with accents as two letters */
    SPELL_UTF16_LE,
    SPELL_UTF16_BE,
    SPELL_STRIPPED_OR_PADDED, /* numbers: without leading zeros, or filled up to twelve digits */
    SPELL_DECIMAL,            /* numbers: 12345.0 or 1.2345E4 */
    SPELL_DATE,             /* dates: in other orders, without zeros, with two digits of the year */
    SPELL_LETTER_BY_LETTER, /* with blanks between all letters or digits */
    SPELL_MONTH,            /* dates: with the name of the month */
    SPELLINGS
} spelling;

enum { SPELL_VARIANTS = 8, SPELL_SIZE = 256 };

/* Writes the value in a spelling; `variant` 0..7 chooses where there are several. The number of
 * bytes. */
size_t spell(const secret_value *v, spelling s, int variant, char out[SPELL_SIZE]);
const char *spelling_name(spelling s);

/* The position of the text in the bytes, in upper or lower case; NULL: not found. `number`: not as
 * a part of a longer number. */
const uint8_t *find_text(const uint8_t *bytes, size_t n, const char *text, size_t length,
                         bool number);

#endif
