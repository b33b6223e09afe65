#include "dicom/film_rules.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"
#include "dicom/deid_fold.h"

const char *sx_subject_name(sx_subject subject) {
    static const char *const names[SX_SUBJECTS] = {
        [SX_SUBJECT_MODALITY] = "Modality",
        [SX_SUBJECT_SOP_CLASS] = "SOPClassUID",
        [SX_SUBJECT_BODY_PART] = "BodyPartExamined",
        [SX_SUBJECT_REGION] = "AnatomicRegionSequence",
        [SX_SUBJECT_VIEW] = "ViewPosition",
        [SX_SUBJECT_SERIES] = "SeriesDescription",
        [SX_SUBJECT_PROTOCOL] = "ProtocolName",
        [SX_SUBJECT_PROCESSING] = "AcquisitionDeviceProcessingDescription",
        [SX_SUBJECT_STUDY] = "StudyDescription",
        [SX_SUBJECT_REQUESTED] = "RequestedProcedureDescription",
        [SX_SUBJECT_PERFORMED] = "PerformedProcedureStepDescription",
    };
    return names[subject];
}

/* ---- words ---- */

/* A text as words of upper-case letters and digits, " LOWER LEG ", and the same without the blanks
 * between them, " LOWERLEG ". A letter takes at most four bytes, and a character at most two
 * letters. */
typedef struct folded {
    char words[8 * SX_SUBJECT_ROOM + 3], joined[8 * SX_SUBJECT_ROOM + 3];
} folded;

static size_t put_utf8(uint32_t code, char *to) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    const size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = n; i-- > 1; code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3F));
    to[0] = (char)(leads[n] | code);
    return n;
}

static void join_words(folded *f) {
    char *to = f->joined;
    *to++ = ' ';
    for (const char *c = f->words; *c; c++)
        if (*c != ' ') *to++ = *c;
    memcpy(to, " ", 2);
}

static void fold_text(const char *text, folded *f) {
    size_t length, n = strlen(text), at = 0;
    const uint8_t *p = (const uint8_t *)text;
    f->words[at++] = ' ';
    for (; n > 0 && at + 9 < sizeof f->words; p += length, n -= length) {
        uint32_t symbols[2];
        const size_t count = sx_fold_code(sx_fold_decode(p, n, &length), false, symbols);
        for (size_t i = 0; i < count; i++)
            if (sx_fold_is_letter(symbols[i]))
                at += put_utf8(symbols[i], f->words + at);
            else if (f->words[at - 1] != ' ')
                f->words[at++] = ' ';
    }
    if (f->words[at - 1] != ' ') f->words[at++] = ' ';
    f->words[at] = '\0';
    join_words(f);
}

/* Whether `words` begins at a word with the n bytes of `value`; `whole`: and the word ends there.
 */
static bool has_words(const char *words, const char *value, size_t n, bool whole) {
    for (const char *at = words; (at = strchr(at, ' ')) && at[1]; at++)
        if (strncmp(at + 1, value, n) == 0 && (!whole || at[1 + n] == ' ')) return true;
    return false;
}

static bool matches_words(const folded *f, const char *value) {
    char part[64];
    const size_t n = strlen(value);
    if (value[0] == '*') {
        sx_format(part, sizeof part, "%.*s", (int)(n - 2), value + 1);
        return strstr(f->words, part) != NULL; /* within a word: "KNEES PINE RIDGE" has none */
    }
    const bool whole = value[n - 1] != '*';
    const size_t length = whole ? n : n - 1;
    return has_words(f->words, value, length, whole) || has_words(f->joined, value, length, whole);
}

static bool matches_uid(const char *uid, const char *value) {
    const size_t n = strlen(value);
    return value[n - 1] == '*' ? strncmp(uid, value, n - 1) == 0 : strcmp(uid, value) == 0;
}

/* ---- one attribute ---- */

/* What an attribute says, by the rule that says it; rule NULL: nothing. */
typedef struct statement {
    sx_subject subject;
    const sx_film_rule *rule;
} statement;

