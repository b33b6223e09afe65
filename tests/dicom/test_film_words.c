/* The words of the rules (dicom/film_rules.h): texts as they are met, the terms of the standard,
 * and the tables themselves. */
#include <stdio.h>
#include <string.h>

#include "dicom/attributes.h"
#include "dicom/deid_values.h"
#include "dicom/film_rules.h"
#include "dicom/film_texts.h"
#include "support/check.h"

static void put(sx_film_subject *s, sx_subject subject, const char *text) {
    s->texts[subject] = (char *)(uintptr_t)text; /* only read */
}

static bool is_accepted(const sx_film_subject *s, sx_film_refusal *why) {
    *why = (sx_film_refusal){ 0 };
    return sx_film_rules_accept(&sx_film_rules_builtin, s, why);
}

/* In each attribute that may name the spine; also beside a part next to it, and in the series
 * beside one far from it. */
static void no_film_of_the_spine_is_refused(void **state) {
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof texts_of_the_spine / sizeof *texts_of_the_spine; i++) {
        const char *text = texts_of_the_spine[i];
        sx_film_refusal why;
        sx_film_subject by_study = { 0 }, by_series = { 0 }, by_part = { 0 }, alone = { 0 };
        put(&by_study, SX_SUBJECT_BODY_PART, "CHEST");
        put(&by_study, SX_SUBJECT_STUDY, text);
        put(&by_series, SX_SUBJECT_BODY_PART, "HAND");
        put(&by_series, SX_SUBJECT_SERIES, text);
        put(&by_part, SX_SUBJECT_BODY_PART, text);
        put(&by_part, SX_SUBJECT_STUDY, "HIP");
        put(&alone, SX_SUBJECT_PROTOCOL, text);
        const sx_film_subject *const all[] = { &by_study, &by_series, &by_part, &alone };
        for (size_t k = 0; k < 4; k++)
            if (!is_accepted(all[k], &why)) {
                print_error("%s: %s\n", text, why.reason);
                bad++;
                break;
            }
    }
    assert_int_equal(bad, 0);
}

static void films_of_other_parts_are_refused(void **state) {
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof texts_of_others / sizeof *texts_of_others; i++) {
        static const sx_subject subjects[] = { SX_SUBJECT_BODY_PART, SX_SUBJECT_STUDY,
                                               SX_SUBJECT_SERIES, SX_SUBJECT_REGION };
        for (size_t k = 0; k < sizeof subjects / sizeof *subjects; k++) {
            sx_film_subject s = { 0 };
            sx_film_refusal why;
            put(&s, subjects[k], texts_of_others[i]);
            if (!is_accepted(&s, &why)) continue;
            print_error("%s: accepted\n", texts_of_others[i]);
            bad++;
            break;
        }
    }
    assert_int_equal(bad, 0);
}

static void unknown_texts_refuse_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts_of_nothing / sizeof *texts_of_nothing; i++)
        for (int k = SX_SUBJECT_VIEW; k < SX_SUBJECTS; k++) {
            sx_film_subject s = { 0 };
            sx_film_refusal why;
            put(&s, (sx_subject)k, texts_of_nothing[i]);
            if (!is_accepted(&s, &why)) fail_msg("%s: %s", texts_of_nothing[i], why.reason);
        }
    for (size_t i = 0; i < sizeof parts_of_nothing / sizeof *parts_of_nothing; i++) {
        sx_film_subject s = { 0 };
        sx_film_refusal why;
        put(&s, SX_SUBJECT_BODY_PART, parts_of_nothing[i]);
        put(&s, SX_SUBJECT_REGION, parts_of_nothing[i]);
        if (!is_accepted(&s, &why)) fail_msg("%s: %s", parts_of_nothing[i], why.reason);
    }
}

/* Every defined term for a body part is decided: the spine (it outweighs the study), or something
 * else, which is refused alone. Only terms that include the neck or the back stay open. */
