/* Reading and writing of files: what others do to a file meanwhile, what is no file at all, and
 * how much a header costs. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/check.h"
#include "support/dicom.h"

#include "base/files.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "tensor/weights.h"

/* ---- a pread that looks on ---- */

static size_t bytes_read;          /* since the test began */
static const char *cut;            /* a file to be shortened .. */
static size_t cut_after, cut_size; /* .. to cut_size once this much was read; 0: never */

/* Takes the place of the C library's for the whole program. */
ssize_t pread(int fd, void *to, size_t n, off_t at) {
    if (cut && bytes_read >= cut_after) {
        if (truncate(cut, (off_t)cut_size) != 0) abort();
        cut = NULL;
    }
    if (cut && n > cut_after) n = cut_after;
    const ssize_t got = (ssize_t)syscall(SYS_pread64, fd, to, n, at);
    if (got > 0) bytes_read += (size_t)got;
    return got;
}

static int open_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static const char *write_noise(const char *name, size_t n) {
    sx_error err = { 0 };
    const char *path = check_tmp_path(name);
    unsigned char *bytes = malloc(n);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (unsigned char)(i * 7);
    CHECK_OK(sx_write_file(path, bytes, n, &err), err);
    free(bytes);
    return path;
}

/* ---- files that change ---- */

/* Touching a mapped page that the file has lost is SIGBUS. */
static void bytes_stay_when_the_file_shrinks(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    const char *path = write_noise("shrinks", 300000);
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_int_equal(truncate(path, 10), 0);
    assert_int_equal(f.size, 300000);
    for (size_t i = 0; i < f.size; i++)
        assert_int_equal(f.data[i], (unsigned char)(i * 7));
    sx_file_close(&f);
}

static void truncated_while_it_is_read(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    sx_file_head h;
    const int before = open_descriptors();
    const char *path = write_noise("cut", 300000);
    bytes_read = 0;
    cut = path;
    cut_after = 100000;
    cut_size = 150000;
    CHECK_FAILS(sx_file_open(&f, path, &err), err, SX_ERR_IO,
                "cut: was truncated to 150000 of 300000 bytes while it was read");
    CHECK_OK(sx_file_head_open(&h, path, &err), err);
    assert_false(h.whole);
    assert_int_equal(truncate(path, 20000), 0);
    CHECK_FAILS(sx_file_head_more(&h, &err), err, SX_ERR_IO,
                "cut: was truncated to 20000 of 150000");
    sx_file_head_close(&h);
    assert_int_equal(open_descriptors(), before);
}

static void growing_file_has_the_size_it_had(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    const char *path = write_noise("grows", 300000);
    bytes_read = 0;
    cut = path;
    cut_after = 100000;
    cut_size = 900000;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_int_equal(f.size, 300000);
    sx_file_close(&f);
}

static void film_truncated_while_it_is_read(void **state) {
    (void)state;
    enum { SIDE = 600 };
    static uint16_t words[SIDE * SIDE];
    sx_error err = { 0 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &(dicom_shape){
                        .rows = SIDE, .columns = SIDE, .bits_allocated = 16, .bits_stored = 12 });
    dicom_pixels(&d, words, SIDE * SIDE);
    const char *path = check_tmp_path("film.dicom");
    CHECK_OK(sx_write_file(path, d.bytes.data, d.bytes.len, &err), err);
    bytes_read = 0;
    cut = path;
    cut_after = 200000;
    cut_size = 300000;
    assert_null(sx_film_open(path, NULL, &err));
    check_error(&err, SX_ERR_IO, "film.dicom: was truncated");
    dicom_end(&d);
}

/* ---- what is no file ---- */

