/* Folders of results: what a new run may replace, and what it never touches. */
#include "support/check.h"
#include "support/text_files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/run_folder.h"
#include "base/writer.h"

static const char *const patterns[] = { "best.weights", "report", "pictures/*.png" };
static const char *const picture_folder = "pictures";

static sx_run_folder_rules rules(size_t lasting, bool overwrite, bool resume) {
    return (sx_run_folder_rules){ .command = "predict",
                                  .patterns = patterns,
                                  .pattern_count = 3,
                                  .folders = &picture_folder,
                                  .folder_count = 1,
                                  .lasting_count = lasting,
                                  .advice = "--overwrite replaces them",
                                  .overwrite = overwrite,
                                  .resume = resume };
}

/* A run that writes report, pictures/NAME.png and, if `weights`, best.weights. */
static void run_with(const char *dir, const sx_run_folder_rules *r, const char *name, bool weights,
                     bool finished) {
    sx_error err = { 0 };
    char picture[256];
    snprintf(picture, sizeof picture, "pictures/%s.png", name);
    const char *const names[] = { "report", picture, "best.weights" };
    sx_run_folder *f = sx_run_folder_open(dir, r, &err);
    CHECK_OK(f != NULL, err);
    CHECK_OK(sx_run_folder_begin(f, &err), err);
    CHECK_OK(sx_run_folder_list(f, names, 3, &err), err);
    CHECK_OK(sx_make_dirs(path_in(dir, "pictures"), &err), err);
    write_text(path_in(dir, "report"), name);
    write_text(path_in(dir, picture), name);
    if (weights) write_text(path_in(dir, "best.weights"), name);
    sx_run_folder_close(f, finished);
}

static void finished_results_are_replaced_on_request_alone(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *dir = check_tmp_path("finished");
    const sx_run_folder_rules plain = rules(0, false, false), over = rules(0, true, false);
    run_with(dir, &plain, "a", false, true);
    write_text(path_in(dir, "pictures/mine.txt"), "theirs");
    for (int i = 0; i < 2; i++) /* the refusal changes nothing */
        CHECK_FAILS(sx_run_folder_open(dir, &plain, &err), err, SX_ERR_IO,
                    "holds results of predict, 2");
    assert_non_null(strstr(err.message, "--overwrite replaces them"));
    assert_true(sx_path_exists(path_in(dir, "pictures/a.png")));
    /* nor does a run that ends before it writes, even if it may overwrite */
    sx_run_folder *f = sx_run_folder_open(dir, &over, &err);
    CHECK_OK(f != NULL, err);
    sx_run_folder_close(f, false);
    assert_true(sx_path_exists(path_in(dir, "pictures/a.png")));
    CHECK_FAILS(sx_run_folder_open(dir, &plain, &err), err, SX_ERR_IO, "holds results");
    run_with(dir, &over, "b", false, true);
    assert_false(sx_path_exists(path_in(dir, "pictures/a.png")));
    assert_true(sx_path_exists(path_in(dir, "pictures/b.png")));
    assert_true(sx_path_exists(path_in(dir, "pictures/mine.txt")));
}

