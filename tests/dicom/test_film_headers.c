/* Headers in the languages of many countries, walked through the built-in rules: how many films of
 * the spine are refused and how many others are accepted. */
#include <stdio.h>
#include <string.h>

#include "dicom/film_rules.h"
#include "support/check.h"

typedef struct header {
    const char *language, *part, *series, *study;
} header;

static const header of_the_spine[] = {
#include "film_headers_spine.inc"
};
static const header of_others[] = {
#include "film_headers_other.inc"
};
enum { LEAST = 150 };

static void put(sx_film_subject *s, sx_subject subject, const char *text) {
    s->texts[subject] = (char *)(uintptr_t)text; /* only read */
}

static bool is_accepted(const header *h, sx_film_refusal *why) {
    sx_film_subject s = { 0 };
    put(&s, SX_SUBJECT_BODY_PART, h->part);
    put(&s, SX_SUBJECT_SERIES, h->series);
    put(&s, SX_SUBJECT_STUDY, h->study);
    *why = (sx_film_refusal){ 0 };
    return sx_film_rules_accept(&sx_film_rules_builtin, &s, why);
}

static const char *text(const char *value) {
    return value ? value : "";
}

/* The rows of a language follow each other. */
static size_t walk(const char *what, const header *items, size_t count, bool wanted) {
    size_t errors = 0;
    for (size_t i = 0, end; i < count; i = end) {
        size_t wrong = 0;
        for (end = i; end < count && strcmp(items[end].language, items[i].language) == 0; end++) {
            sx_film_refusal why;
            const header *h = &items[end];
            if (is_accepted(h, &why) == wanted) continue;
            wrong++;
            print_message("  wrong: %s: \"%s\", \"%s\", \"%s\": %s\n", h->language, text(h->part),
                          text(h->series), text(h->study), wanted ? why.reason : "accepted");
        }
        print_message("%s, %s: %zu headers, %zu wrong\n", what, items[i].language, end - i, wrong);
        errors += wrong;
    }
    print_message("%s: %zu of %zu are %s\n", what, errors, count, wanted ? "refused" : "accepted");
    return errors;
}

static size_t count_languages(const header *items, size_t count) {
    size_t languages = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (strcmp(items[k].language, items[i].language) != 0)
            k++;
        languages += k == i;
        if (k < i && strcmp(items[i - 1].language, items[i].language) != 0)
            fail_msg("the rows of %s do not follow each other", items[i].language);
    }
    return languages;
}

static void headers_in_many_languages(void **state) {
    (void)state;
    const size_t spines = sizeof of_the_spine / sizeof *of_the_spine,
                 others = sizeof of_others / sizeof *of_others;
    assert_true(spines >= LEAST && others >= LEAST);
    assert_int_equal(count_languages(of_the_spine, spines), count_languages(of_others, others));
    const size_t refused = walk("films of the spine", of_the_spine, spines, true),
                 accepted = walk("films of other parts", of_others, others, false);
    assert_int_equal(refused, 0);
    assert_int_equal(accepted, 0);
}

/* Single levels and short words count fingers, cassettes and clinics too: they accept a film beside
 * a part next to the spine or the hip, not beside one far from it. Two levels that follow each
 * other name the spine. */
static void short_words_are_doubtful(void **state) {
    (void)state;
    static const char *const words[] = { "C1",   "L2",    "T1",   "D10",    "S1",    "WS",
                                         "COBB", "ATLAS", "PARS", "T1-T12", "L1-L5", "S1-S5" };
    static const char *const far[][2] = { { "HAND", "Hand" },
                                          { "KNEE", "Knee" },
                                          { "FOOT", "Foot" } };
    static const char *const near[] = { "CHEST", "ABDOMEN", "PELVIS", "HIP" };
    sx_film_refusal why;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char series[32];
        for (size_t k = 0; k < 3; k++) {
            snprintf(series, sizeof series, "%s %s", far[k][1], words[i]);
            if (is_accepted(&(header){ "", far[k][0], series, NULL }, &why))
                fail_msg("%s, %s", far[k][0], series);
            if (is_accepted(&(header){ "", far[k][0], NULL, words[i] }, &why))
                fail_msg("%s, study %s", far[k][0], words[i]);
        }
        for (size_t k = 0; k < 4; k++)
            if (!is_accepted(&(header){ "", near[k], words[i], NULL }, &why))
                fail_msg("%s", why.reason);
    }
    static const char *const pairs[] = {
        "C7/T1 shoulders down", "L5/S1", "T12-L1", "C1 C2", "L 5 S 1", "C6-T2 swimmer"
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (!is_accepted(&(header){ "", "SHOULDER", pairs[i], NULL }, &why))
            fail_msg("%s", why.reason);
}

