/* The picture of a data set, and the drawing of our SVG as pixels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/files.h"
#include "document/stats_plot.h"
#include "document/svg_raster.h"

static const uint8_t *pixel(const sx_image *im, int x, int y) {
    return sx_image_u8(im) + ((size_t)y * (size_t)im->width + (size_t)x) * 3;
}

static void check_colour(const sx_image *im, int x, int y, int r, int g, int b) {
    const uint8_t *p = pixel(im, x, y);
    if (p[0] != r || p[1] != g || p[2] != b)
        fail_msg("(%d, %d) is %d %d %d, not %d %d %d", x, y, p[0], p[1], p[2], r, g, b);
}

static void raster_draws_shapes(void **state) {
    (void)state;
    static const char svg[] =
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 30'><title>t</title>"
        "<rect x='1' y='1' width='4' height='4' fill='#f00'/>"
        "<svg x='10' y='10' width='20' height='20'><svg viewBox='0 0 10 10'>"
        "<g stroke='#00ff00' stroke-width='2'><path d='M2 2H8v4' fill='none'/></g>"
        "<circle cx='5' cy='8' r='1' fill='#0072b2'/></svg></svg>"
        "<rect x='34' y='1' width='4' height='4' fill-opacity='.5'/></svg>";
    sx_image im;
    sx_error err = { 0 };
    CHECK_OK(sx_svg_raster(svg, strlen(svg), 2, &im, &err), err);
    assert_int_equal(im.width, 80);
    assert_int_equal(im.height, 60);
    check_colour(&im, 6, 6, 255, 0, 0);
    check_colour(&im, 12, 6, 255, 255, 255);
    check_colour(&im, 2 * (10 + 10), 2 * (10 + 4), 0, 255,
                 0); /* (5, 2) of the inner one, twice as large */
    check_colour(&im, 2 * (10 + 10), 2 * (10 + 16), 0, 0x72, 0xb2);
    check_colour(&im, 2 * (10 + 10), 2 * (10 + 10), 255, 255, 255); /* not filled */
    assert_in_range(pixel(&im, 72, 6)[0], 126, 129);
    sx_image_free(&im);
}

static void raster_draws_text(void **state) {
    (void)state;
    /* ends at 38: black on the left of it, nothing on the right */
    static const char svg[] = "<svg viewBox='0 0 60 30'><text x='38' y='20' font-size='12' "
                              "text-anchor='end'>HHH</text></svg>";
    sx_image im;
    sx_error err = { 0 };
    CHECK_OK(sx_svg_raster(svg, strlen(svg), 1, &im, &err), err);
    int left = 0, right = 0;
    for (int y = 0; y < 30; y++)
        for (int x = 0; x < 60; x++)
            *(x < 38 ? &left : &right) += pixel(&im, x, y)[0] < 128;
    assert_in_range(left, 40, 200);
    assert_int_equal(right, 0);
    sx_image_free(&im);
}

static void raster_refuses(void **state) {
    (void)state;
    static const struct {
        const char *svg, *message;
        sx_error_code code;
    } bad[] = {
        { "<svg viewBox='0 0 9 9'><image/></svg>", "element image", SX_ERR_UNSUPPORTED },
        { "<svg viewBox='0 0 9 9'><path d='M0 0C1 1 2 2 3 3'/></svg>", "path", SX_ERR_UNSUPPORTED },
        { "<svg viewBox='0 0 9 9'><text transform='scale(2)'>a</text></svg>", "transform",
          SX_ERR_UNSUPPORTED },
        { "<svg viewBox='0 0 90000 9'/>", "too large", SX_ERR_LIMIT },
        { "<svg/>", "no size", SX_ERR_LIMIT },
        { "<g/>", "misplaced g", SX_ERR_UNSUPPORTED },
        { "<svg viewBox='0 0 9 9'>", "figure: no element found", SX_ERR_FORMAT },
        { "", "figure: ", SX_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sx_image im;
        sx_error err = { 0 };
        CHECK_FAILS(sx_svg_raster(bad[i].svg, strlen(bad[i].svg), 1, &im, &err), err, bad[i].code,
                    bad[i].message);
        assert_null(im.data);
    }
}

static void open_csv(const char *text, sx_manifest *m) {
    sx_error err = { 0 };
    const char *path = check_tmp_path("annotations.csv");
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    CHECK_OK(sx_manifest_open(path, NULL, m, &err), err);
}

static void draw(const sx_manifest *m, sx_str *svg) {
    sx_error err = { 0 };
    sx_image im;
    *svg = (sx_str){ 0 };
    CHECK_OK(sx_stats_plot(m, "A & B", svg, &err), err);
    CHECK_OK(sx_svg_raster(svg->data, svg->len, 0.5, &im, &err),
             err); /* all that is in it can be drawn */
    sx_image_free(&im);
}

static void check_has(const sx_str *svg, const char *text) {
    if (!strstr(svg->data, text)) fail_msg("the picture does not say '%s'", text);
}

static void picture_says_what_is_there(void **state) {
    (void)state;
    sx_manifest m;
    sx_str svg;
    check_tmp();
    open_csv(
        "image_id,study_id,lesion_type,xmin,ymin,xmax,ymax,image_width,image_height,patient_sex,"
        "patient_age,split\n"
        "a,s,Osteophytes,1,1,10,10,100,200,F,40,train\n"
        "a,s,Osteophytes,1,1,17,17,100,200,F,40,train\n"
        "b,t,No finding,,,,,120,200,M,60,train\n"
        "c,u,Disc <b>,1,1,5,5,120,220,F,70,test\n",
        &m);
    draw(&m, &svg);
    check_has(&svg, "A &amp; B");
    check_has(&svg, "train: 2 films; test: 1 films; 3 boxes");
    check_has(&svg, "Disc &lt;b");
    check_has(&svg, "train, 2 films, mean 50.0");
    check_has(&svg, "Film sizes");
    check_has(&svg, ">50.0</text>"); /* % of the films of train with osteophytes */
    sx_str_free(&svg);
    sx_manifest_free(&m);

    open_csv("image_id,lesion_type,xmin,ymin,xmax,ymax\nb,No finding,,,,\n", &m);
    draw(&m, &svg);
    check_has(&svg, "all: 1 films; 0 boxes");
    check_has(&svg, "does not say");
    assert_null(strstr(svg.data, "Box sizes"));
    sx_str_free(&svg);
    sx_manifest_free(&m);

    char *many = calloc(1, 100000);
    size_t n = (size_t)sprintf(many, "image_id,lesion_type,xmin,ymin,xmax,ymax\n");
    for (int c = 0; c < 40; c++)
        for (int k = 0; k <= c; k++)
            n += (size_t)sprintf(many + n, "f%d,L%02d,%d,1,9,8\n", k, c, k % 5);
    open_csv(many, &m);
    draw(&m, &svg);
    check_has(&svg, "14 most frequent of 40");
    assert_non_null(strstr(svg.data, ">L39<"));
    assert_non_null(strstr(svg.data, ">L26<"));
    assert_null(strstr(svg.data, ">L25<"));
    sx_str_free(&svg);
    sx_manifest_free(&m);
    free(many);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raster_draws_shapes),
        cmocka_unit_test(raster_draws_text),
        cmocka_unit_test(raster_refuses),
        cmocka_unit_test(picture_says_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
