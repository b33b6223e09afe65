/* The watched folder: what is complete is taken, what is refused is kept with a reason, and what is
 * no file is left alone. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/write.h"
#include "service/fresh_store.h"
#include "service/node/watch_folder.h"
#include "support/check.h"
#include "support/plain_film.h"

enum { SIDE = 40, STABLE = 5000 };

static char folder[600], incoming[700], watched[700];
static sx_db *db;
static int64_t clock_is;
static struct {
    sx_received what;
    char why[400];
    int count;
} told;

static int64_t test_now(void *user) {
    (void)user;
    return clock_is;
}

static void tell(void *user, const char *path, sx_received what, const char *why) {
    (void)user;
    (void)path;
    told.what = what;
    told.count++;
    snprintf(told.why, sizeof told.why, "%s", why);
}

static const char *in_folder(const char *name) {
    static char paths[4][900];
    static int n;
    char *path = paths[n++ % 4];
    snprintf(path, 900, "%s/%s", watched, name);
    return path;
}

static sx_folder_watch *watch;

static int start_anew(void **state) {
    static int n;
    char name[32], file[700], where[700];
    sx_error err = { 0 };
    (void)state;
    snprintf(name, sizeof name, "watch%d", n++);
    snprintf(folder, sizeof folder, "%s", check_tmp_path(name));
    snprintf(incoming, sizeof incoming, "%s/incoming", folder);
    snprintf(watched, sizeof watched, "%s/watched", folder);
    snprintf(file, sizeof file, "%s/store.sqlite", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(mkdir(incoming, 0777), 0);
    assert_int_equal(mkdir(watched, 0777), 0);
    db = fresh_store(file, where, sizeof where);
    clock_is = 0;
    memset(&told, 0, sizeof told);
    const sx_folder_watch_options o = {
        .folder = watched, .stable = STABLE, .largest = 1 << 20, .clock = test_now, .tell = tell
    };
    watch = sx_folder_watch_open(&o, &err);
    CHECK_OK(watch != NULL, err);
    return 0;
}

static int finish(void **state) {
    (void)state;
    sx_folder_watch_close(watch);
    sx_db_close(db);
    return 0;
}

/* The bytes of a film. */
static uint8_t *film(const char *uid, uint16_t grey, sx_write_syntax syntax, size_t *n) {
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    pixels[0] = grey;
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.instance_uid = uid;
    CHECK_OK(sx_dicom_encode(&f, syntax, &bytes, n, &err), err);
    return bytes;
}

static void put(const char *name, const void *bytes, size_t n) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(in_folder(name), bytes, n, &err), err);
}

static void put_film(const char *name, const char *uid, uint16_t grey) {
    size_t n;
    uint8_t *bytes = film(uid, grey, SX_WRITE_EXPLICIT, &n);
    put(name, bytes, n);
    free(bytes);
}

static size_t look(void) {
    sx_error err = { 0 };
    size_t taken;
    const sx_receive_options o = {
        .folder = folder, .incoming = incoming, .quiet = 60000, .now = test_now
    };
    CHECK_OK(sx_folder_watch_look(watch, db, &o, &taken, &err), err);
    return taken;
}

/* Looks now, and again when a file has not changed for long enough. */
static size_t look_twice(void) {
    size_t n = look();
    clock_is += STABLE;
    return n + look();
}

static int64_t films(void) {
    sx_error err = { 0 };
    int64_t n = 0;
    bool found;
    CHECK_OK(sx_db_query_int(db, "SELECT COUNT(*) FROM instance", NULL, 0, &n, &found, &err), err);
    return n;
}

static size_t files_below(const char *path) {
    sx_error err = { 0 };
    sx_paths p = { 0 };
    CHECK_OK(sx_paths_walk(&p, path, &err), err);
    const size_t n = p.count;
    sx_paths_free(&p);
    return n;
}

