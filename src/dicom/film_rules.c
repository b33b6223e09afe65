#include "dicom/film_rules.h"

#include <string.h>

#include "base/str.h"
#include "dicom/film_words.h"

/* Rows of one part. */
enum { SAME_ROOM = 128 };

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

/* ---- rules ---- */

static bool matches_uid(const char *uid, const sx_film_rule *rule) {
    static const char prefix[] = SX_STORAGE_CLASSES;
    char value[SX_FILM_VALUE_ROOM];
    if (strncmp(uid, prefix, sizeof prefix - 1) != 0) return false;
    uid += sizeof prefix - 1;
    for (const char *values = rule->values; sx_film_value_next(&values, value);) {
        const size_t n = strlen(value);
        if (value[n - 1] == '*' ? strncmp(uid, value, n - 1) == 0 : strcmp(uid, value) == 0)
            return true;
    }
    return false;
}

static bool take_phrases(sx_film_words *f, const sx_film_rule *rule) {
    char value[SX_FILM_VALUE_ROOM];
    bool found = false;
    for (const char *values = rule->values; sx_film_value_next(&values, value);)
        found |= sx_film_words_take(f, value);
    return found;
}

static bool matches_rule(const sx_film_words *f, const sx_film_rule *rule) {
    char value[SX_FILM_VALUE_ROOM];
    for (const char *values = rule->values; sx_film_value_next(&values, value);)
        if (sx_film_words_match(f, value)) return true;
    return false;
}

