/* The drawing layer: one figure as pixels, SVG, PDF and on a page. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/utf8.h"
#include "document/document.h"
#include "document/figure_draw.h"
#include "image/image_file.h"
#include "support/check.h"
#include "support/page_check.h"

static const uint8_t *pixel(const sx_image *im, int x, int y) {
    return sx_image_u8(im) + ((size_t)y * (size_t)im->width + (size_t)x) * 3;
}

static void check_colour(const sx_image *im, int x, int y, uint32_t rgb) {
    const uint8_t *p = pixel(im, x, y);
    if (((uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]) != rgb)
        fail_msg("(%d, %d) is %d %d %d, not %06x", x, y, p[0], p[1], p[2], (unsigned)rgb);
}

static void rectangle(sx_figure *f, double x, double y, double width, double height,
                      uint32_t colour) {
    cairo_rectangle(f->pen, x, y, width, height);
    sx_figure_paint(f, &(sx_paint){ .fill = colour, .fill_alpha = 1 });
}

/* 40 x 30: a red square, a green line in a part that is moved, a blue disc with a white edge. */
static sx_figure *make_sample(const char *title) {
    sx_figure *f = sx_figure_new(40, 30, title);
    assert_non_null(f);
    rectangle(f, 1, 1, 4, 4, 0xff0000);
    cairo_save(f->pen);
    cairo_translate(f->pen, 10, 10);
    cairo_move_to(f->pen, 2, 4);
    cairo_line_to(f->pen, 16, 4);
    sx_figure_paint(f, &(sx_paint){ .stroke = 0x00ff00, .line = 2 });
    sx_figure_text(f, 3, 18, &(sx_text_style){ .size = 6, .ink = 0x123456 }, "a < b & c");
    cairo_restore(f->pen);
    cairo_arc(f->pen, 30, 8, 4, 0, 6.283185307179586);
    sx_figure_paint(
        f, &(sx_paint){ .fill = 0x0000ff, .fill_alpha = 1, .stroke = 0xffffff, .line = 1 });
    sx_figure_describe(f, "Three %s.", "shapes");
    return f;
}

static void pixels_are_where_shapes_are(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im;
    sx_figure *f = make_sample("t");
    CHECK_OK(sx_figure_image(f, 2, &im, &err), err);
    assert_int_equal(im.width, 80);
    assert_int_equal(im.height, 60);
    check_colour(&im, 2, 2, 0xff0000);
    check_colour(&im, 9, 9, 0xff0000);
    check_colour(&im, 10, 10, 0xffffff);
    /* y 13 to 15, x 12 to 26 in figure units */
    check_colour(&im, 24, 26, 0x00ff00);
    check_colour(&im, 51, 29, 0x00ff00);
    check_colour(&im, 23, 28, 0xffffff);
    check_colour(&im, 52, 28, 0xffffff);
    check_colour(&im, 40, 25, 0xffffff);
    check_colour(&im, 40, 30, 0xffffff);
    check_colour(&im, 60, 16, 0x0000ff);
    check_colour(&im, 64, 16, 0x0000ff);
    check_colour(&im, 70, 16, 0xffffff);
    sx_image_free(&im);
    sx_figure_free(f);
}

static int count_dark(const sx_image *im, int x0, int x1, int y0, int y1) {
    int n = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            n += pixel(im, x, y)[0] < 128;
    return n;
}