static void every_defined_term_is_decided(void **state) {
    (void)state;
    static const char open[] = "|BACK|CERVIX|HEADNECK|NECK|NECKCHEST|NECKCHESTABDOMEN|"
                               "NECKCHESTABDPELV|";
    size_t bad = 0, opened = 0;
    for (const char *p = sx_deid_terms(SX_TAG(0x0018, 0x0015)); p && *p;) {
        const size_t n = strcspn(p, "|");
        char term[64], listed[66];
        snprintf(term, sizeof term, "%.*s", (int)n, p);
        snprintf(listed, sizeof listed, "|%s|", term);
        sx_film_subject alone = { 0 }, beside = { 0 };
        sx_film_refusal why;
        put(&alone, SX_SUBJECT_BODY_PART, term);
        put(&beside, SX_SUBJECT_BODY_PART, term);
        put(&beside, SX_SUBJECT_STUDY, "HIP");
        const bool undecided = is_accepted(&alone, &why) && !is_accepted(&beside, &why);
        if (undecided != (strstr(open, listed) != NULL)) {
            print_error("%s: %s\n", term, undecided ? "not decided" : "decided");
            bad++;
        }
        opened += undecided;
        p += n + (p[n] == '|');
    }
    assert_int_equal(bad, 0);
    assert_int_equal(opened, 7);
}

static void terms_of_other_parts_are_refused(void **state) {
    (void)state;
    size_t bad = 0;
    for (size_t i = 0; i < sizeof terms_of_others / sizeof *terms_of_others; i++) {
        sx_film_subject s = { 0 };
        sx_film_refusal why;
        put(&s, SX_SUBJECT_BODY_PART, terms_of_others[i]);
        if (!is_accepted(&s, &why)) continue;
        print_error("%s: accepted\n", terms_of_others[i]);
        bad++;
    }
    assert_int_equal(bad, 0);
}

/* Parts with a side, a joint or a bone in the same word, and words of one letter more than a part.
 */