static void check_refused(const char *path, const char *why) {
    sx_error err = { 0 };
    sx_file f;
    sx_file_head h;
    const int before = open_descriptors();
    CHECK_FAILS(sx_file_open(&f, path, &err), err, SX_ERR_IO, why);
    assert_null(f.data);
    sx_file_parts parts;
    CHECK_FAILS(sx_file_parts_open(&parts, path, &err), err, SX_ERR_IO, why);
    CHECK_FAILS(sx_file_head_open(&h, path, &err), err, SX_ERR_IO, why);
    assert_null(sx_film_open(path, NULL, &err));
    check_error(&err, SX_ERR_IO, why);
    assert_int_equal(open_descriptors(), before);
}

static void only_regular_files_are_read(void **state) {
    (void)state;
    const char *fifo = check_tmp_path("fifo"), *link = check_tmp_path("link");
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink(fifo, link), 0);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", check_tmp_path("socket"));
    assert_int_equal(bind(s, (const struct sockaddr *)&at, sizeof at), 0);
    alarm(60); /* a reader that waits is a failure, not a test that never ends */
    check_refused(fifo, "fifo: is a named pipe, not a file");
    check_refused(link, "link: is a named pipe, not a file");
    check_refused(at.sun_path, "socket: is a socket, not a file");
    check_refused("/dev/zero", "/dev/zero: is a device, not a file");
    check_refused("/dev/null", "/dev/null: is a device, not a file");
    check_refused(check_tmp(), "is a folder, not a file");
    check_refused(check_tmp_path("absent"), "absent: cannot open: No such file");
    alarm(0);
    close(s);
}

static void size_is_bounded(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    const char *path = write_noise("large", 10);
    assert_int_equal(truncate(path, (off_t)SX_FILE_MAX_BYTES + 1), 0); /* a hole */
    CHECK_FAILS(sx_file_open(&f, path, &err), err, SX_ERR_LIMIT,
                "large: has 2147483649 bytes; at most 2147483648 are read");
    CHECK_FAILS(sx_file_open_up_to(&f, path, 1000, &err), err, SX_ERR_LIMIT,
                "large: has 2147483649 bytes; at most 1000 are read");
    unlink(path);
}

static void empty_file(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    sx_file_head h;
    const char *path = write_noise("empty", 1);
    assert_int_equal(truncate(path, 0), 0);
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_true(f.data && f.size == 0);
    sx_file_close(&f);
    CHECK_OK(sx_file_head_open(&h, path, &err), err);
    assert_true(h.file.data && h.file.size == 0 && h.whole);
    sx_file_head_close(&h);
}

/* ---- headers ---- */

