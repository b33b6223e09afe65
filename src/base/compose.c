#include "base/compose.h"

#include <string.h>

#include "base/utf8.h"

enum {
    HANGUL = 0xAC00, /* syllables: LEADING * VOWELS * TRAILING */
    LEADING = 19,
    VOWELS = 21,
    TRAILING = 28,
    FIRST_LEADING = 0x1100,
    FIRST_VOWEL = 0x1161,
    BEFORE_TRAILING = 0x11A7
};

uint32_t sx_compose_hangul(uint32_t code, uint32_t next) {
    if (code - FIRST_LEADING < LEADING && next - FIRST_VOWEL < VOWELS)
        return HANGUL + ((code - FIRST_LEADING) * VOWELS + next - FIRST_VOWEL) * TRAILING;
    const bool open = code >= HANGUL && code - HANGUL < LEADING * VOWELS * TRAILING &&
                      (code - HANGUL) % TRAILING == 0;
    if (open && next > BEFORE_TRAILING && next < BEFORE_TRAILING + TRAILING)
        return code + next - BEFORE_TRAILING;
    return 0;
}

uint32_t sx_compose(uint32_t code, uint32_t next) {
    static const struct {
        uint16_t mark;
        const char *pairs; /* of a letter and what it becomes */
    } rows[] = {
#include "base/compose.inc"
    };
    size_t row = 0;
    while (row < sizeof rows / sizeof *rows && rows[row].mark != next)
        row++;
    if (row == sizeof rows / sizeof *rows) return sx_compose_hangul(code, next);
    const char *s = rows[row].pairs;
    for (size_t n = strlen(s), letter, whole; n > 0; s += letter + whole, n -= letter + whole) {
        const bool found = sx_utf8_decode(s, n, &letter) == code;
        const uint32_t composed = sx_utf8_decode(s + letter, n - letter, &whole);
        if (found) return composed;
    }
    return 0;
}

/* A composed character never has more bytes than its parts. */
void sx_compose_text(char *text) {
    char *to = text;
    const char *from = text;
    for (size_t n = strlen(text), step; n > 0;) {
        uint32_t code = sx_utf8_decode(from, n, &step);
        const bool is_char = sx_utf8_length(from, n) > 0;
        size_t length = step;
        for (uint32_t next; is_char && length < n; length += step) {
            next = sx_compose(code, sx_utf8_decode(from + length, n - length, &step));
            if (!next) break;
            code = next;
        }
        uint8_t bytes[4];
        const size_t written = is_char ? sx_utf8_encode(code, bytes) : 1;
        memmove(to, is_char ? (const char *)bytes : from, written);
        to += written;
        from += length;
        n -= length;
    }
    *to = '\0';
}
