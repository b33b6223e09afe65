/* base/files.h: what exists, what does not, and what may. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "support/check.h"

/* A path below the folder `exist` of the test. */
static const char *in_exist(const char *name) {
    char path[400];
    snprintf(path, sizeof path, "exist/%s", name);
    return check_tmp_path(path);
}

/* Only what surely is not there is absent. */
static void presence_of_a_path(void **state) {
    (void)state;
    sx_error err = { 0 };
    char name[310] = "";
    CHECK_OK(sx_make_dirs(in_exist("folder"), &err), err);
    CHECK_OK(sx_write_file(in_exist("file"), "x", 1, &err), err);
    assert_int_equal(symlink("file", in_exist("link")), 0);
    assert_int_equal(symlink("gone/x", in_exist("dangling")), 0);
    assert_int_equal(symlink("loop", in_exist("loop")), 0);
    assert_int_equal(mkfifo(in_exist("pipe"), 0600), 0);
    memset(name, 'n', sizeof name - 1);
    static const char *const present[] = { "folder", "file", "link", "pipe", "folder/", "" };
    static const char *const absent[] = { "gone", "gone/x", "file/x", "folder/x/y", "link/x" };
    static const char *const unknown[] = { "dangling", "dangling/x/y", "dangling//x", "dangling/",
                                           "loop",     "loop/x",       "pipe/x" };
    for (size_t i = 0; i < sizeof present / sizeof *present; i++)
        assert_int_equal(sx_path_presence(in_exist(present[i])), SX_PATH_PRESENT);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        assert_int_equal(sx_path_presence(in_exist(absent[i])), SX_PATH_ABSENT);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(sx_path_presence(in_exist(unknown[i])), SX_PATH_UNKNOWN);
    assert_int_equal(sx_path_presence(in_exist(name)), SX_PATH_UNKNOWN);
    assert_int_equal(sx_path_presence("gone"), SX_PATH_ABSENT);
    assert_int_equal(sx_path_presence(""), SX_PATH_ABSENT);
}

static void obstacles_are_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    CHECK_FAILS(sx_file_open(&f, in_exist("dangling/x"), &err), err, SX_ERR_IO,
                "exist/dangling/x: cannot open: the link ");
    assert_true(sx_ends_with(err.message, "exist/dangling leads nowhere"));
    CHECK_FAILS(sx_file_open(&f, in_exist("dangling"), &err), err, SX_ERR_IO,
                "exist/dangling: cannot follow this link: No such file");
    CHECK_FAILS(sx_file_open(&f, in_exist("pipe/x"), &err), err, SX_ERR_IO,
                "exist/pipe is a named pipe, not a folder");
    CHECK_FAILS(sx_file_open(&f, in_exist("gone"), &err), err, SX_ERR_IO,
                "gone: cannot open: No such file");
    CHECK_FAILS(sx_path_check_dir(in_exist("file"), &err), err, SX_ERR_IO, "is not a folder");
    CHECK_FAILS(sx_path_check_dir(in_exist("pipe"), &err), err, SX_ERR_IO,
                "pipe: is a named pipe, not a folder");
    CHECK_FAILS(sx_path_check_dir(in_exist("dangling"), &err), err, SX_ERR_IO,
                "dangling: cannot follow this link");
    CHECK_FAILS(sx_path_check_dir(in_exist("gone"), &err), err, SX_ERR_IO, "gone: no such folder");
    CHECK_OK(sx_path_check_dir(in_exist("folder"), &err), err);
}

/* What cannot be read is listed, so that its reader fails. */
static void walk_lists_what_cannot_be_read(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_paths p = { 0 };
    static const char *const want[] = { "dangling", "file", "link", "loop", "pipe" };
    CHECK_OK(sx_paths_walk(&p, in_exist(""), &err), err);
    assert_int_equal(p.count, 5);
    for (size_t i = 0; i < p.count; i++)
        assert_string_equal(sx_path_base(p.items[i]), want[i]);
    sx_paths_free(&p);
    CHECK_FAILS(sx_paths_walk(&p, in_exist("dangling"), &err), err, SX_ERR_IO, "follow this link");
    sx_paths_free(&p);
}

/* Of the two readings of a name, the one that is present is taken. */
static void named_path_that_is_present_is_preferred(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_presence presence;
    char *path;
    CHECK_OK(sx_write_file(in_exist("t\xfc"), "x", 1, &err), err);
    CHECK_OK(sx_path_named(in_exist("t\\xfc"), &path, &presence, &err), err);
    assert_int_equal(presence, SX_PATH_PRESENT);
    assert_true(sx_ends_with(path, "t\xfc"));
    free(path);
    assert_int_equal(symlink("gone", in_exist("t\\xfc")), 0);
    CHECK_OK(sx_path_named(in_exist("t\\xfc"), &path, &presence, &err), err);
    assert_true(sx_ends_with(path, "t\xfc"));
    free(path);
    assert_int_equal(unlink(in_exist("t\xfc")), 0);
    CHECK_OK(sx_path_named(in_exist("t\\xfc"), &path, &presence, &err), err);
    assert_int_equal(presence, SX_PATH_UNKNOWN);
    assert_true(sx_ends_with(path, "t\\xfc"));
    free(path);
    CHECK_OK(sx_path_named(in_exist("none"), &path, NULL, &err), err);
    assert_null(path);
}

static int teardown(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presence_of_a_path),
        cmocka_unit_test(obstacles_are_named),
        cmocka_unit_test(walk_lists_what_cannot_be_read),
        cmocka_unit_test(named_path_that_is_present_is_preferred),
    };
    return cmocka_run_group_tests_name("presence", tests, NULL, teardown);
}
