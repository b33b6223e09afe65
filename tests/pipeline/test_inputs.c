#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "pipeline/inputs.h"
#include "support/check.h"
#include "support/dicom.h"

static sx_error err;

static void write_film(const char *name, const char *study) {
    static const uint16_t pixels[4] = { 1, 2, 3, 4 };
    const dicom_shape s = { .rows = 2, .columns = 2, .bits_allocated = 16, .bits_stored = 12 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    if (study) dicom_text(&d, SX_TAG(0x0020, 0x000D), "UI", study);
    dicom_image(&d, &s);
    dicom_pixels(&d, pixels, 4);
    CHECK_OK(sx_write_file(check_tmp_path(name), d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
}

static void write_text(const char *name, const char *text) {
    CHECK_OK(sx_write_file(check_tmp_path(name), text, strlen(text), &err), err);
}

/* A folder with two studies whose films alternate, meaningless names, and other files. */
static void make_folder(void) {
    CHECK_OK(sx_make_dirs(check_tmp_path("films/deep/er"), &err), err);
    CHECK_OK(sx_make_dirs(check_tmp_path("none"), &err), err);
    write_film("films/a", "1.2");
    write_film("films/b.txt", "1.1");
    write_film("films/deep/c.dcm", "1.2");
    write_film("films/deep/er/d", "1.1");
    write_film("films/e", NULL);
    write_film("films/f", NULL);
    write_text("films/readme.dcm", "this is no film");
    write_text("films/empty", "");
    write_text("none/readme", "nothing here");
    test_dicom report;
    dicom_begin(&report, "1.2.840.10008.1.2.1");
    dicom_text(&report, SX_TAG(0x0008, 0x0060), "CS", "SR");
    CHECK_OK(
        sx_write_file(check_tmp_path("films/report"), report.bytes.data, report.bytes.len, &err),
        err);
    dicom_end(&report);
}

static void check_order(const sx_inputs *in, const char *const *names, size_t n) {
    assert_int_equal(in->count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(in->items[i].path, check_tmp_path(names[i]));
}

static void test_folder(void **state) {
    (void)state;
    static const char *const names[] = { "films/a",         "films/b.txt", "films/deep/c.dcm",
                                         "films/deep/er/d", "films/e",     "films/f",
                                         "films/readme.dcm" };
    const char *arguments[] = { check_tmp_path("films") };
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    check_order(&in, names, 7);
    assert_false(in.items[6].readable); /* its name is a film's */
    assert_int_equal(in.passed_over, 2);
    sx_inputs_free(&in);
}

/* Damaged films are kept, so that they are reported. */
static void test_damaged(void **state) {
    (void)state;
    const char *arguments[] = { check_tmp_path("damaged") };
    sx_inputs in;
    CHECK_OK(sx_make_dirs(arguments[0], &err), err);
    write_film("damaged/whole", "1.2");
    sx_file f;
    CHECK_OK(sx_file_open(&f, check_tmp_path("damaged/whole"), &err), err);
    CHECK_OK(sx_write_file(check_tmp_path("damaged/half"), f.data, 190, &err), err);
    sx_file_close(&f);
    write_text("damaged/picture", "\x89PNG\r\n\x1a\n");
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    assert_int_equal(in.count, 3);
    assert_false(in.items[0].readable);
    assert_false(in.items[1].readable);
    assert_true(in.items[2].readable);
    sx_inputs_free(&in);
}

static void test_named(void **state) {
    (void)state;
    static const char *const names[] = { "films/f", "absent", "films/b.txt", "films/deep/er/d" };
    const char *arguments[] = { check_tmp_path("films/f"), check_tmp_path("absent"),
                                check_tmp_path("films/b.txt"), check_tmp_path("films/f"),
                                check_tmp_path("films/deep/er") };
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 5, NULL, &err), err);
    check_order(&in, names, 4);
    assert_false(in.items[1].readable);
    sx_inputs_free(&in);
}

static FILE *list_of(const char *text) {
    FILE *f = tmpfile();
    assert_non_null(f);
    fputs(text, f);
    rewind(f);
    return f;
}

static void test_list(void **state) {
    (void)state;
    static const char *const names[] = { "films/e", "films/b.txt", "films/deep/er/d" };
    static const char *const dash[] = { "-" };
    char text[1000];
    snprintf(text, sizeof text, "%s\r\n\n%s\n%s", check_tmp_path("films/e"),
             check_tmp_path("films/b.txt"), check_tmp_path("films/deep/er"));
    FILE *list = list_of(text);
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, dash, 1, list, &err), err);
    check_order(&in, names, 3);
    sx_inputs_free(&in);
    fclose(list);
    list = list_of("\n");
    CHECK_FAILS(sx_inputs_collect(NULL, &in, dash, 1, list, &err), err, SX_ERR_USAGE,
                "the list of films is empty");
    fclose(list);
}

