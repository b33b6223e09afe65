#include "dicom/film_rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dicom/deid_fold.h"

/* Bytes of the longest value; rows of one part. */
enum { VALUE_ROOM = 64, SAME_ROOM = 64 };

static const char *text_of(const sx_film_subject *film, sx_subject subject) {
    return film->texts[subject] ? film->texts[subject] : "";
}

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
 * between them, " LOWERLEG ". A letter takes at most four bytes, a character at most two letters, a
 * sign that separates regions three bytes: it is a '|' in `words` until join_words. */
enum { SHORT = 512, WIDTH = 8, EDGES = 16 };
typedef struct folded {
    size_t room;
    char *words, *joined, *heap; /* [room]; heap: to be freed */
    char own[2 * (WIDTH * SHORT + EDGES)];
} folded;

/* The standard's texts are short. If memory runs out, only the beginning of a longer one counts. */
static size_t make_room(folded *f, size_t n) {
    f->room = WIDTH * n + EDGES;
    f->heap = n > SHORT ? malloc(2 * f->room) : NULL;
    if (n > SHORT && !f->heap) {
        n = SHORT;
        f->room = WIDTH * n + EDGES;
    }
    f->words = f->heap ? f->heap : f->own;
    f->joined = f->words + f->room;
    return n;
}

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

/* Ends the phrases: a '|' is a blank like the others. */
static void join_words(folded *f) {
    char *to = f->joined, *kept = f->words;
    *to++ = ' ';
    for (const char *c = f->words; *c; c++) {
        if (*c != ' ' && *c != '|') *to++ = *c;
        if (*c != '|' && (*c != ' ' || kept == f->words || kept[-1] != ' ')) *kept++ = *c;
    }
    memcpy(to, " ", 2);
    *kept = '\0';
}

static void fold_symbol(uint32_t symbol, folded *f, size_t *at) {
    if (sx_fold_is_letter(symbol))
        *at += put_utf8(symbol, f->words + *at);
    else if (symbol < 0x80 && symbol && strchr("\\/,;+&", (int)symbol)) {
        memcpy(f->words + *at, f->words[*at - 1] == ' ' ? "| " : " | ", 3);
        *at += f->words[*at - 1] == ' ' ? 2 : 3;
    } else if (f->words[*at - 1] != ' ') {
        f->words[(*at)++] = ' ';
    }
}

static void fold_text(const char *text, size_t n, folded *f) {
    size_t length, at = 0;
    const uint8_t *p = (const uint8_t *)text;
    f->words[at++] = ' ';
    for (; n > 0; p += length, n -= length) {
        uint32_t symbols[SX_FOLD_MOST];
        const size_t count = sx_fold_code(sx_fold_next(p, n, &length), false, symbols);
        for (size_t i = 0; i < count; i++)
            fold_symbol(symbols[i], f, &at);
    }
    if (f->words[at - 1] != ' ') f->words[at++] = ' ';
    f->words[at] = '\0';
}

/* ---- phrases ---- */

/* The end of the word that begins at `at`. */
static const char *word_end(const char *at) {
    return at + strcspn(at, " ");
}

static bool is_small_word(const char *word, size_t n) {
    static const char *const small[] = { "OF",  "THE", "DE",  "DEL", "DELLA", "DELLE", "DI",
                                         "DO",  "DA",  "DU",  "DES", "LA",    "LE",    "EL",
                                         "L",   "D",   "DER", "VAN", "HET",   "DEM",   "DEN",
                                         "DAS", "LAS", "LOS", "LES", "AUX",   "NA",    "SUL" };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strlen(small[i]) == n && strncmp(small[i], word, n) == 0) return true;
    return false;
}

/* Whether the word (n bytes) is this one of a phrase (m bytes, a last '*' for any ending). */
static bool is_word(const char *word, size_t n, const char *wanted, size_t m) {
    if (wanted[m - 1] == '*') return n >= m - 1 && strncmp(word, wanted, m - 1) == 0;
    return n == m && strncmp(word, wanted, n) == 0;
}

