/* Names of licences, and what cards for the Hugging Face Hub say of them. */
#include <string.h>

#include "support/check.h"
#include "support/text_files.h"

#include "publish/licences.h"
#include "publish/markdown.h"

static const char *const listed[] = {
#include "publish/licence_names.inc"
};
static const char *const deprecated[] = {
#include "publish/licence_names_deprecated.inc"
};

/* bsearch needs the order. */
static void check_table(const char *const *names, size_t count, sx_licence_kind kind) {
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(names[i - 1], names[i]) >= 0) fail_msg("%s is out of order", names[i]);
        if (sx_licence_kind_of(names[i]) != kind) fail_msg("%s is not found", names[i]);
    }
}

static void every_name_is_found(void **state) {
    (void)state;
    check_table(listed, sizeof listed / sizeof *listed, SX_LICENCE_LISTED);
    check_table(deprecated, sizeof deprecated / sizeof *deprecated, SX_LICENCE_DEPRECATED);
}

static void names_have_kinds(void **state) {
    (void)state;
    static const struct {
        const char *name;
        sx_licence_kind kind;
        const char *nearest;
    } cases[] = {
        { "CC-BY-4.0", SX_LICENCE_LISTED, "CC-BY-4.0" },
        { "cc-by-4.0", SX_LICENCE_UNKNOWN, "CC-BY-4.0" },
        { "CC-BY-4", SX_LICENCE_UNKNOWN, "CC-BY-4.0" },
        { "Apache 2.0", SX_LICENCE_UNKNOWN, "Apache-2.0" },
        { "my own", SX_LICENCE_UNKNOWN, NULL },
        { "", SX_LICENCE_UNKNOWN, NULL },
        { "GPL-3.0", SX_LICENCE_DEPRECATED, NULL },
        { "LicenseRef-Hospital-1.0", SX_LICENCE_OWN, NULL },
        { "LicenseRef-", SX_LICENCE_UNKNOWN, NULL },
        { "LicenseRef-a b", SX_LICENCE_UNKNOWN, NULL },
        { "LicenseRef-a/b", SX_LICENCE_UNKNOWN, NULL },
        { "licenseref-a", SX_LICENCE_UNKNOWN, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (sx_licence_kind_of(cases[i].name) != cases[i].kind) fail_msg("%s", cases[i].name);
        const char *nearest = sx_licence_nearest(cases[i].name);
        if (cases[i].nearest && (!nearest || strcmp(nearest, cases[i].nearest) != 0))
            fail_msg("%s is near %s", cases[i].name, nearest ? nearest : "nothing");
    }
    assert_null(sx_licence_nearest("a name that is like no licence at all"));
}

static const sx_about_key keys[] = { { "licence", SX_ABOUT_LICENCE, true },
                                     { "licence_url", SX_ABOUT_URL, false },
                                     { "licence_file", SX_ABOUT_FILE, false },
                                     { NULL, SX_ABOUT_TEXT, false } };

static bool open_about(const char *text, sx_about *a, sx_error *err) {
    write_text(check_tmp_path("a.yaml"), text);
    write_text(check_tmp_path("terms.txt"), "Terms.\n");
    return sx_about_open(check_tmp_path("a.yaml"), keys, a, err);
}

static void a_file_of_texts_has_a_known_licence(void **state) {
    (void)state;
    static const char *const wrong[][2] = {
        { "licence: CC-BY-4\n", "did you mean CC-BY-4.0?" },
        { "licence: GPL-2.0\n", "deprecated" },
        { "licence: LicenseRef-Ours\n", "needs licence_file" },
        { "licence: LicenseRef-Ours\nlicence_url: https://a.org/\n", "needs licence_file" },
        { "licence: MIT OR Apache-2.0\n", "no SPDX identifier" },
    };
    sx_about a;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        sx_error err = { 0 };
        if (open_about(wrong[i][0], &a, &err)) fail_msg("accepted: %s", wrong[i][0]);
        if (!strstr(err.message, wrong[i][1])) fail_msg("%s", err.message);
        sx_about_free(&a);
    }
}

static void cards_name_the_licence(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        { "licence: CC-BY-4.0\n", "license: cc-by-4.0\n" },
        { "licence: GPL-3.0-or-later\n", "license: gpl-3.0\n" },
        { "licence: ODbL-1.0\n", "license: odbl\n" },
        { "licence: CC-BY-NC-SA-2.5\n",
          "license: other\nlicense_name: cc-by-nc-sa-2.5\n"
          "license_link: \"https://spdx.org/licenses/CC-BY-NC-SA-2.5.html\"\n" },
        { "licence: LicenseRef-Ours\nlicence_file: terms.txt\n",
          "license: other\nlicense_name: licenseref-ours\nlicense_link: LICENSE\n" },
        { "licence: LicenseRef-Ours\nlicence_file: terms.txt\nlicence_url: https://a.org/x\n",
          "license: other\nlicense_name: licenseref-ours\nlicense_link: \"https://a.org/x\"\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_about a;
        sx_error err = { 0 };
        sx_str out = { 0 };
        CHECK_OK(open_about(cases[i][0], &a, &err), err);
        sx_put_hub_licence(&out, &a);
        assert_string_equal(sx_str_text(&out), cases[i][1]);
        sx_str_free(&out);
        sx_about_free(&a);
    }
}

/* What the Hub has is on the list: another name would never be asked for. */
static void the_hub_has_listed_licences(void **state) {
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        count += sx_licence_on_hub(listed[i]) != NULL;
    assert_int_equal(count, 57);
    assert_null(sx_licence_on_hub("GPL-3.0"));
}

static int clear(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(names_have_kinds),
        cmocka_unit_test(a_file_of_texts_has_a_known_licence),
        cmocka_unit_test(cards_name_the_licence),
        cmocka_unit_test(the_hub_has_listed_licences),
    };
    return cmocka_run_group_tests(tests, NULL, clear);
}