static void check_selected(const char *list, const char *const *names, size_t n) {
    const char *arguments[] = { check_tmp_path("films") };
    sx_inputs in;
    write_text("list.txt", list);
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    CHECK_OK(sx_inputs_select(&in, check_tmp_path("list.txt"), &err), err);
    check_order(&in, names, n);
    sx_inputs_free(&in);
}

static void test_select(void **state) {
    (void)state;
    static const char *const c[] = { "films/deep/c.dcm" }, *const d[] = { "films/deep/er/d" },
                             *const two[] = { "films/a", "films/e" };
    check_selected("# films\r\nc\r\n", c, 1);
    check_selected("c.dcm\nc\n", c, 1);
    check_selected("deep/c\n", c, 1);
    check_selected("er/d\n", d, 1);
    check_selected("deep\\c.dcm\n", c, 1);
    check_selected(".\\deep\\er\\d\n", d, 1);
    check_selected("https://host/deep/c.dcm?v=1\n", c, 1);
    check_selected("e\n\na\n", two, 2);
    char whole[512];
    snprintf(whole, sizeof whole, "%s\n", check_tmp_path("films/deep/c.dcm"));
    check_selected(whole, c, 1);

    /* in either form of letters with marks */
    static const char *const composed[] = { "films/\xc3\xa4.dcm" }, *const decomposed[] = {
        "films/a\xcc\x88.dcm"
    };
    for (int i = 0; i < 2; i++) {
        const char *const *film = i ? composed : decomposed;
        write_film(*film, "1.2");
        check_selected("\xc3\xa4\n", film, 1);
        check_selected("films/a\xcc\x88.dcm\n", film, 1);
        remove(check_tmp_path(*film));
    }

    const char *arguments[] = { check_tmp_path("films") };
    sx_inputs in;
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    write_text("list.txt", "a\nc.dc\n");
    CHECK_FAILS(sx_inputs_select(&in, check_tmp_path("list.txt"), &err), err, SX_ERR_MISSING,
                "list.txt:2: the input has no film \"c.dc\"");
    write_text("list.txt", "eep/c\n");
    CHECK_FAILS(sx_inputs_select(&in, check_tmp_path("list.txt"), &err), err, SX_ERR_MISSING,
                "the input has no film \"eep/c\"");
    sx_inputs_free(&in);
}

static void test_nothing(void **state) {
    (void)state;
    const char *arguments[] = { check_tmp_path("films/a"), check_tmp_path("none") };
    sx_inputs in;
    CHECK_FAILS(sx_inputs_collect(NULL, &in, arguments, 0, NULL, &err), err, SX_ERR_USAGE,
                "no film is given");
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 2, NULL, &err), err);
    assert_int_equal(in.count, 2);
    assert_true(in.items[0].readable && !in.items[0].fault);
    assert_non_null(strstr(in.items[1].fault, "/none: no film in this folder (1 file examined)"));
    sx_inputs_free(&in);
}

/* Cut films keep their names; a film's ending in any case. */
static void test_cut(void **state) {
    (void)state;
    static const char *const names[] = { "cut/a.DCM", "cut/b.dicom", "cut/c.jpeg" };
    const char *arguments[] = { check_tmp_path("cut") };
    sx_inputs in;
    CHECK_OK(sx_make_dirs(arguments[0], &err), err);
    write_text("cut/a.DCM", "");
    write_text("cut/b.dicom", "\0\0\0");
    write_text("cut/c.jpeg", "<html>");
    write_text("cut/d.csv", "a,b");
    CHECK_OK(sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err), err);
    check_order(&in, names, 3);
    assert_int_equal(in.passed_over, 1);
    sx_inputs_free(&in);
}

