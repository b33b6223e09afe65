/* The page of a document: contents, links, pictures, notices; no path of this machine. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document/document.h"
#include "document/short_names.h"
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

/* The script stands once at the end, the view only where the page is interactive. */
static void films_open_large(void **state) {
    (void)state;
    for (int interactive = 0; interactive < 2; interactive++) {
        sx_doc *d = sx_doc_new("Page");
        const sx_doc_view inside = { "{\"w\":9,\"name\":\"Schmorl's <i>\"}", "\xff\xd8\xff", 3,
                                     NULL },
                          beside = { "{}", NULL, 0, "page-films/film 1.jpg" };
        sx_doc_picture p = { .file = "page-films/pair 1.jpg",
                             .alt = "Film twice",
                             .title = "one",
                             .detail = "nothing",
                             .view = &inside };
        if (interactive) sx_doc_interactive(d);
        sx_doc_film(d, &p);
        p.view = &beside;
        sx_doc_film(d, &p);
        sx_str html = render(d);
        assert_int_equal(count(html.data, "<script>"), interactive);
        assert_int_equal(
            count(html.data, "data-view='{\"w\":9,\"name\":\"Schmorl&#39;s &lt;i&gt;\"}'"),
            interactive);
        assert_int_equal(count(html.data, "data-plain=\"data:image/jpeg;base64,/9j/\""),
                         interactive);
        assert_int_equal(count(html.data, "data-plain=\"page-films/film%201.jpg\""), interactive);
        assert_int_equal(count(html.data, "loading=lazy src=\"page-films/pair%201.jpg\""), 2);
        sx_str_free(&html);
    }
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

static void short_names_differ_where_names_do(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_short_names s;
    const char *const names[] = {
        "1.2.840.113619.2.55.3.1.123456789",
        "1.2.840.113619.2.55.3.2.123456789",
        "1.2.840.113619.2.55.3.1.987654321",
        "1.2.840.113619.2.55.3.1.123456789",
        "...987654321",
        "study-of-the-lumbar-spine-1",
        "\xd0\xbf\xd0\xbe\xd1\x8f\xd1\x81\xd0\xbd\xd0\xb8\xd1\x86\xd0\xb0-"
        "\xd0\xbf\xd0\xbe\xd1\x8f\xd1\x81\xd0\xbd\xd0\xb8\xd1\x86\xd0\xb0-"
        "\xd0\xbf\xd0\xbe\xd1\x8f\xd1\x81\xd0\xbd\xd0\xb8\xd1\x86\xd0\xb0-"
        "\xd0\xbf\xd0\xbe\xd1\x8f\xd1\x81\xd0\xbd\xd0\xb8\xd1\x86\xd0\xb0-"
        "\xd0\xbf\xd0\xbe\xd1\x8f\xd1\x81\xd0\xbd\xd0\xb8\xd1\x86\xd0\xb0",
    };
    const size_t n = sizeof names / sizeof names[0];
    CHECK_OK(sx_short_names_make(&s, names, n, &err), err);
    assert_string_equal(s.items[0], "...2.55.3.1.123456789");
    assert_string_equal(s.items[1], "...2.55.3.2.123456789");
    assert_string_equal(s.items[2], "...2.55.3.1.987654321");
    assert_string_equal(s.items[3], s.items[0]);
    assert_string_equal(s.items[4], names[4]);
    assert_string_equal(s.items[5], names[5]);
    /* 40 of 44 characters, the first of which is whole */
    assert_int_equal(strlen(s.items[6]), 3 + 2 * 37 - 4);
    assert_int_equal((unsigned char)s.items[6][3] & 0xC0, 0xC0);
    sx_short_names_free(&s);
}

/* The tooltip has the whole name, and so has the CSV. */
static void short_cells_have_titles(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str page = { 0 }, csv = { 0 };
    sx_doc *d = sx_doc_new("titles");
    sx_table *t = sx_doc_table(d, "studies", "");
    sx_table_column(t, "study", false);
    sx_table_column(t, "films", true);
    sx_table_row(t, false);
    sx_table_text(t, "...23");
    sx_table_title(t, "1.\"2.123");
    sx_table_value(t, 1, 0, 1);
    sx_table_row(t, false);
    sx_table_text(t, "short");
    sx_table_title(t, "short");
    sx_table_value(t, 2, 0, 1);
    CHECK_OK(sx_doc_to_html(d, &page, &err) && sx_doc_to_csv(d, &csv, &err), err);
    assert_non_null(strstr(page.data, "<span title=\"1.&quot;2.123\">...23</span>"));
    assert_non_null(strstr(page.data, "<td>short</td>"));
    assert_null(strstr(csv.data, "...23"));
    assert_non_null(strstr(csv.data, "2.123"));
    sx_str_free(&page);
    sx_str_free(&csv);
    sx_doc_free(d);
}

/* Five heat maps side by side need the width of the page. */
static void totals_stay_below(void **state) {
    (void)state;
    sx_doc *d = sx_doc_new("");
    sx_str s = { 0 };
    sx_error err = { 0 };
    assert_non_null(d);
    sx_table *t = sx_doc_table(d, "ap", "");
    sx_table_column(t, "class", false);
    for (int i = 0; i < 3; i++) {
        sx_table_row_or_total(t, i == 2);
        sx_table_text(t, i == 2 ? "mean" : "class %d", i);
    }
    CHECK_OK(sx_doc_to_html(d, &s, &err), err);
    assert_non_null(strstr(sx_str_text(&s), "<tr><td>class 1</td></tr>\n</tbody><tfoot>\n"
                                            "<tr class=s><td>mean</td></tr>\n</tfoot></table>"));
    sx_str_free(&s);
    sx_doc_free(d);
}

static void full_pictures_have_the_page(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str page = { 0 };
    sx_doc *d = sx_doc_new("wide");
    sx_doc_film(d,
                &(sx_doc_picture){
                    .file = "heat/a.png", .alt = "a", .title = "a", .detail = "", .full = true });
    CHECK_OK(sx_doc_to_html(d, &page, &err), err);
    assert_non_null(strstr(page.data, "<figure class=full><img alt=\"a\""));
    sx_str_free(&page);
    sx_doc_free(d);
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
        cmocka_unit_test(films_open_large),
        cmocka_unit_test(contents_list_the_sections),
        cmocka_unit_test(notices_stand_on_the_page),
        cmocka_unit_test(pages_name_no_absolute_paths),
        cmocka_unit_test(short_names_differ_where_names_do),
        cmocka_unit_test(short_cells_have_titles),
        cmocka_unit_test(totals_stay_below),
        cmocka_unit_test(full_pictures_have_the_page),
        cmocka_unit_test(small_p_values_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