static bool matches_rule_in_part(const sx_film_words *f, const sx_film_rule *rule) {
    char value[SX_FILM_VALUE_ROOM];
    for (const char *values = rule->values; sx_film_value_next(&values, value);)
        if (sx_film_words_match_part(f, value)) return true;
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

static void hide_phrases(const sx_film_rules *rules, sx_film_words *f, statement *s) {
    const size_t bytes = strlen(f->words) + 1;
    memcpy(f->joined, f->words, bytes);
    for (size_t i = 0; i < rules->count; i++) {
        const sx_film_rule *r = &rules->items[i];
        if (r->phrase && scope_has(r->scope, s->subject) && take_phrases(f, r) && !s->rule &&
            r->shows != SX_SHOWS_UNKNOWN)
            s->rule = r;
    }
    memcpy(f->words, f->joined, bytes);
    sx_film_words_join(f);
}

/* Whether the n letters are the beginning of a word of the rule. */
static bool begins_value(const char *word, size_t n, const sx_film_rule *rule) {
    char value[SX_FILM_VALUE_ROOM];
    for (const char *values = rule->values; sx_film_value_next(&values, value);)
        if (!strchr(value, ' ') && strncmp(value + (value[0] == '*'), word, n) == 0) return true;
    return false;
}

/* Whether the n letters begin a word of the spine and no word of another part: "scol", not "thor",
 * which may be the thorax. */
static bool may_begin_spine(const sx_film_rules *rules, const char *word, size_t n,
                            sx_subject subject) {
    bool spine = false;
    for (size_t i = 0; i < rules->count; i++) {
        const sx_film_rule *r = &rules->items[i];
        if (r->shows < SX_SHOWS_SPINE || !scope_has(r->scope, subject) || !begins_value(word, n, r))
            continue;
        if (r->shows != SX_SHOWS_SPINE) return false;
        spine = true;
    }
    return spine;
}

/* Four letters or more with a full stop: "Scol." and "lomb." may name the spine. Takes out the full
 * stops. */
static void ask_abbreviations(const sx_film_rules *rules, sx_film_words *f, statement *s) {
    enum { LEAST = 4 };
    const char *word = f->words + 1;
    char *to = f->words + 1;
    for (const char *c = word; *c; c++) {
        if (*c == '.' && c - word >= LEAST && !s->doubtful)
            s->doubtful = may_begin_spine(rules, word, (size_t)(c - word), s->subject);
        if (*c == ' ') word = c + 1;
        if (*c != '.') *to++ = *c;
    }
    *to = '\0';
}

/* The spine, or else the first rule. */
static void ask_words(const sx_film_rules *rules, const sx_film_words *f, statement *s) {
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

static void ask_compounds(const sx_film_rules *rules, const sx_film_words *f, statement *s) {
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
    sx_film_words f;
    sx_film_words_fold(&f, text);
    ask_abbreviations(rules, &f, &s);
    hide_phrases(rules, &f, &s);
    ask_words(rules, &f, &s);
    if (scope_has(SX_SCOPE_PART, subject)) ask_compounds(rules, &f, &s);
    sx_film_words_free(&f);
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

/* The rules for the part that `rule` is about, as words, and the phrases that hide words. */
static size_t rules_of_part(const sx_film_rules *rules, const sx_film_rule *rule,
                            sx_film_rule items[SAME_ROOM]) {
    size_t count = 0;
    for (size_t i = 0; i < rules->count && count < SAME_ROOM; i++) {
        const sx_film_rule *r = &rules->items[i];
        const bool same = r->what && strcmp(r->what, rule->what) == 0;
        if (!(r->phrase && !r->what) && !(same && r->scope >= SX_SCOPE_PART)) continue;
        items[count] = *r;
        items[count++].scope = SX_SCOPE_WORD;
    }
    return count;
}

/* Whether the text names the part that `rule` is about, whatever else it names. */
static bool names_part(const sx_film_rules *rules, const sx_film_subject *film,
                       const sx_film_rule *rule, sx_subject subject) {
    sx_film_rule items[SAME_ROOM];
    const sx_film_rules part = { items, rules_of_part(rules, rule, items) };
    const statement s = ask(&part, film, subject);
    return shown_by(&s) >= SX_SHOWS_NEAR;
}

/* Whether the study's descriptions only name the spine together with the part, which is far from
 * it: "lumbar spine and hip" of a hip. */
static bool study_names_both(const sx_film_rules *rules, const sx_film_subject *film,
                             const sx_film_rule *rule) {
    if (rule->shows <= SX_SHOWS_NEAR) return false;
    for (int i = SX_SUBJECT_STUDY; i <= SX_SUBJECT_PERFORMED; i++) {
        const statement s = ask(rules, film, (sx_subject)i);
        if (shown_by(&s) == SX_SHOWS_SPINE && !names_part(rules, film, rule, (sx_subject)i))
            return false;
    }
    return true;
}

/* Whether the body part and the series agree on what is no spine: on the same part, or on parts far
 * from it. */
static bool series_agrees(const sx_film_rules *rules, const sx_film_subject *film,
                          const statement *part, const statement *series) {
    if (shown_by(part) > SX_SHOWS_NEAR && shown_by(series) > SX_SHOWS_NEAR) return true;
    for (int i = SX_SUBJECT_SERIES; i <= SX_SUBJECT_PROCESSING; i++)
        if (!series->doubtful && names_part(rules, film, part->rule, (sx_subject)i)) return true;
    return false;
}

/* What a header says; `study`: together with the request. */
typedef struct header_statements {
    statement part, view, series, request, study;
} header_statements;

/* Whether the body part, the series or the request names something else, although the study's own
 * description names the spine. Wrong body parts next to the spine, or of the hip, are frequent:
 * alone they do not count. */
static bool film_is_named(const header_statements *h) {
    const sx_shown series = shown_by(&h->series), request = shown_by(&h->request);
    if (request == SX_SHOWS_SPINE) return false;
    if (series == SX_SHOWS_OTHER || request == SX_SHOWS_OTHER) return true;
    if (h->part.doubtful || h->series.doubtful || h->request.doubtful) return false;
    return shown_by(&h->part) == SX_SHOWS_OTHER || series >= SX_SHOWS_NEAR ||
           request >= SX_SHOWS_NEAR;
}

/* Whether the study, which names the spine, decides against a body part, a series or a request that
 * is something else. The film's own words say more about it than those of its study. */
static bool study_decides(const sx_film_rules *rules, const sx_film_subject *film,
                          const header_statements *h) {
    if (film_is_named(h)) return false;
    if (shown_by(&h->part) < SX_SHOWS_NEAR)
        return h->part.doubtful || h->series.doubtful || shown_by(&h->series) <= SX_SHOWS_NEAR;
    return !study_names_both(rules, film, h->part.rule) &&
           !series_agrees(rules, film, &h->part, &h->series);
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
    header_statements h = { .part = ask_all(rules, film, SX_SUBJECT_BODY_PART, SX_SUBJECT_REGION) };
    if (shown_by(&h.part) == SX_SHOWS_SPINE) return true;
    h.series = ask_all(rules, film, SX_SUBJECT_SERIES, SX_SUBJECT_PROCESSING);
    if (shown_by(&h.series) == SX_SHOWS_SPINE) return true;
    h.view = ask(rules, film, SX_SUBJECT_VIEW);
    h.request = ask_all(rules, film, SX_SUBJECT_REQUESTED, SX_SUBJECT_PERFORMED);
    h.study = ask_all(rules, film, SX_SUBJECT_STUDY, SX_SUBJECT_PERFORMED);
    if (shown_by(&h.study) == SX_SHOWS_SPINE && study_decides(rules, film, &h)) return true;
    const statement *const all[] = { &h.part, &h.view, &h.series, &h.study, &h.request };
    const statement *other = NULL;
    bool doubtful = false, far_away = false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        /* a study that names the spine was overruled above */
        doubtful |= all[i]->doubtful && shown_by(all[i]) != SX_SHOWS_SPINE;
        far_away |= shown_by(all[i]) == SX_SHOWS_OTHER;
        if (!other && shown_by(all[i]) >= SX_SHOWS_NEAR) other = all[i];
    }
    if (!other || (doubtful && !far_away)) return true;
    return refuse(film, other, why);
}