/* The end of the phrase that begins with the word at `at`; NULL: it is another. */
static const char *phrase_end(const char *at, const char *phrase) {
    for (bool first = true;; first = false) {
        const size_t m = strcspn(phrase, " ");
        const char *end = word_end(at);
        while (!first && end > at && is_small_word(at, (size_t)(end - at)) &&
               !is_word(at, (size_t)(end - at), phrase, m)) {
            at = end + 1;
            end = word_end(at);
        }
        if (end == at || !is_word(at, (size_t)(end - at), phrase, m)) return NULL;
        if (!phrase[m]) return end;
        phrase += m + 1;
        at = end + 1;
    }
}

/* Blanks all occurrences of a phrase in `joined`, a copy of the words here, so that phrases may
 * overlap: "hands behind" and "behind head". False: there is none. */
static bool take_phrase(folded *f, const char *phrase) {
    bool found = false;
    for (const char *at = f->words + 1; *at; at = word_end(at) + 1) {
        const char *end = phrase_end(at, phrase);
        if (!end) continue;
        found = true;
        memset(f->joined + (at - f->words), '|', (size_t)(end - at));
    }
    return found;
}

/* ---- words ---- */

/* Whether `words` begins at a word with the n bytes of `value`; `whole`: and the word ends there.
 */
static bool has_words(const char *words, const char *value, size_t n, bool whole) {
    for (const char *at = words; (at = strchr(at, ' ')) && at[1]; at++)
        if (strncmp(at + 1, value, n) == 0 && (!whole || at[1 + n] == ' ')) return true;
    return false;
}

/* An abbreviation with points or blanks between its letters: "L.W.S." */
static bool has_spelt(const char *words, const char *value, size_t n) {
    char spelt[8];
    if (n < 3 || n > 4 || strchr(value, ' ')) return false;
    for (size_t i = 0; i < n; i++) {
        spelt[2 * i] = value[i];
        spelt[2 * i + 1] = ' ';
    }
    return has_words(words, spelt, 2 * n - 1, true);
}

static bool is_whole_text(const folded *f, const char *value) {
    const size_t n = strlen(value);
    return strncmp(f->joined + 1, value, n) == 0 && strcmp(f->joined + 1 + n, " ") == 0;
}

static bool matches_words(const folded *f, const char *value) {
    char part[VALUE_ROOM];
    const size_t n = strlen(value);
    if (value[0] == '*') {
        sx_format(part, sizeof part, "%.*s", (int)(n - 2), value + 1);
        return strstr(f->words, part) != NULL; /* within a word: "KNEES PINE RIDGE" has none */
    }
    if (value[0] == '=') return is_whole_text(f, value + 1);
    const bool whole = value[n - 1] != '*';
    const size_t length = whole ? n : n - 1;
    return has_words(f->words, value, length, whole) ||
           has_words(f->joined, value, length, whole) || has_spelt(f->words, value, length);
}

/* ---- sides and joints within a word ---- */

/* The parts of a word before and after that of the body: "BOTH" and "JOINT" of "BOTHKNEEJOINTS". */
static const char *const before[] = { "",     "L",     "R",    "LT",    "RT",
                                      "LEFT", "RIGHT", "BOTH", "BILAT", "BILATERAL" };
static const char *const after[] = { "",      "L",     "R",      "LT",   "RT",   "LEFT",
                                     "RIGHT", "JOINT", "JOINTS", "BONE", "BONES" };

static bool is_after(const char *rest, size_t n) {
    for (size_t i = 0; i < sizeof after / sizeof *after; i++)
        if (strlen(after[i]) == n && strncmp(after[i], rest, n) == 0) return true;
    return false;
}

/* Whether the word (n bytes) is the value (m bytes) with such parts. A single letter is a side only
 * beside four others, since "REAR" is no ear. */
static bool is_compound(const char *word, size_t n, const char *value, size_t m, bool whole) {
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        const size_t b = strlen(before[i]);
        if (n < b + m || strncmp(word, before[i], b) != 0 || strncmp(word + b, value, m) != 0)
            continue;
        const size_t rest = n - b - m;
        if (m < 4 && (b == 1 || rest == 1)) continue;
        if (!whole || is_after(word + b + m, rest)) return true;
    }
    return false;
}

