/* How much memory there is for a program. */
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/machine_memory.h"
#include "base/writer.h"
#include "support/check.h"

static void limit_group(const char *group, const char *limit) {
    char path[600];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s%s", check_tmp(), group);
    CHECK_OK(sx_make_dirs(path, &err), err);
    snprintf(path, sizeof path, "%s%s/memory.max", check_tmp(), group);
    CHECK_OK(sx_write_file(path, limit, strlen(limit), &err), err);
}

static void test_groups(void **state) {
    (void)state;
    limit_group("", "max\n"); /* as in a container */
    limit_group("/system.slice", "4000000000\n");
    limit_group("/system.slice/a.service", "max\n");
    limit_group("/system.slice/b.service", "1000000000\n");
    limit_group("/system.slice/c.service", "9000000000\n");
    const char *root = check_tmp();
    assert_true(sx_cgroup_memory(root, "/") == UINT64_MAX);
    assert_true(sx_cgroup_memory(root, "/user.slice/shell") == UINT64_MAX);
    assert_true(sx_cgroup_memory(root, "/system.slice/a.service") == 4000000000);
    assert_true(sx_cgroup_memory(root, "/system.slice/b.service") == 1000000000);
    assert_true(sx_cgroup_memory(root, "/system.slice/c.service/below") == 4000000000);
    limit_group("", "7\n");
    assert_true(sx_cgroup_memory(root, "/") == 7);
}

static void test_machine(void **state) {
    (void)state;
    assert_true(sx_machine_memory() > (64 << 20) && sx_machine_memory() < UINT64_MAX);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_groups),
                                        cmocka_unit_test(test_machine) };
    return cmocka_run_group_tests(tests, NULL, clean);
}