static void texts_stand_at_their_anchor(void **state) {
    (void)state;
    static const struct {
        sx_anchor anchor;
        bool upward;
        int x0, x1, y0, y1; /* the bounding box of all ink; the text is at (50, 50) */
    } cases[] = {
        { SX_ANCHOR_START, false, 50, 100, 38, 51 }, { SX_ANCHOR_END, false, 0, 50, 38, 51 },
        { SX_ANCHOR_MIDDLE, false, 30, 70, 38, 51 }, { SX_ANCHOR_START, true, 38, 51, 0, 50 },
        { SX_ANCHOR_END, true, 38, 51, 50, 100 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_image im;
        sx_figure *f = sx_figure_new(100, 100, "t");
        const sx_text_style s = { .size = 14,
                                  .anchor = cases[i].anchor,
                                  .upward = cases[i].upward };
        sx_figure_text(f, 50, 50, &s, "HHH");
        const double width = sx_figure_text_width(f, 14, false, "HHH");
        assert_true(width > 25 && width < 40);
        assert_true(fabs(sx_figure_text_width(f, 28, false, "HHH") - 2 * width) < 1e-6);
        CHECK_OK(sx_figure_image(f, 1, &im, &err), err);
        const int ink = count_dark(&im, 0, 100, 0, 100);
        assert_in_range(ink, 50, 300);
        assert_int_equal(count_dark(&im, cases[i].x0, cases[i].x1, cases[i].y0, cases[i].y1), ink);
        sx_image_free(&im);
        sx_figure_free(f);
    }
}

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void svg_is_accessible(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str svg = { 0 };
    sx_figure *f = make_sample("A & <B>");
    CHECK_OK(sx_figure_svg(f, "f7", &svg, &err), err);
    assert_true(sx_starts_with(svg.data, "<svg "));
    assert_true(sx_ends_with(svg.data, "</svg>"));
    assert_int_equal(count(svg.data, "<svg"), 1);
    assert_non_null(
        strstr(svg.data, "viewBox=\"0 0 40 30\" width=\"40\" height=\"30\" role=\"img\""));
    assert_non_null(strstr(svg.data, "aria-labelledby=\"f7-title\" aria-describedby=\"f7-desc\""));
    assert_non_null(strstr(svg.data, "<title id=\"f7-title\">A &amp; &lt;B&gt;</title>"));
    assert_non_null(strstr(svg.data, "<desc id=\"f7-desc\">Three shapes.</desc>"));
    /* Texts stay texts, in the figure's coordinates. */
    assert_non_null(strstr(svg.data, "<text x=\"13.0\" y=\"28.0\" font-size=\"6\" "
                                     "fill=\"#123456\">a &lt; b &amp; c</text>"));
    assert_int_equal(count(svg.data, "<path"), 3);
    /* No id but the two, and nothing refers to another. */
    assert_int_equal(count(svg.data, " id=\""), 2);
    assert_int_equal(count(svg.data, "url(#") + count(svg.data, "href"), 0);
    sx_str_free(&svg);
    sx_figure_free(f);
}

/* On a page with the same figure several times between others. */
static void page_has_unique_ids(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_doc *d = sx_doc_new("page");
    sx_str html = { 0 };
    for (int i = 0; i < 12; i++) {
        sx_doc_figure(d, i % 2 ? "odd" : "even", make_sample("t"), i % 3 == 0);
        if (i == 5) sx_doc_section(d, "more");
    }
    CHECK_OK(sx_doc_to_html(d, &html, &err), err);
    check_page(html.data);
    assert_int_equal(count(html.data, "<svg "), 12);
    assert_int_equal(count(html.data, " id=\""), 25); /* one of the section */
    for (int i = 1; i <= 12; i++) {
        char id[40];
        snprintf(id, sizeof id, " id=\"figure-%d-title\"", i);
        assert_int_equal(count(html.data, id), 1);
        snprintf(id, sizeof id, " id=\"figure-%d-desc\"", i);
        assert_int_equal(count(html.data, id), 1);
    }
    assert_null(strstr(html.data, "<?xml"));
    sx_str_free(&html);
    sx_doc_free(d);
}

static void missing_figure_fails_the_page(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str html = { 0 };
    sx_doc *d = sx_doc_new("page");
    sx_doc_figure(d, "none", NULL, true);
    CHECK_FAILS(sx_doc_to_html(d, &html, &err), err, SX_ERR_MEMORY, "out of memory");
    sx_str_free(&html);
    sx_doc_free(d);
}

static void bad_text_is_replaced(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str svg = { 0 };
    sx_image im;
    sx_figure *f = sx_figure_new(50, 20, "R\xf6ntgen\x01");
    const sx_text_style style = { .size = 9 };
    sx_figure_text(f, 1, 15, &style, "\xc3\xb6 \xf6 \t \xef\xbf\xbf \xe2\x82");
    sx_figure_describe(f, "%s", "\xff");
    assert_true(sx_figure_text_width(f, 9, true, "\xff\xfe") > 0);
    CHECK_OK(sx_figure_svg(f, "f", &svg, &err), err);
    assert_int_equal(sx_utf8_span(svg.data, svg.len), svg.len);
    assert_non_null(strstr(svg.data, ">R\xef\xbf\xbdntgen\xef\xbf\xbd</title>"));
    assert_non_null(strstr(svg.data, ">\xc3\xb6 \xef\xbf\xbd \xef\xbf\xbd \xef\xbf\xbd "
                                     "\xef\xbf\xbd\xef\xbf\xbd</text>"));
    CHECK_OK(sx_figure_image(f, 1, &im, &err), err);
    sx_image_free(&im);
    sx_str_free(&svg);
    sx_figure_free(f);
}

/* The bytes do not depend on earlier figures: cairo numbers its surfaces and dates its PDF
 * files. */
static void same_bytes_again(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str svg[2] = { { 0 } }, pdf[2] = { { 0 } };
    for (int i = 0; i < 2; i++) {
        sx_figure *f = make_sample("t");
        CHECK_OK(sx_figure_svg(f, "f", &svg[i], &err), err);
        CHECK_OK(sx_figure_pdf(f, &pdf[i], &err), err);
        sx_figure_free(f);
    }
    assert_int_equal(svg[0].len, svg[1].len);
    assert_memory_equal(svg[0].data, svg[1].data, svg[0].len);
    assert_int_equal(pdf[0].len, pdf[1].len);
    assert_memory_equal(pdf[0].data, pdf[1].data, pdf[0].len);
    assert_true(sx_starts_with(pdf[0].data, "%PDF-"));
    bool dated = false, titled = false;
    for (size_t i = 0; i + 12 < pdf[0].len; i++) {
        dated = dated || memcmp(pdf[0].data + i, "CreationDate", 12) == 0;
        titled = titled || memcmp(pdf[0].data + i, "/Title (t)", 10) == 0;
    }
    assert_true(titled && !dated);
    for (int i = 0; i < 2; i++) {
        sx_str_free(&svg[i]);
        sx_str_free(&pdf[i]);
    }
}

static void files_follow_their_ending(void **state) {
    (void)state;
    static const struct {
        const char *name, *begin;
    } cases[] = { { "a.svg", "<?xml" }, { "a.b.PDF", "%PDF" }, { "a.Png", "\x89PNG" } };
    sx_error err = { 0 };
    sx_figure *f = make_sample("t");
    for (size_t i = 0; i < 3; i++) {
        sx_file file;
        assert_true(sx_figure_named(cases[i].name));
        CHECK_OK(sx_figure_write(f, check_tmp_path(cases[i].name), &err), err);
        CHECK_OK(sx_file_open(&file, check_tmp_path(cases[i].name), &err), err);
        assert_memory_equal(file.data, cases[i].begin, strlen(cases[i].begin));
        sx_file_close(&file);
    }
    sx_image im;
    CHECK_OK(sx_image_read(check_tmp_path("a.Png"), &im, &err), err);
    assert_int_equal(im.width, 80);
    sx_image_free(&im);
    assert_false(sx_figure_named("a.gif"));
    assert_false(sx_figure_named("a.svg/b"));
    assert_false(sx_figure_named("svg"));
    CHECK_FAILS(sx_figure_write(f, "a.gif", &err), err, SX_ERR_UNSUPPORTED, "a.gif: figures are");
    CHECK_FAILS(sx_figure_write(f, check_tmp_path("no/a.pdf"), &err), err, SX_ERR_IO, "a.pdf");
    CHECK_FAILS(sx_figure_image(f, 1000, &im, &err), err, SX_ERR_LIMIT, "40000 x 30000 pixels");
    CHECK_FAILS(sx_figure_image(f, NAN, &im, &err), err, SX_ERR_LIMIT, "cannot be drawn");
    assert_null(im.data);
    sx_figure_free(f);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_where_shapes_are),
        cmocka_unit_test(texts_stand_at_their_anchor),
        cmocka_unit_test(svg_is_accessible),
        cmocka_unit_test(page_has_unique_ids),
        cmocka_unit_test(missing_figure_fails_the_page),
        cmocka_unit_test(bad_text_is_replaced),
        cmocka_unit_test(same_bytes_again),
        cmocka_unit_test(files_follow_their_ending),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