/* A folder that cannot be read is an input with a fault, and the rest is taken. */
static int collect_without_rights(void) {
    const char *arguments[] = { check_tmp_path("half"), check_tmp_path("films/a") };
    sx_inputs in;
    if (geteuid() == 0 && seteuid(65534) != 0) return 1;
    if (!sx_inputs_collect(NULL, &in, arguments, 2, NULL, &err)) return 2;
    if (in.count != 3 || in.items[0].fault || in.items[2].fault || !in.items[2].readable) return 3;
    if (!in.items[1].fault ||
        !strstr(in.items[1].fault, "half/closed: cannot open the folder: Per"))
        return 4;
    sx_inputs_free(&in);
    return 0;
}

static void test_unreadable_folder(void **state) {
    (void)state;
    int status;
    CHECK_OK(sx_make_dirs(check_tmp_path("half/closed"), &err), err);
    write_film("half/a", "1.2");
    write_film("half/closed/b", "1.2");
    assert_int_equal(chmod(check_tmp(), 0755), 0);
    assert_int_equal(chmod(check_tmp_path("half/closed"), 0), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) _exit(collect_without_rights());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(check_tmp_path("half/closed"), 0755), 0);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 100, 0);
}

/* Files and folders that vanish while others of the folder are read: the walk is not an error, and
 * what is no film is not reported. */
static void *rename_often(void *stop) {
    char *at = strdup(check_tmp_path("busy/x.txt")), *away = strdup(check_tmp_path("x.txt"));
    char *folder = strdup(check_tmp_path("busy/d")), *gone = strdup(check_tmp_path("gone"));
    while (!atomic_load((atomic_bool *)stop)) {
        rename(at, away);
        rename(folder, gone);
        rename(away, at);
        rename(gone, folder);
    }
    free(at);
    free(away);
    free(folder);
    free(gone);
    return NULL;
}

static void test_vanishing(void **state) {
    (void)state;
    const char *arguments[] = { check_tmp_path("busy") };
    atomic_bool stop = false;
    pthread_t thread;
    CHECK_OK(sx_make_dirs(check_tmp_path("busy/d/e"), &err), err);
    write_film("busy/a", "1.2");
    write_text("busy/x.txt", "text");
    assert_int_equal(pthread_create(&thread, NULL, rename_often, &stop), 0);
    bool ok = true;
    size_t most = 1;
    for (int i = 0; ok && i < 3000; i++) {
        sx_inputs in;
        ok = sx_inputs_collect(NULL, &in, arguments, 1, NULL, &err);
        if (in.count != 1) most = in.count;
        sx_inputs_free(&in);
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    CHECK_OK(ok, err);
    assert_int_equal(most, 1);
}

static bool is_stopped(void *asked) {
    return ++*(int *)asked > 2;
}

/* Waiting for a list that does not come ends when the work is stopped. */
static void test_stopped_list(void **state) {
    (void)state;
    static const char *const dash[] = { "-" };
    int ends[2], asked = 0;
    sx_context_options o = SX_CONTEXT_DEFAULTS;
    o.cancelled = is_stopped;
    o.cancelled_user = &asked;
    sx_context *context = sx_context_new(&o, &err);
    CHECK_OK(context != NULL, err);
    assert_int_equal(pipe(ends), 0);
    FILE *list = fdopen(ends[0], "r");
    sx_inputs in;
    CHECK_FAILS(sx_inputs_collect(context, &in, dash, 1, list, &err), err, SX_ERR_CANCELLED,
                "cancelled before the list of films ended");
    fclose(list);
    close(ends[1]);
    sx_context_free(context);
}

static int setup(void **state) {
    (void)state;
    make_folder();
    return 0;
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),       cmocka_unit_test(test_unreadable_folder),
        cmocka_unit_test(test_vanishing), cmocka_unit_test(test_stopped_list),
        cmocka_unit_test(test_folder),    cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_named),     cmocka_unit_test(test_select),
        cmocka_unit_test(test_list),      cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, setup, clean);
}