/* A film of 720,000 bytes of pixels behind `private` bytes of a private element. */
static const char *film_with_header(const char *name, size_t private) {
    enum { SIDE = 600 };
    static uint16_t words[SIDE * SIDE];
    static char text[200000];
    sx_error err = { 0 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    memset(text, 'x', private);
    dicom_text(&d, SX_TAG(0x0008, 0x0060), "CS", "DX");
    dicom_bytes(&d, SX_TAG(0x0009, 0x1001), "OB", text, private);
    dicom_image(&d, &(dicom_shape){
                        .rows = SIDE, .columns = SIDE, .bits_allocated = 16, .bits_stored = 12 });
    dicom_pixels(&d, words, SIDE * SIDE);
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file_unsynced(path, d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
    return path;
}

static void check_header(const char *path, size_t most) {
    sx_error err = { 0 };
    const int before = open_descriptors();
    bytes_read = 0;
    sx_film *f = sx_film_open(path, &(sx_film_options){ .header_only = true }, &err);
    CHECK_OK(f, err);
    assert_int_equal(f->width, 600);
    assert_true(f->info.has_pixels);
    assert_string_equal(f->info.modality, "DX");
    sx_film_free(f);
    assert_int_equal(bytes_read, most);
    assert_int_equal(open_descriptors(), before);
}

static void header_reads_the_beginning_alone(void **state) {
    (void)state;
    check_header(film_with_header("small.dicom", 100), 16 * 1024);
    check_header(film_with_header("middle.dicom", 20000), 64 * 1024);
    check_header(film_with_header("large.dicom", 150000), 256 * 1024);
}

/* However long the header is, the block that it ends in makes no difference. */
static void header_of_every_length(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (size_t private = 16 * 1024 - 700; private < 16 * 1024 + 100; private += 2) {
        const char *path = film_with_header("any.dicom", private);
        sx_film *f = sx_film_open(path, &(sx_film_options){ .header_only = true }, &err);
        CHECK_OK(f, err);
        if (f->width != 600 || !f->info.has_pixels) fail_msg("%zu bytes", private);
        sx_film_free(f);
    }
}

static void what_is_no_film_is_not_read_on(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *path = write_noise("noise", 1000000);
    bytes_read = 0;
    assert_null(sx_film_open(path, &(sx_film_options){ .header_only = true }, &err));
    check_error(&err, SX_ERR_FORMAT, "noise: not a DICOM, PNG or JPEG file");
    assert_int_equal(bytes_read, 16 * 1024);
}

/* ---- writing ---- */

static void check_only_file(const char *path, const char *content) {
    sx_error err = { 0 };
    sx_file f;
    sx_paths p = { 0 };
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_int_equal(f.size, strlen(content));
    assert_memory_equal(f.data, content, f.size);
    sx_file_close(&f);
    CHECK_OK(sx_paths_walk(&p, check_tmp_path("full"), &err), err);
    assert_int_equal(p.count, 1);
    sx_paths_free(&p);
}

/* A file size limit simulates a full disk: both interrupt a write. */
static void full_disk_leaves_the_old_file(void **state) {
    (void)state;
    sx_error err = { 0 };
    static const char zeros[100000];
    struct rlimit old, limit;
    CHECK_OK(sx_make_dirs(check_tmp_path("full"), &err), err);
    const char *path = check_tmp_path("full/file");
    CHECK_OK(sx_write_file(path, "old", 3, &err), err);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    limit = old;
    limit.rlim_cur = 50000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    const bool put = sx_write_file(path, zeros, sizeof zeros, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    assert_false(put);
    check_error(&err, SX_ERR_IO, "full/file: cannot write: File too large");
    check_only_file(path, "old");
}

/* What an earlier process of our number left is replaced, not written into. */
static void stale_part_is_replaced(void **state) {
    (void)state;
    sx_error err = { 0 };
    char part[600];
    struct stat st;
    const char *victim = write_noise("victim", 10), *path = check_tmp_path("private");
    snprintf(part, sizeof part, "%s.part-%ld", path, (long)getpid());
    assert_int_equal(symlink(victim, part), 0);
    CHECK_OK(sx_write_private_file(path, "secret", 6, &err), err);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_size, 10);
}

static void only_a_regular_file_is_appended_to(void **state) {
    (void)state;
    sx_error err = { 0 };
    struct stat st;
    const char *victim = write_noise("target", 10), *link = check_tmp_path("log"),
               *fifo = check_tmp_path("pipe");
    assert_int_equal(symlink(victim, link), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    CHECK_FAILS(sx_file_append(link, &err), err, SX_ERR_IO, "log: cannot write");
    CHECK_FAILS(sx_file_append(fifo, &err), err, SX_ERR_IO, "pipe: ");
    CHECK_FAILS(sx_file_append(check_tmp_path("gone"), &err), err, SX_ERR_IO, "gone: cannot write");
    FILE *f = sx_file_append(victim, &err);
    CHECK_OK(f && fputs("more", f) >= 0 && fclose(f) == 0, err);
    assert_int_equal(stat(victim, &st), 0);
    assert_int_equal(st.st_size, 14);
}

/* ---- what stands in for a file ---- */

static void check_stand_in(const char *name, const char *text, const char *want, bool anywhere) {
    sx_error err = { 0 };
    sx_file f;
    const char *path = check_tmp_path(name);
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    for (int header_only = 0; header_only < 2; header_only++)
        CHECK_FAILS(sx_film_open(path, &(sx_film_options){ .header_only = header_only }, &err), err,
                    SX_ERR_FORMAT, want);
    CHECK_FAILS(sx_weights_open(path, &err), err, SX_ERR_FORMAT, want);
    if (anywhere) {
        CHECK_FAILS(sx_file_open(&f, path, &err), err, SX_ERR_FORMAT, want);
    } else {
        CHECK_OK(sx_file_open(&f, path, &err), err);
        sx_file_close(&f);
    }
}

static void stand_ins_are_named(void **state) {
    (void)state;
    check_stand_in("a.pth",
                   "version https://git-lfs.github.com/spec/v1\n"
                   "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
                   "size 12345\n",
                   "a.pth: a Git LFS pointer, not the file itself (run 'git lfs pull')", true);
    check_stand_in("b.dcm", "/annex/objects/SHA256E-s31390--f50d7ac4c6b9.dcm\n",
                   "b.dcm: a git-annex pointer, not the file itself (run 'git annex get')", true);
    check_stand_in("e.safetensors",
                   "\xef\xbb\xbfversion https://git-lfs.github.com/spec/v1\r\noid sha256:4d7a\r\n",
                   "e.safetensors: a Git LFS pointer, not the file itself", true);
    check_stand_in("f.dcm", "\xef\xbb\xbf/annex/objects/SHA256E-s31390--f50d7ac4c6b9.dcm\n",
                   "f.dcm: a git-annex pointer, not the file itself", true);
    check_stand_in("c.png", "\xef\xbb\xbf\r\n <!doctype HTML><title>Sign in</title>",
                   "c.png: a web page, not the file itself", false);
    check_stand_in("d.dcm", "<html>", "d.dcm: a web page", false);
}

/* A link to content that is not here is named, and found in a folder, as other links to nothing;
 * where films are searched for, these are passed over. */
static void annex_links_are_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    sx_paths p = { 0 }, unread = { 0 }, results = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("annex"), &err), err);
    assert_int_equal(symlink("../.git/annex/objects/Wx/V2/a.dcm/a.dcm", check_tmp_path("annex/a")),
                     0);
    assert_int_equal(symlink("nowhere", check_tmp_path("annex/b")), 0);
    CHECK_FAILS(sx_file_open(&f, check_tmp_path("annex/a"), &err), err, SX_ERR_IO,
                "a: a git-annex link whose content is not here (run 'git annex get')");
    CHECK_FAILS(sx_file_open(&f, check_tmp_path("annex/b"), &err), err, SX_ERR_IO,
                "b: cannot follow this link: No such");
    CHECK_OK(sx_paths_walk(&p, check_tmp_path("annex"), &err), err);
    assert_int_equal(p.count, 2);
    sx_paths_free(&p);
    CHECK_OK(sx_paths_walk_films(&p, &unread, &results, check_tmp_path("annex"), NULL, &err), err);
    assert_int_equal(p.count, 1);
    assert_string_equal(sx_path_base(p.items[0]), "a");
    assert_int_equal(unread.count, 0);
    sx_paths_free(&p);
}

