/* The node with Orthanc as its archive. argv[1]: worker-program. */
#include <stdio.h>
#include <unistd.h>

#include "service/node_fixture.h"
#include "support/check.h"
#include "support/free_port.h"
#include "support/orthanc.h"

/* Its report of storage commitment comes to the node's DICOM port. */
static void orthanc_confirms_the_results(void **state) {
    (void)state;
    char text[400];
    orthanc o;
    const int port = free_port();
    if (!orthanc_start(&o, port)) skip();
    snprintf(
        text, sizeof text,
        "dicom: {port: %d}\ndestinations: {pacs: {host: 127.0.0.1, port: %d, ae_title: ORTHANC,"
        " test: true}}\n",
        port, o.dicom_port);
    sx_node *node = node_open(text);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    node_wait_for(NULL, "SELECT COUNT(*) FROM job WHERE kind = 'confirm' AND state = 'done'");
    sx_node_close(node, 5);
    orthanc_stop(&o);
    assert_int_equal(node_number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    assert_true(node_number("SELECT COUNT(*) FROM delivery WHERE state = 'committed'") >= 2);
    assert_int_equal(node_number("SELECT COUNT(*) FROM delivery WHERE state = 'sent'"), 0);
    assert_int_equal(node_number("SELECT COUNT(*) FROM commitment WHERE answered > 0"), 1);
}

/* Not while a job is at work, whose lease would end. */
static void pass_time(int minutes) {
    if (node_number("SELECT COUNT(*) FROM job WHERE state = 'leased'") == 0)
        atomic_fetch_add(&node_later, (int64_t)minutes * 60000);
}

/* An hour without Orthanc, by the node's clock: then it has each result once. */
static void results_wait_for_orthanc(void **state) {
    (void)state;
    char text[300];
    orthanc o;
    const int port = free_port();
    if (!orthanc_start(&o, port)) skip();
    orthanc_stop(&o);
    snprintf(text, sizeof text,
             "dicom: {port: %d}\ndestinations: {pacs: {host: 127.0.0.1, port: %d, "
             "ae_title: ORTHANC, test: true}}\n",
             port, o.dicom_port);
    sx_node *node = node_open(text);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.1"), SX_SENT_STORED);
    assert_int_equal(node_send_film(node, "1.2.3", "1.2.3.2"), SX_SENT_STORED);
    assert_int_equal(node_send_film(node, "1.2.4", "1.2.4.1"), SX_SENT_STORED);
    for (int i = 0; i < 600 && node_number("SELECT COUNT(*) FROM job WHERE kind = 'send' AND"
                                           " attempts > 2") < 2;
         i++) {
        usleep(500000);
        pass_time(20);
    }
    orthanc_continue(&o);
    node_wait_until_done(NULL, 60000);
    sx_node_close(node, 5);
    assert_int_equal(node_number("SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    assert_int_equal(node_number("SELECT COUNT(*) FROM output WHERE kind = 'sr3d'"), 2);
    assert_int_equal(node_number("SELECT COUNT(*) FROM delivery WHERE state <> 'committed'"), 0);
    assert_int_equal(orthanc_count(&o),
                     node_number("SELECT COUNT(*) FROM output WHERE kind <> 'sr'"));
    orthanc_stop(&o);
}

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, node_fresh)
    const struct CMUnitTest tests[] = {
        FRESH(orthanc_confirms_the_results),
        FRESH(results_wait_for_orthanc),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
