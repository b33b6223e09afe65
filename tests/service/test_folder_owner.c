/* Files and folders that a command, which root may run, makes in the folder of the service. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/reading/folder_owner.h"
#include "support/check.h"

enum { SERVICE = 1234, OTHER = 4321 };
static char folder[400];

static const char *in_folder(const char *name) {
    static char path[500];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void new_folder(const char *name) {
    snprintf(folder, sizeof folder, "%s", check_tmp_path(name));
    assert_int_equal(mkdir(folder, 0755), 0);
    if (geteuid() == 0) assert_int_equal(chown(folder, SERVICE, SERVICE), 0);
}

static uid_t owner_of(const char *name) {
    struct stat st;
    assert_int_equal(lstat(in_folder(name), &st), 0);
    return st.st_uid;
}

static void only_what_was_made_is_given(void **state) {
    (void)state;
    sx_error err = { 0 };
    new_folder("made");
    assert_int_equal(mkdir(in_folder("pixels"), 0755), 0);
    if (geteuid() == 0) assert_int_equal(chown(in_folder("pixels"), OTHER, OTHER), 0);
    CHECK_OK(sx_make_folders_in(folder, "pixels/ab/cd", &err), err);
    CHECK_OK(sx_make_folders_in(folder, "pixels/ab/cd", &err), err);
    CHECK_OK(sx_make_file_in(folder, "store", &err), err);
    CHECK_OK(sx_make_file_in(folder, "store", &err), err);
    const bool root = geteuid() == 0;
    assert_int_equal(owner_of("pixels"), root ? OTHER : geteuid());
    assert_int_equal(owner_of("pixels/ab"), root ? SERVICE : geteuid());
    assert_int_equal(owner_of("pixels/ab/cd"), root ? SERVICE : geteuid());
    assert_int_equal(owner_of("store"), root ? SERVICE : geteuid());
}

static void root_follows_no_link(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    sx_error err = { 0 };
    char elsewhere[400], victim[500];
    snprintf(elsewhere, sizeof elsewhere, "%s", check_tmp_path("elsewhere"));
    snprintf(victim, sizeof victim, "%s/ab", elsewhere);
    assert_int_equal(mkdir(elsewhere, 0755), 0);
    new_folder("links");
    assert_int_equal(symlink(elsewhere, in_folder("pixels")), 0);
    CHECK_FAILS(sx_make_folders_in(folder, "pixels/ab", &err), err, SX_ERR_IO, "make the folder");
    assert_int_equal(access(victim, F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_was_made_is_given),
        cmocka_unit_test(root_follows_no_link),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
