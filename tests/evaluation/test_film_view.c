/* What the viewer of a page gets of a film: its boxes, which of them the picture shows, and their
 * colours. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"

#include "base/json.h"
#include "evaluation/film_view.h"
#include "image/overlay_draw.h"

enum { FILM = 1, OTHER_FILM = 0 };

static sx_truth_box true_boxes[] = { { .x = 1, .y = 2, .w = 3, .h = 4, .film = FILM, .label = 1 },
                                     { .x = 9, .y = 9, .w = 9, .h = 9, .film = OTHER_FILM } };
static sx_found_box boxes[] = {
    { 10, 20, 30, 40, 0.9, FILM, 0 },       { 10, 20, 30, 40, 0.9, FILM, 1 },
    { 11, 21, 31, 41, 0.9, OTHER_FILM, 0 }, { 12, 22, 32, 42, 0.2, FILM, 0 },
    { 13, 23, 33, 43, 0.01, FILM, 0 },      { 14, 24, 34, 44, 0.6, FILM, 2 },
};
/* At operating points: one box of a high score, and one of a low one. */
static sx_found_box points[] = { { 10, 20, 30, 40, 0.9, FILM, 1 },
                                 { 13, 23, 33, 43, 0.01, FILM, 0 } };
enum { BOXES = sizeof boxes / sizeof *boxes };

static char classes[][20] = { "Osteophytes", "Other lesions", "Surgical implant" };
static char *names[] = { classes[0], classes[1], classes[2] };

static json_t *view_of(const sx_predictions *p, double least) {
    sx_truth truth = { .class_names = { .items = names, .count = 3 },
                       .boxes = true_boxes,
                       .box_count = 2 };
    const sx_eval_input in = { .truth = &truth, .predictions = p, .prediction_count = 1 };
    sx_image grey = { 0 };
    sx_film_view view;
    sx_error err = { 0 };
    CHECK_OK(sx_image_new(&grey, 60, 80, 1, 8, &err), err);
    memset(sx_image_u8(&grey), 90, 60 * 80);
    CHECK_OK(sx_film_view_make(&in, FILM, &grey, least, &view, &err), err);
    json_t *j = json_loadb(view.data.data, view.data.len, 0, NULL);
    assert_non_null(j);
    sx_film_view_free(&view);
    sx_image_free(&grey);
    return j;
}

/* The left edges of the boxes of a kind, as bits. */
static unsigned edges(const json_t *view, const char *kind) {
    const size_t size = strcmp(kind, "truth") == 0 ? 5 : 6; /* true boxes have no score */
    unsigned bits = 0;
    size_t i;
    json_t *b;
    json_array_foreach(json_object_get(view, kind), i, b) {
        assert_int_equal(json_array_size(b), size);
        bits += 1U << json_integer_value(json_array_get(b, 1));
    }
    return bits;
}

static void boxes_of_the_picture_are_marked(void **state) {
    (void)state;
    /* the rule drops the last box */
    const sx_predictions p = { .boxes = boxes, .box_count = BOXES - 1, .all_box_count = BOXES };
    json_t *view = view_of(&p, 0.3);
    assert_int_equal(edges(view, "truth"), 1U << 1);
    assert_int_equal(edges(view, "findings"), 2U << 10); /* two boxes of different classes */
    assert_int_equal(edges(view, "others"), 1U << 12 | 1U << 14);
    json_decref(view);
}

static void findings_are_marked_whatever_their_scores(void **state) {
    (void)state;
    const sx_predictions p = { .boxes = boxes,
                               .box_count = BOXES,
                               .all_box_count = BOXES,
                               .findings = points,
                               .finding_count = 2 };
    json_t *view = view_of(&p, 0);
    assert_int_equal(edges(view, "findings"), 1U << 10 | 1U << 13);
    assert_int_equal(edges(view, "others"), 1U << 10 | 1U << 12 | 1U << 14);
    json_decref(view);
}

static void a_film_may_have_no_finding(void **state) {
    (void)state;
    const sx_predictions p = { .boxes = boxes,
                               .box_count = BOXES,
                               .all_box_count = BOXES,
                               .findings = points,
                               .finding_count = 0 };
    json_t *view = view_of(&p, 0);
    assert_int_equal(edges(view, "findings"), 0);
    json_decref(view);
}

static void classes_have_the_colours_of_pictures(void **state) {
    (void)state;
    const sx_predictions p = { .boxes = boxes, .box_count = BOXES, .all_box_count = BOXES };
    json_t *view = view_of(&p, 0.3), *listed = json_object_get(view, "classes");
    assert_int_equal(json_array_size(listed), 3);
    for (size_t c = 0; c < 3; c++) {
        const json_t *j = json_array_get(listed, c);
        unsigned rgb[3];
        uint8_t label[3];
        sx_label_color((int)c, label);
        assert_string_equal(json_string_value(json_object_get(j, "name")), names[c]);
        const char *colour = json_string_value(json_object_get(j, "colour"));
        assert_int_equal(sscanf(colour, "#%2x%2x%2x", &rgb[0], &rgb[1], &rgb[2]), 3);
        for (int k = 0; k < 3; k++)
            assert_int_equal(rgb[k], label[k]);
    }
    const json_t *first = json_array_get(json_object_get(view, "truth"), 0);
    static const int want[] = { 1, 1, 2, 3, 4 };
    for (size_t k = 0; k < 5; k++)
        assert_int_equal(json_integer_value(json_array_get(first, k)), want[k]);
    const json_t *finding = json_array_get(json_object_get(view, "findings"), 0);
    assert_int_equal(json_integer_value(json_array_get(finding, 5)), 9000);
    json_decref(view);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_of_the_picture_are_marked),
        cmocka_unit_test(findings_are_marked_whatever_their_scores),
        cmocka_unit_test(a_film_may_have_no_finding),
        cmocka_unit_test(classes_have_the_colours_of_pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
