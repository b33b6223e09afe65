/* The figure of a data set: what is counted, and what the figure says. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"
#include "document/stats_plot.h"
#include "support/check.h"
#include "support/figure_parts.h"

static void open_csv(const char *text, sx_manifest *m) {
    sx_error err = { 0 };
    const char *path = check_tmp_path("annotations.csv");
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    CHECK_OK(sx_manifest_open(path, NULL, m, &err), err);
}

static void draw(const sx_manifest *m, sx_distributions *d, sx_figure **f) {
    sx_error err = { 0 };
    sx_str svg = { 0 };
    CHECK_OK(sx_distributions_of(m, d, &err), err);
    *f = sx_stats_plot(d, "A & B");
    assert_non_null(*f);
    CHECK_OK(sx_figure_svg(*f, "f", &svg, &err), err);
    assert_non_null(strstr(svg.data, "A &amp; B"));
    assert_null(strstr(svg.data, "nan"));
    sx_str_free(&svg);
}

static void release(sx_manifest *m, sx_distributions *d, sx_figure *f) {
    sx_figure_free(f);
    sx_distributions_free(d);
    sx_manifest_free(m);
}

static void check_has(const sx_figure *f, const char *text) {
    if (!find_label(f, text)) fail_msg("the figure does not say '%s'", text);
}

static void check_value(double got, double want) {
    if (!(fabs(got - want) <= 1e-9) && !(isnan(got) && isnan(want)))
        fail_msg("%g, not %g", got, want);
}

static void set_is_counted_and_drawn(void **state) {
    (void)state;
    sx_manifest m;
    sx_distributions d;
    sx_figure *f;
    open_csv(
        "image_id,study_id,lesion_type,xmin,ymin,xmax,ymax,image_width,image_height,patient_sex,"
        "patient_age,split\n"
        "a,s,Osteophytes,1,1,10,10,100,200,F,40,train\n"
        "a,s,Osteophytes,1,1,17,17,100,200,F,40,train\n"
        "b,t,No finding,,,,,120,200,M,60,train\n"
        "c,u,Disc <b>,1,1,5,5,120,220,F,70,test\n",
        &m);
    draw(&m, &d, &f);
    assert_int_equal(d.group_count, 2);
    assert_int_equal(d.class_count, 2);
    assert_string_equal(d.class_names[0], "Osteophytes");
    check_value(d.class_boxes[0], 2); /* train, osteophytes */
    check_value(d.class_boxes[2], 0); /* test, osteophytes */
    check_value(d.film_percents[0], 50);
    check_value(d.film_percents[3], 100);
    check_value(d.box_sizes[0], 12.5); /* of 9 and 16 */
    check_value(d.box_sizes_low[0], 9.7);
    check_value(d.box_sizes_high[0], 15.3);
    check_value(d.box_sizes[2], NAN);
    check_value(d.groups[0].mean_age, 50);
    check_value(d.groups[0].age_percents[8], 50);
    check_value(d.groups[1].age_percents[14], 100);
    assert_int_equal(d.groups[0].size_count, 2);
    check_value(d.people_percents[0], 50); /* train, women */
    check_value(d.width, 120);
    check_has(f, "A & B");
    check_has(f, "train: 2 films; test: 1 film; 3 boxes");
    check_has(f, "Disc <b>");
    check_has(f, "train, 2 films, mean 50.0");
    check_has(f, "Film sizes");
    check_has(f, "50.0"); /* % of the films of train with osteophytes */
    check_has(f, "no boxes");
    assert_non_null(strstr(f->description.data, "Film sizes. Horizontal axis: width, pixels"));
    release(&m, &d, f);
}

static void set_that_says_little(void **state) {
    (void)state;
    sx_manifest m;
    sx_distributions d;
    sx_figure *f;
    open_csv("image_id,lesion_type,xmin,ymin,xmax,ymax\nb,No finding,,,,\n", &m);
    draw(&m, &d, &f);
    check_has(f, "all: 1 film; 0 boxes");
    check_has(f, "Not in the data set; --headers reads them from the films.");
    assert_null(find_label(f, "Box sizes: median, 10th to 90th percentile"));
    assert_true(isnan(d.groups[0].mean_age) && d.groups[0].size_count == 0);
    release(&m, &d, f);
}

static void many_classes(void **state) {
    (void)state;
    sx_manifest m;
    sx_distributions d;
    sx_figure *f;
    sx_str many = { 0 };
    sx_str_add(&many, "image_id,lesion_type,xmin,ymin,xmax,ymax\n");
    for (int c = 0; c < 40; c++)
        for (int k = 0; k <= c; k++)
            sx_str_printf(&many, "f%d,L%02d,%d,1,9,8\n", k, c, k % 5);
    open_csv(many.data, &m);
    draw(&m, &d, &f);
    check_has(f, "Boxes of the 14 most frequent of 40 findings");
    check_has(f, "L39");
    check_has(f, "L26");
    assert_null(find_label(f, "L25"));
    check_value(d.class_boxes[0], 40);
    check_value(d.class_boxes[13], 27);
    release(&m, &d, f);
    sx_str_free(&many);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_is_counted_and_drawn),
        cmocka_unit_test(set_that_says_little),
        cmocka_unit_test(many_classes),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
