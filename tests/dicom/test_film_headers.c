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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_in_many_languages),
    };
    return cmocka_run_group_tests_name("film headers", tests, NULL, NULL);
}