/* Only for body parts and regions, which are terms and no sentences. */
static bool matches_compound(const folded *f, const char *value) {
    const size_t n = strlen(value);
    const bool whole = value[n - 1] != '*';
    if (n < 3 || value[0] == '*' || value[0] == '=' || strchr(value, ' ')) return false;
    const char *const texts[] = { f->words, f->joined };
    for (size_t i = 0; i < 2; i++)
        for (const char *at = texts[i] + 1; *at; at = word_end(at) + 1)
            if (is_compound(at, (size_t)(word_end(at) - at), value, whole ? n : n - 1, whole))
                return true;
    return false;
}

/* ---- rules ---- */

/* Copies the next value of a rule; false: there is none. */
static bool next_value(const char **values, char value[VALUE_ROOM]) {
    const size_t n = strcspn(*values, "|");
    if (n == 0 || n >= VALUE_ROOM) return false;
    memcpy(value, *values, n);
    value[n] = '\0';
    *values += n + ((*values)[n] == '|');
    return true;
}

static bool matches_uid(const char *uid, const sx_film_rule *rule) {
    static const char prefix[] = SX_STORAGE_CLASSES;
    char value[VALUE_ROOM];
    if (strncmp(uid, prefix, sizeof prefix - 1) != 0) return false;
    uid += sizeof prefix - 1;
    for (const char *values = rule->values; next_value(&values, value);) {
        const size_t n = strlen(value);
        if (value[n - 1] == '*' ? strncmp(uid, value, n - 1) == 0 : strcmp(uid, value) == 0)
            return true;
    }
    return false;
}

static bool take_phrases(folded *f, const sx_film_rule *rule) {
    char value[VALUE_ROOM];
    bool found = false;
    for (const char *values = rule->values; next_value(&values, value);)
        found |= take_phrase(f, value);
    return found;
}

static bool matches_rule(const folded *f, const sx_film_rule *rule) {
    char value[VALUE_ROOM];
    for (const char *values = rule->values; next_value(&values, value);)
        if (matches_words(f, value)) return true;
    return false;
}

static bool matches_rule_in_part(const folded *f, const sx_film_rule *rule) {
    char value[VALUE_ROOM];
    for (const char *values = rule->values; next_value(&values, value);)
        if (matches_compound(f, value)) return true;
    return false;
}

/* ---- one attribute ---- */

/* What an attribute says, by the rule that says it; rule NULL: nothing certain. `doubtful`: it also
 * has a word that may name the spine. */