static void expect_real(const char *path, const char *below) {
    char *real = sx_path_real(path);
    assert_non_null(real);
    char *root = sx_path_real(check_tmp_path("paths"));
    assert_non_null(root);
    char want[1024];
    snprintf(want, sizeof want, "%s%s", root, below);
    assert_string_equal(real, want);
    free(root);
    free(real);
}

/* However a path is written, and whether or not it exists. */
static void paths_are_compared_by_what_they_name(void **state) {
    (void)state;
    sx_error err = { 0 };
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    CHECK_OK(sx_make_dirs(check_tmp_path("paths/w"), &err), err);
    assert_int_equal(chdir(check_tmp_path("paths")), 0);
    assert_int_equal(symlink("w", "link"), 0);
    expect_real("w", "/w");
    expect_real("./link//x/./y/../z/", "/w/x/z");
    assert_true(sx_path_is_below("w/new", "w"));
    assert_true(sx_path_is_below("./w/new", "w"));
    assert_true(sx_path_is_below("w/new", "./w/"));
    assert_true(sx_path_is_below("link/new", "w"));
    assert_true(sx_path_is_below("dd/map.csv", "./dd"));
    assert_false(sx_path_is_below("ww/new", "w"));
    assert_false(sx_path_is_below("w", "w"));
    assert_false(sx_path_is_below("dd/../map.csv", "dd"));
    assert_true(sx_same_path("./x.csv", "none/../x.csv"));
    assert_true(sx_same_path("link", "w"));
    assert_false(sx_same_path("x.csv", "y.csv"));
    assert_int_equal(chdir(here), 0);
}