/* A word of four letters or more with a full stop, not one without it or of fewer letters. */
static void abbreviations_have_a_full_stop(void **state) {
    (void)state;
    static const char *const texts[] = { "Rach. dors.", "Scol.", "Cerv.", "Rx Lomb. prof.",
                                         "Spond. L" };
    static const char *const others[] = { "Cer.", "Thor.", "Rad. abd.", "Lomx.", "L.L." };
    sx_film_refusal why;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (!is_accepted(&(header){ "", "CHEST", texts[i], NULL }, &why))
            fail_msg("%s", why.reason);
        if (is_accepted(&(header){ "", "HAND", texts[i], NULL }, &why))
            fail_msg("hand: %s", texts[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_accepted(&(header){ "", "CHEST", others[i], NULL }, &why))
            fail_msg("%s is accepted", others[i]);
}

/* The spine in a text of its own outweighs the hip; together with the hip it does not. */
static void each_text_of_the_study_counts(void **state) {
    (void)state;
    static const char *const studies[] = { "HIP CLINIC", "Lumbar spine and hip", "Pelvis" };
    static const char *const requests[] = { "XR SPINE LUMBAR 4V", "AP and lateral",
                                            "Lumbar spine, hip" };
    static const bool accepted[3][3] = { { true, false, false },
                                         { true, false, false },
                                         { true, false, false } };
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++) {
            sx_film_subject s = { 0 };
            put(&s, SX_SUBJECT_BODY_PART, "HIP");
            put(&s, SX_SUBJECT_STUDY, studies[i]);
            put(&s, SX_SUBJECT_REQUESTED, requests[k]);
            if (sx_film_rules_accept(&sx_film_rules_builtin, &s, NULL) != accepted[i][k])
                fail_msg("%s, %s", studies[i], requests[k]);
        }
}

/* The study's own description does not outweigh what is said about the film: its body part, if this
 * is far from the spine, its series and the request. */
static void the_film_outweighs_its_study(void **state) {
    (void)state;
    static const struct {
        const char *part, *series, *request, *study;
        bool accepted;
    } rows[] = {
        { "KNEE", "AP", "XR KNEE", "Spine clinic", false },
        { "KNEE", "AP", NULL, "Spine clinic", false },
        { "HAND", NULL, "Bone age", "Scoliosis", false },
        { NULL, NULL, "XR FOOT 3 VIEWS", "Scoliosis", false },
        { NULL, NULL, "XR chest", "Scoliosis", false },
        { NULL, "Hand L2", NULL, "Scoliosis", false },
        { "CHEST", "AP", "XR CHEST", "Spine clinic", false },
        { NULL, "Chest PA", NULL, "Spine clinic", false },
        { NULL, "Thorax p.a.", NULL, "Spine clinic", false },
        { NULL, "Skull lat", NULL, "Spine clinic", false },
        { NULL, "Rippen links", NULL, "Wirbels\xC3\xA4ulenzentrum", false },
        { NULL, "Abdomen supine", NULL, "Spine clinic", false },
        { NULL, "Pelvis AP", NULL, "Spine clinic", false },
        /* the request, or the film itself, names the spine */
        { NULL, "Chest PA", "XR thoracic spine", "Spine clinic", true },
        { "KNEE", "AP", "XR lumbar spine", "Knee clinic", true },
        { "KNEE", "LWS", "XR KNEE", "Knee clinic", true },
        { "LSPINE", "AP", "XR KNEE", "Knee clinic", true },
        /* a wrong body part that is frequent, or a doubtful word */
        { "CHEST", "AP", NULL, "XR thoracic spine", true },
        { "HIP", "AP", NULL, "XR lumbar spine", true },
        { "SHOULDER", "XTLAT SWIMMERS", NULL, "XR C-spine", true },
        { NULL, "AP", NULL, "Spine clinic", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sx_film_subject s = { 0 };
        sx_film_refusal why = { 0 };
        put(&s, SX_SUBJECT_BODY_PART, rows[i].part);
        put(&s, SX_SUBJECT_SERIES, rows[i].series);
        put(&s, SX_SUBJECT_REQUESTED, rows[i].request);
        put(&s, SX_SUBJECT_STUDY, rows[i].study);
        if (sx_film_rules_accept(&sx_film_rules_builtin, &s, &why) != rows[i].accepted)
            fail_msg("row %zu: %s", i, rows[i].accepted ? why.reason : "accepted");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_in_many_languages),
        cmocka_unit_test(short_words_are_doubtful),
        cmocka_unit_test(abbreviations_have_a_full_stop),
        cmocka_unit_test(each_text_of_the_study_counts),
        cmocka_unit_test(the_film_outweighs_its_study),
    };
    return cmocka_run_group_tests_name("film headers", tests, NULL, NULL);
}