static void the_rest_of_a_killed_run_is_replaced(void **state) {
    (void)state;
    const char *dir = check_tmp_path("unfinished");
    const sx_run_folder_rules plain = rules(0, false, false);
    run_with(dir, &plain, "a\nfile report", false, false); /* a name with a line feed */
    run_with(dir, &plain, "b", false, false);
    assert_false(sx_path_exists(path_in(dir, "pictures/a\nfile report.png")));
    const pid_t child = fork();
    if (child == 0) {
        const char *name = "pictures/c.png";
        sx_run_folder *f = sx_run_folder_open(dir, &plain, NULL);
        if (!f || !sx_run_folder_begin(f, NULL) || !sx_run_folder_list(f, &name, 1, NULL)) _exit(1);
        if (!sx_make_dirs(path_in(dir, "pictures"), NULL)) _exit(2);
        if (!sx_write_file(path_in(dir, name), "x", 1, NULL)) _exit(3);
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_false(sx_path_exists(path_in(dir, "pictures/b.png")));
    assert_true(sx_path_exists(path_in(dir, "pictures/c.png")));
    run_with(dir, &plain, "d", false, true);
    assert_false(sx_path_exists(path_in(dir, "pictures/c.png")));
}

static void weights_of_an_unfinished_run_are_kept(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *dir = check_tmp_path("lasting");
    const sx_run_folder_rules plain = rules(1, false, false), resume = rules(1, false, true);
    run_with(dir, &plain, "a", false, false);
    run_with(dir, &plain, "b", true, false); /* the first run had no weights yet */
    CHECK_FAILS(sx_run_folder_open(dir, &plain, &err), err, SX_ERR_IO,
                "holds best.weights of a run that did not finish");
    run_with(dir, &resume, "c", true, true);
    assert_true(sx_path_exists(path_in(dir, "pictures/b.png")));
    const sx_run_folder_rules over = rules(1, true, false);
    run_with(dir, &over, "d", true, true); /* replaces what both runs listed */
    assert_false(sx_path_exists(path_in(dir, "pictures/b.png")));
    assert_false(sx_path_exists(path_in(dir, "pictures/c.png")));
}

static void what_no_journal_lists_is_never_replaced(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *dir = check_tmp_path("unlisted");
    assert_int_equal(mkdir(dir, 0777), 0);
    write_text(path_in(dir, "report"), "theirs");
    for (int i = 0; i < 3; i++) {
        const sx_run_folder_rules r = rules(1, i == 1, i == 2);
        CHECK_FAILS(sx_run_folder_open(dir, &r, &err), err, SX_ERR_IO,
                    "report: is not listed by the journal");
        assert_false(sx_path_exists(path_in(dir, ".spinexr-run")));
    }
    /* a run whose journal was not copied along is resumed */
    write_text(path_in(dir, "best.weights"), "ours");
    const sx_run_folder_rules resume = rules(1, false, true);
    run_with(dir, &resume, "a", true, true);
}

/* Whatever a journal lists: only names that the rules know, in the folder itself, are removed. */
static void a_foreign_journal_removes_nothing_else(void **state) {
    (void)state;
    char dir[512], outside[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("foreign"));
    snprintf(outside, sizeof outside, "%s", check_tmp_path("outside"));
    assert_int_equal(mkdir(dir, 0777), 0);
    assert_int_equal(mkdir(outside, 0777), 0);
    write_text(path_in(outside, "x.png"), "theirs");
    assert_int_equal(symlink(outside, path_in(dir, "pictures")), 0);
#define JOURNAL "spinexr run 1\nhost x\nprocess 1 1\ncommand predict\nstarted now\nresults\n"
    const sx_run_folder_rules plain = rules(0, false, false);
    sx_error err = { 0 };
    write_text(path_in(dir, ".spinexr-run"), JOURNAL "file ../outside/x.png\n");
    CHECK_FAILS(sx_run_folder_open(dir, &plain, &err), err, SX_ERR_IO, "choose another folder");
    write_text(path_in(dir, ".spinexr-run"), JOURNAL "file report\nfile pictures/x.png\nfile gone\n"
                                                     "file pictures/../../outside/x.png\nfile /\n"
                                                     "file \nfile pictures/..\n");
    sx_run_folder *f = sx_run_folder_open(dir, &plain, &err);
    CHECK_OK(f != NULL, err);
    CHECK_OK(sx_run_folder_begin(f, &err), err);
    sx_run_folder_close(f, false);
    assert_true(sx_path_exists(path_in(outside, "x.png")));
}

static void another_kind_of_results_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *dir = check_tmp_path("kind");
    static const char *const others[] = { "weights" };
    const sx_run_folder_rules plain = rules(0, false, false);
    const sx_run_folder_rules train = {
        .command = "train", .patterns = others, .pattern_count = 1, .overwrite = true
    };
    run_with(dir, &plain, "a", false, true);
    CHECK_FAILS(sx_run_folder_open(dir, &train, &err), err, SX_ERR_IO, "holds results of predict");
    assert_true(sx_path_exists(path_in(dir, "report")));
}

static void a_second_run_is_told_of_the_first(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *dir = check_tmp_path("busy");
    const sx_run_folder_rules over = rules(0, true, false);
    sx_run_folder *f = sx_run_folder_open(dir, &over, &err);
    CHECK_OK(f != NULL, err);
    char host[128] = "", start[] = "since 2";
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    CHECK_FAILS(sx_run_folder_open(dir, &over, &err), err, SX_ERR_IO, "predict, process ");
    assert_non_null(strstr(err.message, host));
    assert_non_null(strstr(err.message, start));
    sx_run_folder_close(f, false);
    assert_false(sx_path_exists(dir)); /* an empty folder that it made goes with it */
}

static int remove_tmp(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    check_tmp();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finished_results_are_replaced_on_request_alone),
        cmocka_unit_test(the_rest_of_a_killed_run_is_replaced),
        cmocka_unit_test(weights_of_an_unfinished_run_are_kept),
        cmocka_unit_test(what_no_journal_lists_is_never_replaced),
        cmocka_unit_test(a_foreign_journal_removes_nothing_else),
        cmocka_unit_test(another_kind_of_results_is_refused),
        cmocka_unit_test(a_second_run_is_told_of_the_first),
    };
    return cmocka_run_group_tests_name("run_folder", tests, NULL, remove_tmp);
}