static void expect_path(char *path, const char *want) {
    assert_non_null(path);
    assert_string_equal(path, want);
    free(path);
}

/* No part of a joined path leads nowhere else; one that leads through a link stays. */
static void joined_paths_are_tidy(void **state) {
    (void)state;
    sx_error err = { 0 };
    char here[1024];
    assert_non_null(getcwd(here, sizeof here));
    CHECK_OK(sx_make_dirs(check_tmp_path("tidy/set/train"), &err), err);
    assert_int_equal(chdir(check_tmp_path("tidy")), 0);
    assert_int_equal(symlink("set/train", "link"), 0);
    expect_path(sx_path_tidy(""), "");
    expect_path(sx_path_tidy("./"), ".");
    expect_path(sx_path_tidy("/"), "/");
    expect_path(sx_path_tidy("/.././/set/"), "/set");
    expect_path(sx_path_tidy("./set//./train/."), "set/train");
    expect_path(sx_path_tidy("set/train/../.."), ".");
    expect_path(sx_path_tidy(".././../x..y/.z"), "../../x..y/.z");
    expect_path(sx_path_tidy("link/../x"), "link/../x");
    expect_path(sx_path_tidy("none/../x"), "none/../x");
    expect_path(sx_path_join("set/train", "../meta.csv"), "set/meta.csv");
    expect_path(sx_path_join("set/", "a/./b"), "set/a/b");
    expect_path(sx_path_join(".", ".."), "..");
    expect_path(sx_path_join(".", "a.csv"), "./a.csv");
    expect_path(sx_path_join("set", "a..b"), "set/a..b");
    expect_path(sx_path_above("set/train/"), "set");
    expect_path(sx_path_above("set"), ".");
    expect_path(sx_path_above("."), "..");
    expect_path(sx_path_above(".."), "../..");
    assert_int_equal(chdir(here), 0);
}

static int teardown(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_stay_when_the_file_shrinks),
        cmocka_unit_test(truncated_while_it_is_read),
        cmocka_unit_test(growing_file_has_the_size_it_had),
        cmocka_unit_test(film_truncated_while_it_is_read),
        cmocka_unit_test(only_regular_files_are_read),
        cmocka_unit_test(size_is_bounded),
        cmocka_unit_test(empty_file),
        cmocka_unit_test(header_reads_the_beginning_alone),
        cmocka_unit_test(header_of_every_length),
        cmocka_unit_test(what_is_no_film_is_not_read_on),
        cmocka_unit_test(full_disk_leaves_the_old_file),
        cmocka_unit_test(stale_part_is_replaced),
        cmocka_unit_test(only_a_regular_file_is_appended_to),
        cmocka_unit_test(stand_ins_are_named),
        cmocka_unit_test(annex_links_are_named),
        cmocka_unit_test(paths_are_compared_by_what_they_name),
        cmocka_unit_test(joined_paths_are_tidy),
    };
    return cmocka_run_group_tests_name("files", tests, NULL, teardown);
}
