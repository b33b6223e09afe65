/* The page of a document: contents, links, pictures, notices; no path of this machine. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document/document.h"
#include "support/check.h"
#include "support/page_check.h"

static int count(const char *text, const char *what) {
    int n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void add_film(sx_doc *d, const char *name, const char *link, bool wide) {
    sx_doc_film(d, &(sx_doc_picture){ .bytes = "\x89PNG....",
                                      .size = 8,
                                      .alt = "Film <a> & two boxes",
                                      .title = name,
                                      .detail = "1 of 2 found",
                                      .link = link,
                                      .wide = wide });
}

static void add_row(sx_doc *d, const char *text, const char *anchor) {
    sx_table *t = sx_doc_table(d, "films", "");
    sx_table_column(t, "film", false);
    sx_table_row(t, false);
    sx_table_text(t, "%s", text);
    sx_table_link(t, "%s", anchor);
}

static sx_str render(sx_doc *d) {
    sx_error err = { 0 };
    sx_str html = { 0 };
    CHECK_OK(sx_doc_to_html(d, &html, &err), err);
    check_page(html.data);
    sx_doc_free(d);
    return html;
}

static void rows_lead_to_films(void **state) {
    (void)state;
    sx_doc *d = sx_doc_new("Page");
    add_row(d, "one", "film-1");
    add_row(d, "two", "film-2");
    add_row(d, "none", "film-3");
    sx_doc_subsection(d, "Study %d", 7);
    sx_doc_anchor(d, "study-7");
    add_film(d, "one", "films/one two#%.dcm", true);
    sx_doc_anchor(d, "film-1");
    add_film(d, "one again", NULL, true);
    sx_doc_anchor(d, "film-1"); /* a second one: links lead to the first */
    add_film(d, "two", NULL, false);
    sx_doc_anchor(d, "film-2");
    sx_str html = render(d);
    assert_non_null(strstr(html.data, "<td><a href=\"#film-1\">one</a></td>"));
    assert_non_null(strstr(html.data, "<td><a href=\"#film-2\">two</a></td>"));
    assert_non_null(strstr(html.data, "<td>none</td>")); /* no such place */
    assert_non_null(strstr(html.data, "<h3 id=\"study-7\">Study 7</h3>"));
    assert_non_null(strstr(html.data, "href=\"films/one%20two%23%25.dcm\">one</a>"));
    assert_int_equal(count(html.data, "alt=\"Film &lt;a&gt; &amp; two boxes\""), 3);
    assert_int_equal(count(html.data, "<div class=\"films sheets\">"), 1);
    assert_int_equal(count(html.data, "<div class=\"films\">"), 1);
    sx_str_free(&html);
}

static void contents_list_the_sections(void **state) {
    (void)state;
    for (int sections = 0; sections < 5; sections++) {
        sx_doc *d = sx_doc_new("Page");
        for (int i = 0; i < sections; i++)
            sx_doc_section(d, "Measures & more");
        sx_str html = render(d);
        assert_int_equal(count(html.data, "<nav "), sections >= 3);
        assert_int_equal(count(html.data, "<a href=\"#section-"), sections >= 3 ? sections : 0);
        sx_str_free(&html);
    }
}

/* At the beginning and the end of the page, not on the terminal. */
static void notices_stand_on_the_page(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str text = { 0 };
    sx_doc *d = sx_doc_new("Page");
    sx_doc_notice(d, "not a %s", "diagnosis");
    sx_doc_notice(d, "from drawn <films>");
    sx_doc_section(d, "First");
    CHECK_OK(sx_doc_to_text(d, &text, &err), err);
    assert_null(strstr(text.data, "diagnosis"));
    sx_str_free(&text);
    sx_str html = render(d);
    const char *first = strstr(html.data, "not a diagnosis <span>from drawn &lt;films&gt;</span>");
    assert_true(first && first < strstr(html.data, "First"));
    assert_true(strstr(first + 1, "not a diagnosis") > strstr(html.data, "</main>"));
    sx_str_free(&html);
}

static void pages_name_no_absolute_paths(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        { "/home/me/set (sha256 0)", "set (sha256 0)" },
        { "of /home/me/a b/report.json: x", "of a b/report.json: x" },
        { "first: /data/a.png: cut", "first: a.png: cut" },
        { "/data", "data" },
        { "in /data/set/ now", "in set/ now" },
        { "(/a/b)", "(b)" },
        { "films/set/a.png", "films/set/a.png" },
        { "1 / 2, 3/4, and/or", "1 / 2, 3/4, and/or" },
        { "/", "/" },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char want[160];
        sx_doc *d = sx_doc_new(texts[i][0]);
        sx_doc_notice(d, "%s", texts[i][0]);
        sx_doc_fact(d, "fact", "%s", texts[i][0]);
        sx_doc_warn(d, "%s", texts[i][0]);
        sx_doc_text(d, "%s", texts[i][0]);
        add_row(d, texts[i][0], "none");
        add_film(d, texts[i][0], "../x/a.dcm", false);
        sx_str html = render(d);
        snprintf(want, sizeof want, ">%s<", texts[i][1]);
        if (count(html.data, want) < 7) fail_msg("%s: not shown as %s", texts[i][0], texts[i][1]);
        snprintf(want, sizeof want, ">%s<", texts[i][0]);
        if (strcmp(texts[i][0], texts[i][1]) != 0) assert_null(strstr(html.data, want));
        sx_str_free(&html);
    }
}

static void small_p_values_have_a_bound(void **state) {
    (void)state;
    static const double values[] = { 0, 0.00009999, 0.0001, 0.25 };
    static const char *const texts[] = { "< 0.0001", "< 0.0001", "0.0001", "0.2500" };
    sx_error err = { 0 };
    sx_str text = { 0 }, csv = { 0 };
    sx_doc *d = sx_doc_new("Page");
    sx_table *t = sx_doc_table(d, "p", "");
    sx_table_column(t, "number", false);
    sx_table_column(t, "p", true);
    for (int i = 0; i < 4; i++) {
        sx_table_row(t, false);
        sx_table_text(t, "p%d", i);
        sx_table_p(t, values[i]);
    }
    sx_table_row(t, false);
    sx_table_text(t, "p4");
    sx_table_p(t, (double)NAN);
    CHECK_OK(sx_doc_to_text(d, &text, &err) && sx_doc_to_csv(d, &csv, &err), err);
    for (int i = 0; i < 4; i++) {
        char line[80];
        snprintf(line, sizeof line, "p%d      %8s\n", i, texts[i]);
        if (!strstr(text.data, line)) fail_msg("no line '%s' in\n%s", line, text.data);
        snprintf(line, sizeof line, "p,p%d,p,%.17g,,,%s\n", i, values[i], texts[i]);
        if (!strstr(csv.data, line)) fail_msg("no line '%s' in\n%s", line, csv.data);
    }
    assert_non_null(strstr(text.data, "p4             -\n"));
    sx_str html = render(d);
    assert_int_equal(count(html.data, "&lt; 0.0001"), 2);
    sx_str_free(&html);
    sx_str_free(&text);
    sx_str_free(&csv);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_lead_to_films),
        cmocka_unit_test(contents_list_the_sections),
        cmocka_unit_test(notices_stand_on_the_page),
        cmocka_unit_test(pages_name_no_absolute_paths),
        cmocka_unit_test(small_p_values_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