static sx_shown shown_by(const statement *s) {
    return s->rule ? s->rule->shows : SX_SHOWS_UNKNOWN;
}

static bool scope_has(sx_rule_scope scope, sx_subject subject) {
    switch (scope) {
    case SX_SCOPE_MODALITY:
        return subject == SX_SUBJECT_MODALITY;
    case SX_SCOPE_SOP_CLASS:
        return subject == SX_SUBJECT_SOP_CLASS;
    case SX_SCOPE_PART:
        return subject == SX_SUBJECT_BODY_PART || subject == SX_SUBJECT_REGION;
    case SX_SCOPE_WORD:
        return subject == SX_SUBJECT_BODY_PART || subject == SX_SUBJECT_REGION ||
               subject >= SX_SUBJECT_SERIES;
    case SX_SCOPE_VIEW:
        return subject == SX_SUBJECT_VIEW;
    }
    return false;
}

/* A text that names the spine and another part shows the spine. */
static statement ask(const sx_film_rules *rules, const sx_film_subject *film, sx_subject subject) {
    statement s = { .subject = subject };
    const char *text = film->texts[subject];
    folded f;
    if (!text[0]) return s;
    fold_text(text, &f);
    for (size_t i = 0; i < rules->count; i++) {
        const sx_film_rule *r = &rules->items[i];
        if (!scope_has(r->scope, subject) || (s.rule && r->shows != SX_SHOWS_SPINE)) continue;
        if (subject == SX_SUBJECT_SOP_CLASS ? matches_uid(text, r->value)
                                            : matches_words(&f, r->value))
            s.rule = r;
        if (shown_by(&s) == SX_SHOWS_SPINE) break;
    }
    return s;
}

/* What the attributes from `first` to `last` say together: the spine if one of them does, otherwise
 * the first that says anything. */
static statement ask_all(const sx_film_rules *rules, const sx_film_subject *film, sx_subject first,
                         sx_subject last) {
    statement all = { .subject = first };
    for (int i = (int)first; i <= (int)last; i++) {
        const statement s = ask(rules, film, (sx_subject)i);
        if (s.rule && (!all.rule || shown_by(&s) == SX_SHOWS_SPINE)) all = s;
        if (shown_by(&all) == SX_SHOWS_SPINE) break;
    }
    return all;
}

/* ---- the film ---- */

static bool refuse(const sx_film_subject *film, const statement *s, sx_film_refusal *why) {
    const bool kind = s->subject == SX_SUBJECT_MODALITY || s->subject == SX_SUBJECT_SOP_CLASS;
    if (!why) return false;
    why->subject = s->subject;
    sx_format(why->reason, sizeof why->reason, "%s is \"%.100s\": %s, not %s",
              sx_subject_name(s->subject), film->texts[s->subject], s->rule->what,
              kind ? "a radiograph" : "the spine");
    return false;
}

bool sx_film_rules_accept(const sx_film_rules *rules, const sx_film_subject *film,
                          sx_film_refusal *why) {
    const statement kind = ask_all(rules, film, SX_SUBJECT_MODALITY, SX_SUBJECT_SOP_CLASS);
    if (kind.rule) return refuse(film, &kind, why);
    const statement part = ask_all(rules, film, SX_SUBJECT_BODY_PART, SX_SUBJECT_REGION);
    if (shown_by(&part) == SX_SHOWS_SPINE) return true;
    const statement view = ask(rules, film, SX_SUBJECT_VIEW),
                    series = ask_all(rules, film, SX_SUBJECT_SERIES, SX_SUBJECT_PROCESSING),
                    study = ask_all(rules, film, SX_SUBJECT_STUDY, SX_SUBJECT_PERFORMED);
    if (shown_by(&series) == SX_SHOWS_SPINE) return true;
    if (shown_by(&part) == SX_SHOWS_OTHER) return refuse(film, &part, why);
    if (shown_by(&study) == SX_SHOWS_SPINE) return true;
    const statement *const rest[] = { &part, &view, &series, &study };
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (rest[i]->rule) return refuse(film, rest[i], why);
    return true;
}