static void check_text(const char *name, const char *want) {
    sx_error err = { 0 };
    sx_file f;
    CHECK_OK(sx_file_open(&f, in_folder(name), &err), err);
    if (!memmem(f.data, f.size, want, strlen(want)))
        fail_msg("%s: %.*s", name, (int)f.size, (const char *)f.data);
    sx_file_close(&f);
}

/* ---- tests ---- */

static void a_file_is_taken_when_it_is_stable(void **state) {
    (void)state;
    put_film("a.dcm", "1.2.3.4", 1);
    assert_int_equal(look(), 0);
    clock_is = STABLE - 1;
    assert_int_equal(look(), 0);
    clock_is = STABLE;
    assert_int_equal(look(), 1);
    assert_int_equal(told.what, SX_RECEIVED_NEW);
    assert_int_equal(films(), 1);
    assert_int_equal(files_below(watched), 0);
    assert_int_equal(files_below(incoming), 0);
    assert_int_equal(look_twice(), 0);
}

static void files_in_folders_below_are_taken(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("x"), 0777), 0);
    assert_int_equal(mkdir(in_folder("x/y"), 0777), 0);
    put_film("x/a", "1.2.3.4", 1);
    put_film("x/y/b", "1.2.3.5", 1);
    put_film("c", "1.2.3.4", 1); /* the same film again */
    assert_int_equal(look_twice(), 3);
    assert_int_equal(films(), 2);
    assert_int_equal(files_below(watched), 0);
}

/* Each time that it grows, its time begins again; half a film is not taken at all. */
static void a_file_that_is_being_written_is_left(void **state) {
    (void)state;
    size_t n;
    static const sx_write_syntax syntaxes[] = { SX_WRITE_EXPLICIT, SX_WRITE_JPEG_LS };
    for (size_t k = 0; k < 2; k++) {
        const char *uid = k ? "1.2.3.5" : "1.2.3.4";
        uint8_t *bytes = film(uid, 1, syntaxes[k], &n);
        for (size_t part = 1; part < 8; part++) {
            put("a.dcm", bytes, n * part / 8);
            assert_int_equal(look(), 0);
            clock_is += STABLE;
            if (look()) fail_msg("taken: %zu of %zu bytes, %s", n * part / 8, n, told.why);
        }
        put("a.dcm", bytes, n - 1);
        assert_int_equal(look_twice(), 0);
        put("a.dcm", bytes, n);
        assert_int_equal(look_twice(), 1);
        assert_int_equal(films(), k + 1);
        assert_int_equal(told.count, k + 1);
        free(bytes);
    }
}

static void an_incomplete_file_is_refused_in_the_end(void **state) {
    (void)state;
    size_t n;
    uint8_t *bytes = film("1.2.3.4", 1, SX_WRITE_EXPLICIT, &n);
    put("a.dcm", bytes, n - 100);
    free(bytes);
    for (; clock_is < 299000; clock_is += 1000)
        assert_int_equal(look(), 0);
    for (; clock_is < 400000; clock_is += 1000)
        look();
    assert_false(sx_path_exists(in_folder("a.dcm")));
    assert_true(sx_path_exists(in_folder("refused/a.dcm")));
    check_text("refused/a.dcm.txt", "is not complete");
    assert_int_equal(films(), 0);
    assert_int_equal(files_below(incoming), 0);
}

static void what_is_refused_is_kept_with_a_reason(void **state) {
    (void)state;
    static const char nothing[2000] = "nothing", again[2000] = "again";
    put("notes.txt", nothing, sizeof nothing);
    put("empty", "", 0);
    put_film("other", "1.2.3.4", 2);
    put_film("first", "1.2.3.4", 1);
    assert_int_equal(look_twice(), 3);
    assert_int_equal(films(), 1);
    check_text("refused/notes.txt.txt", "notes.txt\n");
    check_text("refused/other.txt", "exists with other contents");
    put("notes.txt", again, sizeof again);
    assert_int_equal(look_twice(), 1);
    check_text("refused/notes.txt-2", "again"); /* nothing is overwritten */
    check_text("refused/notes.txt", "nothing");
    assert_int_equal(look_twice(), 0);               /* the folder itself is not looked at */
    assert_true(sx_path_exists(in_folder("empty"))); /* may be about to be written */
}