typedef struct statement {
    sx_subject subject;
    const sx_film_rule *rule;
    bool doubtful;
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

static void ask_uid(const sx_film_rules *rules, const char *uid, statement *s) {
    for (size_t i = 0; i < rules->count && !s->rule; i++)
        if (rules->items[i].scope == SX_SCOPE_SOP_CLASS && matches_uid(uid, &rules->items[i]))
            s->rule = &rules->items[i];
}

static void hide_phrases(const sx_film_rules *rules, folded *f, statement *s) {
    const size_t bytes = strlen(f->words) + 1;
    memcpy(f->joined, f->words, bytes);
    for (size_t i = 0; i < rules->count; i++) {
        const sx_film_rule *r = &rules->items[i];
        if (r->phrase && scope_has(r->scope, s->subject) && take_phrases(f, r) && !s->rule &&
            r->shows != SX_SHOWS_UNKNOWN)
            s->rule = r;
    }
    memcpy(f->words, f->joined, bytes);
    join_words(f);
}

/* The spine, or else the first rule. */
static void ask_words(const sx_film_rules *rules, const folded *f, statement *s) {
    for (size_t i = 0; i < rules->count && shown_by(s) != SX_SHOWS_SPINE; i++) {
        const sx_film_rule *r = &rules->items[i];
        const bool counts = !s->rule || r->shows == SX_SHOWS_SPINE || r->shows == SX_SHOWS_DOUBTFUL;
        if (r->phrase || !counts || !scope_has(r->scope, s->subject) || !matches_rule(f, r))
            continue;
        if (r->shows == SX_SHOWS_DOUBTFUL)
            s->doubtful = true;
        else
            s->rule = r;
    }
}

static void ask_compounds(const sx_film_rules *rules, const folded *f, statement *s) {
    for (size_t i = 0; i < rules->count && !s->rule; i++) {
        const sx_film_rule *r = &rules->items[i];
        if (!r->phrase && r->shows >= SX_SHOWS_NEAR && scope_has(r->scope, s->subject) &&
            matches_rule_in_part(f, r))
            s->rule = r;
    }
}

/* A text that names the spine and another part shows the spine. */
static statement ask(const sx_film_rules *rules, const sx_film_subject *film, sx_subject subject) {
    statement s = { .subject = subject };
    const char *text = text_of(film, subject);
    if (!text[0]) return s;
    if (subject == SX_SUBJECT_SOP_CLASS) {
        ask_uid(rules, text, &s);
        return s;
    }
    folded f;
    const size_t n = make_room(&f, strlen(text));
    if (n) {
        fold_text(text, n, &f);
        hide_phrases(rules, &f, &s);
        ask_words(rules, &f, &s);
        if (scope_has(SX_SCOPE_PART, subject)) ask_compounds(rules, &f, &s);
    }
    free(f.heap);
    return s;
}

/* What the attributes from `first` to `last` say together: the spine if one of them does, otherwise
 * the first that says anything. */
static statement ask_all(const sx_film_rules *rules, const sx_film_subject *film, sx_subject first,
                         sx_subject last) {
    statement all = { .subject = first };
    for (int i = (int)first; i <= (int)last; i++) {
        const statement s = ask(rules, film, (sx_subject)i);
        const bool doubtful = all.doubtful || s.doubtful;
        if (s.rule && (!all.rule || shown_by(&s) == SX_SHOWS_SPINE)) all = s;
        all.doubtful = doubtful;
        if (shown_by(&all) == SX_SHOWS_SPINE) break;
    }
    return all;
}

/* Whether the descriptions of the study also name the part that `rule` is about. */
static bool study_names(const sx_film_rules *rules, const sx_film_subject *film,
                        const sx_film_rule *rule) {
    sx_film_rule same[SAME_ROOM];
    size_t count = 0;
    for (size_t i = 0; i < rules->count && count < SAME_ROOM; i++)
        if (rules->items[i].scope == SX_SCOPE_WORD && rules->items[i].what &&
            strcmp(rules->items[i].what, rule->what) == 0)
            same[count++] = rules->items[i];
    const sx_film_rules part = { same, count };
    return ask_all(&part, film, SX_SUBJECT_STUDY, SX_SUBJECT_PERFORMED).rule != NULL;
}

/* ---- the film ---- */

static bool refuse(const sx_film_subject *film, const statement *s, sx_film_refusal *why) {
    const bool kind = s->subject == SX_SUBJECT_MODALITY || s->subject == SX_SUBJECT_SOP_CLASS;
    if (!why) return false;
    why->subject = s->subject;
    sx_format(why->reason, sizeof why->reason, "%s is \"%.100s\": %s, not %s",
              sx_subject_name(s->subject), text_of(film, s->subject), s->rule->what,
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
    const bool is_far = shown_by(&part) > SX_SHOWS_NEAR;
    if (shown_by(&study) == SX_SHOWS_SPINE && !(is_far && study_names(rules, film, part.rule)))
        return true;
    const statement *const all[] = { &part, &view, &series, &study };
    const statement *other = NULL;
    bool doubtful = false, far_away = false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        doubtful |= all[i]->doubtful;
        far_away |= shown_by(all[i]) == SX_SHOWS_OTHER;
        if (!other && shown_by(all[i]) >= SX_SHOWS_NEAR) other = all[i];
    }
    if (!other || (doubtful && !far_away)) return true;
    return refuse(film, other, why);
}
