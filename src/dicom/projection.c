#include "dicom/projection.h"

#include <string.h>

#include "dicom/film_words.h"

typedef struct projection_words {
    sx_projection projection;
    bool bent;
    const char *values;
} projection_words;

/* The languages are for readers of the table. */
#define WORDS(projection, language, values) { SX_PROJECTION_##projection, false, values },
#define BENT(language, values)              { SX_PROJECTION_FRONTAL, true, values },

static const projection_words words[] = {
#include "dicom/projection_words.inc"
};

static const char *const names[SX_PROJECTIONS] = {
    NULL, "AP", "PA", "frontal", "lateral", "oblique"
};

/* ---- words ---- */

static bool matches(const sx_film_words *f, const char *values) {
    char value[SX_FILM_VALUE_ROOM];
    while (sx_film_value_next(&values, value))
        if (sx_film_words_match(f, value)) return true;
    return false;
}

/* "a.p." becomes "A P". */
static void take_out_stops(sx_film_words *f) {
    char *to = f->words;
    for (const char *c = f->words; *c; c++)
        if (*c != '.') *to++ = *c;
    *to = '\0';
    sx_film_words_join(f);
}

/* One projection of all that a text names. "AP oblique" is oblique. */
static sx_projection decide(const bool named[SX_PROJECTIONS]) {
    const bool ap = named[SX_PROJECTION_AP], pa = named[SX_PROJECTION_PA],
               frontal = ap || pa || named[SX_PROJECTION_FRONTAL];
    if (frontal && named[SX_PROJECTION_LATERAL]) return SX_PROJECTION_UNKNOWN;
    if (named[SX_PROJECTION_OBLIQUE]) return SX_PROJECTION_OBLIQUE;
    if (named[SX_PROJECTION_LATERAL]) return SX_PROJECTION_LATERAL;
    if (ap != pa) return ap ? SX_PROJECTION_AP : SX_PROJECTION_PA;
    return frontal ? SX_PROJECTION_FRONTAL : SX_PROJECTION_UNKNOWN;
}

static sx_projection named_by(const char *text) {
    bool named[SX_PROJECTIONS] = { false }, bent = false;
    sx_film_words f;
    if (!text || !text[0]) return SX_PROJECTION_UNKNOWN;
    sx_film_words_fold(&f, text);
    take_out_stops(&f);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!matches(&f, words[i].values)) continue;
        named[words[i].projection] = true;
        bent |= words[i].bent;
    }
    sx_film_words_free(&f);
    if (bent) named[SX_PROJECTION_LATERAL] = false;
    return decide(named);
}

/* ---- PatientOrientation ---- */

/* Rows of a frontal film run from side to side, those of a lateral film from front to back; the
 * columns of both run along the body. */
static sx_projection by_orientation(const char *text) {
    const char *columns = text ? strchr(text, '\\') : NULL;
    if (!columns || (columns[1] != 'F' && columns[1] != 'H')) return SX_PROJECTION_UNKNOWN;
    const size_t n = (size_t)(columns - text);
    const bool side = memchr(text, 'L', n) || memchr(text, 'R', n),
               depth = memchr(text, 'A', n) || memchr(text, 'P', n);
    if (side == depth) return SX_PROJECTION_UNKNOWN;
    return side ? SX_PROJECTION_FRONTAL : SX_PROJECTION_LATERAL;
}

/* ---- a film ---- */

sx_projection sx_projection_of(const sx_film_subject *film, const char *codes,
                               const char *orientation) {
    const char *const texts[] = { film->texts[SX_SUBJECT_VIEW], codes,
                                  film->texts[SX_SUBJECT_SERIES], film->texts[SX_SUBJECT_PROTOCOL],
                                  film->texts[SX_SUBJECT_PROCESSING] };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const sx_projection p = named_by(texts[i]);
        if (p != SX_PROJECTION_UNKNOWN) return p;
    }
    return by_orientation(orientation);
}

const char *sx_projection_name(sx_projection projection) {
    return projection < SX_PROJECTIONS ? names[projection] : NULL;
}

sx_projection sx_projection_by_name(const char *name) {
    for (int i = 1; name && i < SX_PROJECTIONS; i++)
        if (strcmp(names[i], name) == 0) return (sx_projection)i;
    return SX_PROJECTION_UNKNOWN;
}

int sx_projection_rank(sx_projection projection) {
    static const int ranks[SX_PROJECTIONS] = {
        [SX_PROJECTION_UNKNOWN] = 1, [SX_PROJECTION_LATERAL] = 2, [SX_PROJECTION_OBLIQUE] = 3
    };
    return projection < SX_PROJECTIONS ? ranks[projection] : 1;
}
