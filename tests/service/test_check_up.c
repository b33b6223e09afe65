/* `serve check`: every part is tested and named, and the folder that it makes is private. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/node/check_up.h"
#include "support/check.h"

/* What was said of each test: "name: ok" or "name: ERROR", one a line. */
static char said[4000];

static void note(void *user, const char *what, const char *error) {
    (void)user;
    const size_t n = strlen(said);
    snprintf(said + n, sizeof said - n, "%s: %s\n", what, error ? error : "ok");
}

static size_t check(const char *text, const char *folder) {
    static const char *const worker[] = { "/bin/false", NULL };
    sx_error err = { 0 };
    sx_settings s;
    size_t faults = 0;
    said[0] = '\0';
    CHECK_OK(sx_settings_init(&s, &err), err);
    CHECK_OK(sx_settings_parse(&s, "check.yaml", text, strlen(text), &err), err);
    s.data = folder;
    CHECK_OK(sx_node_check_up(&s, worker, note, NULL, &faults, &err), err);
    sx_settings_free(&s);
    return faults;
}

static void a_new_folder_is_private(void **state) {
    (void)state;
    struct stat st;
    char folder[600];
    snprintf(folder, sizeof folder, "%s", check_tmp_path("private"));
    check("{dicom: {port: 0}, http: {port: 0, metrics_port: 0}}", folder);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

/* The service, which may be another user, makes its database. */
static void no_database_is_made(void **state) {
    (void)state;
    char folder[600], store[700];
    snprintf(folder, sizeof folder, "%s", check_tmp_path("untouched"));
    snprintf(store, sizeof store, "%s/store.sqlite", folder);
    check("{dicom: {port: 0}, http: {port: 0, metrics_port: 0}}", folder);
    assert_non_null(strstr(said, "database: ok\n"));
    assert_int_equal(access(store, F_OK), -1);
}

static void each_destination_is_tested(void **state) {
    (void)state;
    char folder[600];
    snprintf(folder, sizeof folder, "%s", check_tmp_path("destinations"));
    /* port 1 of this machine: nobody listens */
    const size_t faults = check("dicom: {port: 0}\n"
                                "http: {port: 0, metrics_port: 0}\n"
                                "keep: {full_percent: 99, full_gb: 0}\n"
                                "destinations:\n"
                                "  pacs: {host: 127.0.0.1, port: 1}\n"
                                "  web: {url: 'http://127.0.0.1:1/dicom-web'}\n",
                                folder);
    assert_non_null(strstr(said, "folder: ok\ndisk: ok\ndatabase: ok\n"));
    assert_non_null(strstr(said, "destination pacs: ARCHIVE at 127.0.0.1:1: "));
    assert_non_null(strstr(said, "destination web: http://127.0.0.1:1/dicom-web"));
    assert_non_null(strstr(said, "weights: none, only the reading room runs: ok\n"));
    assert_int_equal(faults, 2);
}

static void a_full_disk_is_a_fault(void **state) {
    (void)state;
    char folder[600];
    snprintf(folder, sizeof folder, "%s", check_tmp_path("full"));
    check("{dicom: {port: 0}, http: {port: 0, metrics_port: 0}, keep: {full_gb: 100000}}", folder);
    assert_non_null(strstr(said, "no film would be taken"));
}

static void a_token_that_cannot_be_read_is_a_fault(void **state) {
    (void)state;
    char folder[600];
    snprintf(folder, sizeof folder, "%s", check_tmp_path("token"));
    check("dicom: {port: 0}\nhttp: {port: 0, metrics_port: 0}\n"
          "alarms: {webhook: 'https://hooks.example/', token_file: /nonexistent}\n",
          folder);
    assert_non_null(strstr(said, "settings: ok\n"));
    assert_non_null(strstr(said, "token file of alarms: /nonexistent: "));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_folder_is_private),
        cmocka_unit_test(no_database_is_made),
        cmocka_unit_test(each_destination_is_tested),
        cmocka_unit_test(a_full_disk_is_a_fault),
        cmocka_unit_test(a_token_that_cannot_be_read_is_a_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
