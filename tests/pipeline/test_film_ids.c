/* The ids of the films of a run. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "pipeline/inputs.h"
#include "support/check.h"

enum { MOST = 8 };

typedef struct films {
    const char *paths[MOST], *ids[MOST];
} films;

static void check_ids(const films *f, bool reversed) {
    sx_error err = { 0 };
    sx_inputs in = { .items = calloc(MOST, sizeof *in.items) };
    assert_non_null(in.items);
    while (in.count < MOST && f->paths[in.count])
        in.count++;
    for (size_t i = 0; i < in.count; i++)
        in.items[reversed ? in.count - 1 - i : i].path = strdup(f->paths[i]);
    CHECK_OK(sx_inputs_name(&in, &err), err);
    for (size_t i = 0; i < in.count; i++) {
        const sx_input *item = &in.items[reversed ? in.count - 1 - i : i];
        assert_true(item->id && f->ids[i]);
        if (strcmp(item->id, f->ids[i]) != 0)
            fail_msg("%s is called %s, not %s", item->path, item->id, f->ids[i]);
    }
    sx_inputs_free(&in);
}

/* The ids do not depend on the order of the films. */
static void ids_of_films(void **state) {
    (void)state;
    static const films cases[] = {
        { { "/set/p1/a.dcm" }, { "a" } },
        { { "/set/p1/a.dcm", "/set/p2/b.png" }, { "a", "b" } },
        { { "/set/p1/a.dcm", "/set/p2/a.dcm", "/set/p2/b.dcm" }, { "p1/a", "p2/a", "b" } },
        { { "p1/a.dcm", "p2/a.dcm" }, { "p1/a", "p2/a" } },
        { { "./p1//a.dcm", "x/../p2/./a.dcm" }, { "p1/a", "p2/a" } },
        { { "/x/../../set/p1/a", "/set/p2/a" }, { "p1/a", "p2/a" } },
        /* the folder that all films have in common ends at a slash */
        { { "/set/p1/a.dcm", "/set/p12/a.dcm" }, { "p1/a", "p12/a" } },
        { { "/a.dcm", "/p/a.dcm" }, { "a", "p/a" } },
        { { "/set/a.dcm", "/set/p/a.dcm", "/set/p/q/a.dcm" }, { "a", "p/a", "p/q/a" } },
        /* the ending tells two files of a folder apart */
        { { "/set/a.dcm", "/set/a.png", "/set/b.png" }, { "a.dcm", "a.png", "b" } },
        { { "/set/p1/a.dcm", "/set/p1/a.PNG", "/set/p2/a.dcm" },
          { "p1/a.dcm", "p1/a.PNG", "p2/a" } },
        { { "/set/a.dcm", "/set/a" }, { "a.dcm", "a" } },
        /* a name that is another film's longer id */
        { { "/set/a.dcm", "/set/a.png", "/set/a.dcm.png" }, { "a.dcm", "a.png", "a.dcm.png" } },
        /* case, and the composed and decomposed forms of a letter */
        { { "/set/A.dcm", "/set/a.dcm", "/set/\xc3\xa4.dcm", "/set/a\xcc\x88.dcm" },
          { "A", "a", "\xc3\xa4", "a\xcc\x88" } },
        /* bytes that are not UTF-8; a name that has their escape literally keeps it */
        { { "/set/R\xf6.png" }, { "R\\xf6" } },
        { { "/set/R\xf6.png", "/set/R\\xf6.png" }, { "R\\xf6-2", "R\\xf6" } },
        { { "/set/R\xf6.png", "/set/R\\xf6.png", "/set/R\\xf6-2.png" },
          { "R\\xf6-3", "R\\xf6", "R\\xf6-2" } },
        { { "/set/p\xf6/a.png", "/set/p\\xf6/a.png" }, { "p\\xf6/a-2", "p\\xf6/a" } },
        { { "/set/p1/R\xf6.png", "/set/p2/R\xf6.png" }, { "p1/R\\xf6", "p2/R\\xf6" } },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_ids(&cases[i], false);
        check_ids(&cases[i], true);
    }
}

/* A file that is given by two paths is two films of the run. */
static void one_file_twice(void **state) {
    (void)state;
    check_ids(&(films){ { "/set/a.dcm", "/set/./a.dcm", "/set//a.dcm" },
                        { "a.dcm", "a.dcm-2", "a.dcm-3" } },
              false);
}

/* The longest name of a file, each byte of which needs four in the id. */
static void long_names(void **state) {
    (void)state;
    char paths[2][300] = { "/p1/", "/p2/" };
    sx_error err = { 0 };
    sx_inputs in = { .items = calloc(2, sizeof *in.items), .count = 2 };
    for (size_t i = 0; i < 2; i++) {
        memset(paths[i] + 4, 0xf6, 255);
        in.items[i].path = strdup(paths[i]);
    }
    CHECK_OK(sx_inputs_name(&in, &err), err);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(strlen(in.items[i].id), 3 + 4 * 255);
        assert_memory_equal(in.items[i].id, paths[i] + 1, 3);
    }
    sx_inputs_free(&in);
}

/* A folder without films has no id, and its name matters to none. */
static void folders(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_inputs in = { .items = calloc(2, sizeof *in.items), .count = 2 };
    in.items[0] = (sx_input){ .path = strdup("/x/a"), .fault = strdup("no film") };
    in.items[1].path = strdup("/set/a.dcm");
    CHECK_OK(sx_inputs_name(&in, &err), err);
    assert_null(in.items[0].id);
    assert_string_equal(in.items[1].id, "a");
    sx_inputs_free(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_of_films),
        cmocka_unit_test(one_file_twice),
        cmocka_unit_test(long_names),
        cmocka_unit_test(folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
