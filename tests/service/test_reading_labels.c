/* Labels that a manager adds to a project: findings with attributes, tags of films and studies, and
 * what readers and exports make of them. On SQLite, and on the PostgreSQL server that STORE names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/reading/reading_export.h"
#include "service/reading_page.h"
#include "support/check.h"

#define LABELS "/api/reading/projects/spine/labels"

static const char *max, *ann;
static int64_t task, film;

static int start(void **state) {
    page_start(state);
    max = page_session("max");
    ann = page_session("ann");
    task = page_task_of("ann", "s0");
    film = room_film(web_db, task, 0);
    return 0;
}

static const char *label_path(const char *name) {
    static char path[100];
    snprintf(path, sizeof path, LABELS "/%" PRId64, room_label(web_db, name));
    return path;
}

static void expect_op(const char *kind, int64_t of, const char *box, const char *body, int status,
                      const char *text) {
    page_expect_op(ann, task, page_op(page_seq++, kind, of, box, body), status, text);
}

static void labels_are_added(void **state) {
    (void)state;
    page_expect("GET", LABELS, max, NULL, 200, "\"name\":\"Fracture\"");
    page_expect("POST", LABELS, max,
                "{\"kind\":\"box\",\"name\":\"Schmorl node\",\"code\":\"Digit8\","
                "\"attributes\":[\"acute\",\"old\",\"acute\"]}",
                200,
                "\"name\":\"Schmorl node\",\"color\":\"#a5e887\",\"code\":\"Digit8\",\"order\":14,"
                "\"retired\":false,\"attributes\":[\"acute\",\"old\"]");
    page_expect("POST", LABELS, max, "{\"kind\":\"study\",\"name\":\"Scoliosis\"}", 200,
                "\"kind\":\"study\",\"name\":\"Scoliosis\"");
    /* readers get them */
    page_expect("GET", page_path(task, ""), ann, NULL, 200, "\"name\":\"Schmorl node\"");
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM audit WHERE who = 'max' AND action"
                                         " = 'reading label' AND object = 'spine'"),
                     2);
}