static void a_file_that_is_too_large_is_refused(void **state) {
    (void)state;
    char *bytes = calloc(1, (1 << 20) + 1);
    put("large", bytes, (1 << 20) + 1);
    free(bytes);
    assert_int_equal(look_twice(), 1);
    check_text("refused/large.txt", "keep.largest_mb");
}

static void links_pipes_and_unfinished_names_are_left_alone(void **state) {
    (void)state;
    sx_error err = { 0 };
    char elsewhere[800];
    size_t n;
    uint8_t *bytes = film("1.2.3.4", 1, SX_WRITE_EXPLICIT, &n);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    assert_int_equal(mkdir(elsewhere, 0777), 0);
    const size_t room = strlen(elsewhere);
    snprintf(elsewhere + room, sizeof elsewhere - room, "/film.dcm");
    CHECK_OK(sx_write_file(elsewhere, bytes, n, &err), err);
    assert_int_equal(symlink(elsewhere, in_folder("link.dcm")), 0);
    *strrchr(elsewhere, '/') = '\0';
    assert_int_equal(symlink(elsewhere, in_folder("folder")), 0);
    assert_int_equal(mkfifo(in_folder("pipe"), 0666), 0);
    put(".hidden", bytes, n);
    put("a.part", bytes, n);
    put("a.dcm~", bytes, n);
    free(bytes);
    assert_int_equal(look_twice(), 0);
    assert_int_equal(films(), 0);
    assert_int_equal(told.count, 0);
    assert_int_equal(files_below(elsewhere), 1);
}

/* The database is gone: our fault, so the file stays. */
static void a_failure_of_ours_leaves_the_file(void **state) {
    (void)state;
    sx_error err = { 0 };
    put_film("a.dcm", "1.2.3.4", 1);
    CHECK_OK(sx_db_run(db, "ALTER TABLE instance RENAME TO away", NULL, 0, &err), err);
    assert_int_equal(look_twice(), 0);
    assert_int_equal(told.what, SX_RECEIVED_FAILED);
    assert_true(sx_path_exists(in_folder("a.dcm")));
    CHECK_OK(sx_db_run(db, "ALTER TABLE away RENAME TO instance", NULL, 0, &err), err);
    clock_is += 1000;
    assert_int_equal(look(), 0); /* not again at once */
    clock_is += 60000;
    assert_int_equal(look(), 1);
    assert_int_equal(films(), 1);
}

static void a_folder_that_is_missing_is_an_error(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t taken;
    const sx_receive_options o = {
        .folder = folder, .incoming = incoming, .quiet = 60000, .now = test_now
    };
    assert_int_equal(rmdir(watched), 0);
    CHECK_FAILS(sx_folder_watch_look(watch, db, &o, &taken, &err), err, SX_ERR_IO, "watched");
    assert_int_equal(mkdir(watched, 0777), 0);
    put_film("a.dcm", "1.2.3.4", 1);
    assert_int_equal(look_twice(), 1);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, start_anew, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_file_is_taken_when_it_is_stable),
        FRESH(files_in_folders_below_are_taken),
        FRESH(a_file_that_is_being_written_is_left),
        FRESH(an_incomplete_file_is_refused_in_the_end),
        FRESH(what_is_refused_is_kept_with_a_reason),
        FRESH(a_file_that_is_too_large_is_refused),
        FRESH(links_pipes_and_unfinished_names_are_left_alone),
        FRESH(a_failure_of_ours_leaves_the_file),
        FRESH(a_folder_that_is_missing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
