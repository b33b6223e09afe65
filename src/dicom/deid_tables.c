#include "dicom/deid_tables.h"

enum { WORDS = 6, TURNS = 2, JUMP = 256 };

static bool is_printable(unsigned byte) {
    return byte >= ' ' && byte <= '~';
}

/* 1: up, -1: down, 0: by less than a jump. */
static int direction(uint16_t from, uint16_t to) {
    return to - from >= JUMP ? 1 : from - to >= JUMP ? -1 : 0;
}

bool sx_deid_table_is_text(const uint16_t *entries, size_t n) {
    size_t words = 0, turns = 0;
    int last = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_printable(entries[i] >> 8) || !is_printable(entries[i] & 0xFF)) {
            words = turns = 0;
            last = 0;
            continue;
        }
        const int now = words ? direction(entries[i - 1], entries[i]) : 0;
        turns += now && last && now != last;
        last = now ? now : last;
        if (++words >= WORDS && turns >= TURNS) return true;
    }
    return false;
}