static void labels_that_cannot_be_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int status;
        const char *text;
    } cases[] = {
        { "{\"kind\":\"box\"}", 400, "name is missing" },
        { "{\"kind\":\"box\",\"name\":\"\"}", 400, "1 to 120 bytes" },
        { "{\"kind\":\"box\",\"name\":\"a\\nb\"}", 400, "control characters" },
        { "{\"kind\":\"odd\",\"name\":\"a\"}", 400, "not odd" },
        { "{\"kind\":\"box\",\"name\":\"Fracture\"}", 409, "a box label Fracture already" },
        { "{\"kind\":\"box\",\"name\":\"fracture\"}", 409, "a box label Fracture already" },
        { "{\"kind\":\"box\",\"name\":\"Fracture \"}", 400, "begins or ends with a blank" },
        { "{\"kind\":\"box\",\"name\":\" \"}", 400, "name of a label has nothing but blanks" },
        { "{\"kind\":\"box\",\"name\":\"\\u00ad\\u2003\\u200b\"}", 400, "nothing but blanks" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"attributes\":[\"b\",\"\\u00ad \"]}", 400,
          "an attribute has nothing but blanks" },
        { "{\"kind\":\"box\",\"name\":\"No finding\"}", 400, "is no label" },
        { "{\"kind\":\"study\",\"name\":\"no Finding\"}", 400, "is no label" },
        /* blanks of other kinds, and letters beyond ASCII */
        { "{\"kind\":\"box\",\"name\":\"No\\u00a0finding\"}", 400, "is no label" },
        { "{\"kind\":\"box\",\"name\":\"No  \\u3000finding\"}", 400, "is no label" },
        { "{\"kind\":\"box\",\"name\":\"No \\u200bfinding\"}", 400, "is no label" },
        { "{\"kind\":\"box\",\"name\":\"\\u200bNo finding\"}", 400, "ends with a blank" },
        { "{\"kind\":\"box\",\"name\":\"Fracture\\u2003\"}", 400, "ends with a blank" },
        { "{\"kind\":\"box\",\"name\":\"Foreign\\u00a0Body\"}", 409, "label Foreign body already" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"color\":\"red\"}", 400, "#rrggbb" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"code\":\"KeyA\"}", 400, "a digit of the keyboard" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"code\":\"Digit12\"}", 400, "a digit of the" },
        { "{\"kind\":\"film\",\"name\":\"a\",\"code\":\"Digit8\"}", 400, "only for boxes" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"code\":\"Digit1\"}", 409, "has the key 1" },
        { "{\"kind\":\"film\",\"name\":\"a\",\"attributes\":[\"x\"]}", 400,
          "tags of a film have no" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"attributes\":[\"\"]}", 400, "an attribute has 1 to" },
        { "{\"kind\":\"box\",\"name\":\"a\",\"attributes\":[7]}", 400, "must be texts" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        page_expect("POST", LABELS, max, cases[i].body, cases[i].status, cases[i].text);
    page_expect("POST", LABELS "/999", max, "{\"retired\":true}", 404, "no such label");
    static const char *const types[][2] = {
        { "{\"retired\":\"yes\"}", "retired: it must be true or false" },
        { "{\"retired\":null}", "retired: it must be true or false" },
        { "{\"retired\":1}", "retired: it must be true or false" },
        { "{\"attributes\":\"new\"}", "attributes: it must be a list" },
        { "{\"attributes\":{\"new\":1}}", "attributes: it must be a list" },
        { "{\"attributes\":null,\"retired\":true}", "attributes: it must be a list" },
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        page_expect("POST", label_path("Fracture"), max, types[i][0], 400, types[i][1]);
    assert_int_equal(room_number(web_db, "SELECT COUNT(*) FROM reading_label"), 13);
}

/* Also where a letter has its accent behind it. */
static void names_differ_in_more_than_case(void **state) {
    (void)state;
    page_expect("POST", LABELS, max, "{\"kind\":\"box\",\"name\":\"Ost\\u00e9ophyte \\u1ea1\"}",
                200, "");
    page_expect("POST", LABELS, max, "{\"kind\":\"box\",\"name\":\"OST\\u00c9OPHYTE \\u1ea0\"}",
                409, "already");
    page_expect("POST", LABELS, max, "{\"kind\":\"box\",\"name\":\"Oste\\u0301ophyte \\u1ea1\"}",
                409, "already");
    page_expect("POST", LABELS, max, "{\"kind\":\"film\",\"name\":\"Ost\\u00e9ophyte \\u1ea1\"}",
                200, "");
}

static void attributes_are_added(void **state) {
    (void)state;
    char body[200], long_one[300] = "{\"attributes\":[\"";
    const int64_t label = room_label(web_db, "Fracture");
    snprintf(body, sizeof body,
             "{\"label\":%" PRId64 ",\"corners\":[1,2,3,4],\"attributes\":[\"acute\"]}", label);
    expect_op("box_put", film, "box-00001", body, 400, "no attribute acute");
    page_expect("POST", label_path("Fracture"), max, "{\"attributes\":[\"acute\"]}", 200,
                "\"attributes\":[\"acute\"]");
    page_expect("POST", label_path("Fracture"), max, "{\"attributes\":[\"acute\",\"old\"]}", 200,
                "\"attributes\":[\"acute\",\"old\"]");
    expect_op("box_put", film, "box-00001", body, 200, "");
    memset(long_one + 16, 'x', 250);
    memcpy(long_one + 266, "\"]}", 4);
    for (int i = 0; i < 3; i++) {
        long_one[16] = (char)('a' + i);
        page_expect("POST", label_path("Fracture"), max, long_one, 200, "");
    }
    long_one[16] = 'z';
    page_expect("POST", label_path("Fracture"), max, long_one, 413, "more than 1024 bytes");
}

static void a_retired_label_stays_where_it_is(void **state) {
    (void)state;
    const int64_t label = room_label(web_db, "Fracture");
    expect_op("box_put", film, "box-00001", page_box(label, 1, 2, 30, 40), 200, "");
    page_expect("POST", label_path("Fracture"), max, "{\"retired\":true}", 200, "\"retired\":true");
    expect_op("box_put", film, "box-00002", page_box(label, 1, 2, 30, 40), 400, "retired");
    expect_op("box_put", film, "box-00001", page_box(label, 2, 2, 30, 40), 200, "");
    /* its key is free, and is missing when it comes back */
    page_expect("POST", LABELS, max,
                "{\"kind\":\"box\",\"name\":\"Burst\",\"code\":\"Shift+Digit4\"}", 200, "Burst");
    page_expect("POST", label_path("Fracture"), max, "{\"retired\":false}", 409,
                "has the key Shift+4");
    page_expect("POST", label_path("Burst"), max, "{\"retired\":true}", 200, "");
    page_expect("POST", label_path("Fracture"), max, "{\"retired\":false}", 200, "");
    expect_op("box_put", film, "box-00002", page_box(label, 1, 2, 30, 40), 200, "");
    page_verify();
}

static void a_retired_tag_stays_where_it_is(void **state) {
    (void)state;
    char one[60], two[60], both[60];
    page_expect("POST", LABELS, max, "{\"kind\":\"study\",\"name\":\"Scoliosis\"}", 200, "");
    page_expect("POST", LABELS, max, "{\"kind\":\"study\",\"name\":\"Kyphosis\"}", 200, "");
    const int64_t scoliosis = room_label(web_db, "Scoliosis"),
                  kyphosis = room_label(web_db, "Kyphosis");
    snprintf(one, sizeof one, "{\"tags\":[%" PRId64 "]}", scoliosis);
    snprintf(two, sizeof two, "{\"tags\":[%" PRId64 ",%" PRId64 "]}", scoliosis, scoliosis);
    snprintf(both, sizeof both, "{\"tags\":[%" PRId64 ",%" PRId64 "]}", scoliosis, kyphosis);
    expect_op("study", 0, "", two, 400, "occurs twice");
    expect_op("study", 0, "", one, 200, "");
    page_expect("POST", label_path("Scoliosis"), max, "{\"retired\":true}", 200, "");
    expect_op("study", 0, "", both, 200, "");
    expect_op("study", 0, "", "{\"tags\":[]}", 200, "");
    expect_op("study", 0, "", one, 400, "retired");
    page_verify();
}

/* Numbers of the database mean nothing in a file. */
static void an_export_names_the_tags(void **state) {
    (void)state;
    char body[100];
    sx_str out = { 0 };
    sx_error err = { 0 };
    const sx_reading_selection all = { .reader = "ann" };
    page_expect("POST", LABELS, max, "{\"kind\":\"film\",\"name\":\"Rotated\"}", 200, "");
    page_expect("POST", LABELS, max, "{\"kind\":\"study\",\"name\":\"Scoliosis\"}", 200, "");
    snprintf(body, sizeof body, "{\"tags\":[%" PRId64 "]}", room_label(web_db, "Rotated"));
    expect_op("film_tags", film, "", body, 200, "");
    snprintf(body, sizeof body, "{\"tags\":[%" PRId64 "]}", room_label(web_db, "Scoliosis"));
    expect_op("study", 0, "", body, 200, "");
    for (int i = 0; i < 2; i++)
        expect_op("verdict", room_film(web_db, task, i), "", "{\"verdict\":\"abnormal\"}", 200, "");
    page_expect("POST", page_path(task, "complete"), ann, NULL, 200, "done");
    CHECK_OK(sx_reading_export_json(web_db, &page_project, &all, &out, &err), err);
    json_t *root = sx_json_parse(out.data, out.len, true, NULL, &err);
    CHECK_OK(root != NULL, err);
    const json_t *reading = json_array_get(json_object_get(root, "readings"), 0);
    const json_t *study = json_array_get(json_object_get(root, "tasks"), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(reading, "tags"), 0)),
                        "Rotated");
    assert_string_equal(json_string_value(json_array_get(json_object_get(study, "tags"), 0)),
                        "Scoliosis");
    json_decref(root);
    sx_str_free(&out);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, start, page_stop)

int main(void) {
    const struct CMUnitTest tests[] = {
        SERVED(labels_are_added),
        SERVED(names_differ_in_more_than_case),
        SERVED(labels_that_cannot_be_are_refused),
        SERVED(attributes_are_added),
        SERVED(a_retired_label_stays_where_it_is),
        SERVED(a_retired_tag_stays_where_it_is),
        SERVED(an_export_names_the_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
