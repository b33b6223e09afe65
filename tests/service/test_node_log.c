/* The lines of the log. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/node/node_log.h"
#include "support/check.h"

/* What one event writes, without the time. */
static const char *line_of(bool json, const char *value) {
    static char text[600];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const sx_node_log log = { .fd = ends[1], .json = json, .most = SX_LOG_INFO };
    sx_node_log_event(&log, SX_LOG_DEBUG, "left out", NULL);
    sx_node_log_event(&log, SX_LOG_WARNING, "an event", "name", value, "empty", "", NULL);
    close(ends[1]);
    const ssize_t n = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    assert_true(n > 0);
    text[n] = '\0';
    const char *rest = strchr(text, json ? ',' : ' ');
    assert_non_null(rest);
    return rest + 1;
}

static void an_event_is_one_line(void **state) {
    (void)state;
    assert_string_equal(line_of(false, "v"), "warning an event name=v\n");
    assert_string_equal(line_of(false, "two \"words\"\n"),
                        "warning an event name=\"two \\\"words\\\"\\x0a\"\n");
    assert_string_equal(line_of(true, "two \"words\"\n"),
                        "\"level\":\"warning\",\"event\":\"an event\","
                        "\"name\":\"two \\\"words\\\"\\n\"}\n");
}

static void patients_are_not_named_unless_asked_for(void **state) {
    (void)state;
    char name[SX_NODE_NAME];
    const sx_node_log log = { .fd = -1 }, open = { .fd = -1, .patients = true };
    assert_int_equal(strlen(sx_node_log_name(&log, "1.2.3.4", name)), 12);
    assert_null(strstr(name, "1.2.3"));
    assert_string_equal(sx_node_log_name(&open, "1.2.3.4", name), "1.2.3.4");
    assert_string_equal(sx_node_log_name(&log, "", name), "");
}

/* In a value, too, whatever stands before and after it. */
static void uids_in_a_message_are_named_by_their_hash(void **state) {
    (void)state;
    char name[SX_NODE_NAME], expected[300];
    const sx_node_log log = { .fd = -1 };
    const char *uid = sx_node_log_name(&log, "1.2.276.0.7230010.3.1", name);
    snprintf(expected, sizeof expected, "warning an event name=\"%s exists; is (%s).\"\n", uid,
             uid);
    assert_string_equal(line_of(false, "1.2.276.0.7230010.3.1 exists; is (1.2.276.0.7230010.3.1)."),
                        expected);
    assert_string_equal(
        line_of(false, "10.0.0.1:104 0.2.0 1.2.840.10008.1.2 5. 0.5 .."),
        "warning an event name=\"10.0.0.1:104 0.2.0 1.2.840.10008.1.2 5. 0.5 ..\"\n");
    assert_null(strstr(line_of(true, "1.2.3.400"), "1.2.3"));
    assert_null(
        strstr(line_of(true, "a film 2.25.329800735698586629295641978511506172918 (new)"), "2.25"));
    assert_null(strstr(line_of(true, "2.25.7"), "2.25.7"));
    assert_null(strstr(line_of(true, "1.3.6000000"), "1.3.6"));
    assert_string_equal(line_of(false, "3.15.2 12.14.15 20.10"),
                        "warning an event name=\"3.15.2 12.14.15 20.10\"\n");
    assert_null(strstr(line_of(true, "1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23."
                                     "24.25.26.27.28.29.30"),
                       "1.2.3"));
}

static void a_reason_has_no_text_of_a_header(void **state) {
    (void)state;
    char out[SX_NODE_REASON], name[SX_NODE_NAME], expected[SX_NODE_REASON];
    const sx_node_log log = { .fd = -1 }, open = { .fd = -1, .patients = true };
    assert_string_equal(sx_node_log_reason(&log, "X is \"DOE \"J\" K\": a hand", out),
                        "X is \"...\": a hand");
    assert_string_equal(sx_node_log_reason(&log, "X is \"DOE", out), "X is \"...\"");
    assert_string_equal(sx_node_log_reason(&log, "no quotes", out), "no quotes");
    assert_string_equal(sx_node_log_reason(&open, "X is \"DOE\"", out), "X is \"DOE\"");
    snprintf(expected, sizeof expected, "%s: cannot open",
             sx_node_log_name(&log, "/in/DOE/1.dcm", name));
    assert_string_equal(sx_node_log_file_reason(&log, "/in", "/in/DOE/1.dcm: cannot open", out),
                        expected);
    assert_string_equal(sx_node_log_file_reason(&log, "/in", "/data/1.dcm: cannot open", out),
                        "/data/1.dcm: cannot open");
    assert_string_equal(sx_node_log_file_reason(&log, "", "/data/1.dcm: \"DOE\"", out),
                        "/data/1.dcm: \"...\"");
    assert_string_equal(sx_node_log_file_reason(&open, "/in", "/in/DOE/1.dcm: cannot open", out),
                        "/in/DOE/1.dcm: cannot open");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_one_line),
        cmocka_unit_test(patients_are_not_named_unless_asked_for),
        cmocka_unit_test(uids_in_a_message_are_named_by_their_hash),
        cmocka_unit_test(a_reason_has_no_text_of_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
