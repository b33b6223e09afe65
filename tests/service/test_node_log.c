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

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(an_event_is_one_line),
                                        cmocka_unit_test(patients_are_not_named_unless_asked_for) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