static void words_are_divided_in_body_parts(void **state) {
    (void)state;
    static const char *const parts[] = {
        "HIPJOINT",   "BOTHKNEES",  "NASALBONE", "LFOOT",         "RHAND",       "LSHOULDER",
        "LOWER EXT",  "LKNEE",      "UPPER_EXT", "RHIP",          "HANDL",       "FOOTR",
        "KNEELEFT",   "LTHAND",     "RTANKLE",   "HIPBONE",       "XR LFOOT",    "RRIBS",
        "ELBOWJOINT", "RIGHTWRIST", "LHUMERUS",  "BILATERALHIPS", "KNEE_JOINTS", "SHOULDERJOINTL",
    };
    static const char *const others[] = { "REAR",    "RIGHT",     "LEFT",   "JOINT",   "BONE",
                                          "LATERAL", "BILATERAL", "LSPINE", "LCSPINE", "RSACRUM" };
    sx_film_refusal why;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        sx_film_subject s = { 0 };
        put(&s, SX_SUBJECT_BODY_PART, parts[i]);
        if (is_accepted(&s, &why)) fail_msg("%s is accepted", parts[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        sx_film_subject s = { 0 };
        put(&s, SX_SUBJECT_BODY_PART, others[i]);
        if (!is_accepted(&s, &why)) fail_msg("%s: %s", others[i], why.reason);
    }
}

/* A value of a rule as the text of its attribute. */
static bool value_matches(const sx_film_rule *r, const char *value, size_t n) {
    static const sx_subject subjects[] = { [SX_SCOPE_MODALITY] = SX_SUBJECT_MODALITY,
                                           [SX_SCOPE_SOP_CLASS] = SX_SUBJECT_SOP_CLASS,
                                           [SX_SCOPE_PART] = SX_SUBJECT_BODY_PART,
                                           [SX_SCOPE_WORD] = SX_SUBJECT_STUDY,
                                           [SX_SCOPE_VIEW] = SX_SUBJECT_VIEW };
    sx_film_subject s = { 0 };
    sx_film_refusal why = { 0 };
    char text[128] = { 0 };
    size_t length = 0;
    if (r->scope == SX_SCOPE_SOP_CLASS)
        length = (size_t)snprintf(text, sizeof text, "%s", SX_STORAGE_CLASSES);
    for (size_t i = 0; i < n; i++) {
        const bool any_word = r->phrase && value[i] == '*' && i > 0 && value[i - 1] == ' ';
        if (any_word) text[length++] = 'X';
        if (value[i] != '*' && value[i] != '=') text[length++] = value[i];
    }
    s.texts[subjects[r->scope]] = text;
    const bool wanted = r->shows < SX_SHOWS_NEAR;
    const sx_film_rules alone = { r, 1 };
    if (sx_film_rules_accept(&sx_film_rules_builtin, &s, &why) == wanted &&
        sx_film_rules_accept(&alone, &s, NULL) == wanted && (wanted || strstr(why.reason, r->what)))
        return true;
    print_error("%s: \"%s\"\n", text, why.reason);
    return false;
}

/* Every rule is reachable by each of its values: no earlier rule hides it, and none is misspelt.
 * The values of a row are sorted. */
static void every_rule_matches_its_values(void **state) {
    (void)state;
    size_t count = 0, bad = 0;
    for (size_t i = 0; i < sx_film_rules_builtin.count; i++) {
        const sx_film_rule *r = &sx_film_rules_builtin.items[i];
        char last[64] = "", value[64];
        for (const char *p = r->values; *p; count++) {
            const size_t n = strcspn(p, "|");
            assert_in_range(n, 1, sizeof value - 1);
            snprintf(value, sizeof value, "%.*s", (int)n, p);
            if (strcmp(last, value) >= 0) fail_msg("%s stands before %s", last, value);
            bad += !value_matches(r, p, n);
            memcpy(last, value, sizeof last);
            p += n + (p[n] == '|');
        }
    }
    print_message("%zu rows, %zu values\n", sx_film_rules_builtin.count, count);
    assert_int_equal(bad, 0);
}

/* All of a text counts, wherever the word is, and no word is found where a text is divided. */
static void long_texts_count_as_a_whole(void **state) {
    (void)state;
    enum { ROOM = 3000 };
    char text[ROOM + 64];
    for (size_t at = 0; at < ROOM; at += 37) {
        sx_film_subject s = { 0 };
        sx_film_refusal why = { 0 };
        s.texts[SX_SUBJECT_STUDY] = text;
        memset(text, 'Q', ROOM);
        for (size_t i = 3; i < ROOM; i += 5)
            text[i] = i % 2 ? ' ' : '\\';
        text[ROOM] = '\0';
        assert_true(sx_film_rules_accept(&sx_film_rules_builtin, &s, NULL));
        memcpy(text + at, " left hip joint ", 16);
        if (at + 16 > ROOM) text[at + 16] = '\0';
        if (sx_film_rules_accept(&sx_film_rules_builtin, &s, &why))
            fail_msg("a hip at byte %zu is accepted", at);
        memcpy(text + (at + ROOM / 2) % (ROOM - 64), " scapular spine ", 16);
        assert_false(sx_film_rules_accept(&sx_film_rules_builtin, &s, NULL));
        memcpy(text + (at + ROOM / 3) % (ROOM - 64), " lumbar spine ", 14);
        if (!sx_film_rules_accept(&sx_film_rules_builtin, &s, &why))
            fail_msg("a spine is refused, hip at %zu: %s", at, why.reason);
    }
    /* words without an end, and letters that become two */
    sx_film_subject s = { 0 };
    s.texts[SX_SUBJECT_STUDY] = text;
    memset(text, 0xFF, ROOM);
    memcpy(text, "HIP ", 4);
    assert_false(sx_film_rules_accept(&sx_film_rules_builtin, &s, NULL));
    for (size_t i = 4; i + 2 < ROOM; i += 2)
        memcpy(text + i, "\xC3\x86", 2);
    assert_false(sx_film_rules_accept(&sx_film_rules_builtin, &s, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_film_of_the_spine_is_refused),
        cmocka_unit_test(films_of_other_parts_are_refused),
        cmocka_unit_test(unknown_texts_refuse_nothing),
        cmocka_unit_test(every_defined_term_is_decided),
        cmocka_unit_test(terms_of_other_parts_are_refused),
        cmocka_unit_test(words_are_divided_in_body_parts),
        cmocka_unit_test(every_rule_matches_its_values),
        cmocka_unit_test(long_texts_count_as_a_whole),
    };
    return cmocka_run_group_tests_name("film words", tests, NULL, NULL);
}
