#include "dicom/site_rules.h"

#include <string.h>

#include "base/ascii.h"
#include "base/nearest_word.h"

/* ---- a rule ---- */

/* What stands before the equals sign; SX_SUBJECTS: no attribute of that name. */
static sx_subject subject_of(const char *rule) {
    const size_t n = strcspn(rule, "=");
    int i = 0;
    for (; i < SX_SUBJECTS; i++) {
        const char *name = sx_subject_name((sx_subject)i);
        if (strlen(name) == n && sx_equal_letters_n(name, rule, n)) break;
    }
    return (sx_subject)i;
}

static const char *nearest_subject(const char *rule) {
    char name[64];
    const size_t n = strcspn(rule, "=");
    const char *best = NULL;
    int distance = (int)n / 3 + 1;
    if (n >= sizeof name) return NULL;
    memcpy(name, rule, n);
    name[n] = '\0';
    for (int i = 0; i < SX_SUBJECTS; i++)
        best = sx_word_nearer(name, sx_subject_name((sx_subject)i), best, &distance);
    return best;
}

bool sx_site_rule_check(const char *rule, sx_error *err) {
    const char *equals = strchr(rule, '=');
    if (!equals) return sx_fail(err, SX_ERR_FORMAT, "a rule is ATTRIBUTE=VALUE");
    if (!equals[1]) return sx_fail(err, SX_ERR_FORMAT, "there is no value after the equals sign");
    if (subject_of(rule) != SX_SUBJECTS) return true;
    const char *near = nearest_subject(rule);
    return sx_fail(err, SX_ERR_FORMAT, "no rule can be about %.*s%s%s%s",
                   (int)(equals - rule > 60 ? 60 : equals - rule), rule,
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* ---- a film ---- */

/* Whether the n bytes are those of the pattern. When they differ, the last star takes one byte
 * more. */
static bool matches(const char *pattern, const char *text, size_t n) {
    const char *star = NULL;
    size_t at = 0, after_star = 0;
    while (at < n) {
        if (*pattern == '*') {
            star = ++pattern;
            after_star = at;
        } else if (*pattern && sx_to_upper(*pattern) == sx_to_upper(text[at])) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star;
            at = ++after_star;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool matches_any(const char *pattern, const char *values) {
    for (const char *v = values; *v;) {
        const char *end = v + strcspn(v, "\\"), *last = end;
        while (v < last && *v == ' ')
            v++;
        while (last > v && last[-1] == ' ')
            last--;
        if (last > v && matches(pattern, v, (size_t)(last - v))) return true;
        v = *end ? end + 1 : end;
    }
    return false;
}

const char *sx_site_rules_find(const char *const *rules, size_t count,
                               const sx_film_subject *film) {
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(rules[i], '=');
        const sx_subject s = subject_of(rules[i]);
        if (!equals || s == SX_SUBJECTS || !film->texts[s]) continue;
        if (matches_any(equals + 1, film->texts[s])) return rules[i];
    }
    return NULL;
}

sx_site_decision sx_site_rules_decide(const sx_site_rules *rules, const sx_film_subject *film,
                                      const char **rule) {
    *rule = sx_site_rules_find(rules->refuse, rules->refuse_count, film);
    if (*rule) return SX_SITE_REFUSES;
    *rule = sx_site_rules_find(rules->accept, rules->accept_count, film);
    if (*rule) return SX_SITE_ACCEPTS;
    return SX_SITE_SILENT;
}
