/* Folders that a run writes into: one run at a time, and what a killed one left. */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "support/check.h"
#include "support/text_files.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/writer.h"

static sx_claim *claim(const char *dir) {
    sx_error err = { 0 };
    sx_claim *c = sx_claim_open(dir, "predict", &err);
    CHECK_OK(c != NULL, err);
    return c;
}

/* A run that dies with a temporary file and a temporary folder in its hands. */
static void be_killed_in(const char *dir) {
    const pid_t child = fork();
    if (child == 0) {
        sx_error err = { 0 };
        char file[SX_CLAIM_NAME], folder[SX_CLAIM_NAME];
        sx_claim *c = sx_claim_open(dir, "predict", &err);
        if (!c || !sx_claim_temporary(c, path_in(dir, "sub/a.png"), file, &err)) _exit(1);
        if (!sx_claim_temporary(c, path_in(dir, "set"), folder, &err)) _exit(2);
        char path[1024];
        snprintf(path, sizeof path, "%s/sub/%s", dir, file);
        if (close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) != 0) _exit(3);
        if (mkdir(path_in(dir, folder), 0700) != 0) _exit(4);
        snprintf(path, sizeof path, "%s/%s/film", dir, folder);
        if (close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) != 0) _exit(5);
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static size_t files_in(const char *dir) {
    char command[1100], line[64] = "";
    snprintf(command, sizeof command, "find '%s' -mindepth 1 | wc -l", dir);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    pclose(f);
    size_t n = 0;
    assert_int_equal(sscanf(line, "%zu", &n), 1);
    return n;
}

static void a_second_run_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *dir = check_tmp_path("two");
    sx_claim *c = claim(dir);
    CHECK_FAILS(sx_claim_open(dir, "explain", &err), err, SX_ERR_IO, "another run writes there");
    assert_non_null(strstr(err.message, "predict, process"));
    const pid_t child = fork();
    if (child == 0) _exit(sx_claim_open(dir, "explain", NULL) ? 1 : 0);
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    sx_claim_close(c);
    assert_int_equal(files_in(dir), 0);
    sx_claim_close(claim(dir));
}

/* The lock of a run that has not written its name yet; an earlier run's name is not taken for its.
 */
static void a_run_that_begins_is_not_named(void **state) {
    (void)state;
    static const struct {
        const char *before, *after; /* of this machine's name; after NULL: an empty journal */
    } journals[] = {
        { "", NULL },
        { "spinexr run 1\nhost not-",
          "\nprocess 7 7\ncommand train\nstarted then\nfinished now\n" },
        { "spinexr run 1\nhost ", "\nprocess 999999999 7\ncommand train\nstarted then\n" },
    };
    char host[128];
    assert_int_equal(gethostname(host, sizeof host), 0);
    for (size_t i = 0; i < sizeof journals / sizeof *journals; i++) {
        const char *dir = check_tmp_path("begins");
        char path[1100];
        sx_error err = { 0 };
        struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
        CHECK_OK(sx_make_dirs(dir, &err), err);
        snprintf(path, sizeof path, "%s/.spinexr-run", dir);
        const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        assert_true(fd >= 0);
        if (journals[i].after)
            assert_true(dprintf(fd, "%s%s%s", journals[i].before, host, journals[i].after) > 0);
        assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
        CHECK_FAILS(
            sx_claim_open(dir, "explain", &err), err, SX_ERR_IO,
            "begins: another run is beginning to write there; wait for it or choose another "
            "folder");
        assert_null(strchr(err.message, '?'));
        close(fd);
        assert_int_equal(unlink(path), 0);
    }
}

static void what_a_killed_run_left_is_removed_and_nothing_else(void **state) {
    (void)state;
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("killed"));
    assert_int_equal(mkdir(dir, 0777), 0);
    assert_int_equal(mkdir(path_in(dir, "sub"), 0777), 0);
    write_text(path_in(dir, "report.json.part-1"), "somebody else's");
    write_text(path_in(dir, ".spinexr-0123456789abcdef.part"), "looks like ours, is not listed");
    be_killed_in(dir);
    assert_int_equal(files_in(dir), 7); /* theirs 2, sub, its file, folder, its film, journal */
    sx_claim *c = claim(dir);
    assert_int_equal(files_in(dir), 4);
    sx_claim_close(c);
    assert_true(sx_path_exists(path_in(dir, "report.json.part-1")));
    assert_true(sx_path_exists(path_in(dir, ".spinexr-0123456789abcdef.part")));
    assert_int_equal(files_in(dir), 3);
}

/* A journal that others wrote removes nothing but names of our form inside the folder. */
static void a_foreign_journal_is_harmless(void **state) {
    (void)state;
    char dir[512], outside[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("foreign"));
    snprintf(outside, sizeof outside, "%s", check_tmp_path("outside"));
    assert_int_equal(mkdir(dir, 0777), 0);
    assert_int_equal(mkdir(outside, 0777), 0);
    write_text(path_in(outside, ".spinexr-00000000000000aa.part"), "outside");
    write_text(path_in(dir, "precious"), "theirs");
    assert_int_equal(symlink(outside, path_in(dir, "link")), 0);
    write_text(path_in(dir, ".spinexr-run"),
               "spinexr run 1\nhost x\nprocess 1 1\ncommand predict\n"
               "temporary precious\ntemporary link/.spinexr-00000000000000aa.part\n"
               "temporary ../outside/.spinexr-00000000000000aa.part\ntemporary \ntemporary /\n");
    sx_claim_close(claim(dir));
    assert_true(sx_path_exists(path_in(dir, "precious")));
    assert_true(sx_path_exists(path_in(outside, ".spinexr-00000000000000aa.part")));
}

static void check_text(const char *path, const char *text) {
    sx_error err = { 0 };
    sx_file f;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_int_equal(f.size, strlen(text));
    assert_memory_equal(f.data, text, f.size);
    sx_file_close(&f);
}

/* Nothing is written into a file that is no journal, or that has another name. */
static void a_file_of_others_is_kept(void **state) {
    (void)state;
    static const char *const texts[] = {
        "my notes\n",
        "spinexr run 2\nhost x\n",
        "s p",
        "\n",
        "spinexr run 1\nwas slow; the second one was better.\n",
        "spinexr run 1\nfile a\n",
        "spinexr run 1\nhost x\nprocess of 1\n",
        "spinexr run 1\nhost x\nprocess 1 1\ncommand predict\nresults of today\n",
        "spinexr run 1\nhost x\nproc\nstarted now\n",
    };
    sx_error err = { 0 };
    char dir[512], journal[600], other[600];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("theirs"));
    snprintf(journal, sizeof journal, "%s/.spinexr-run", dir);
    snprintf(other, sizeof other, "%s", check_tmp_path("other-name"));
    assert_int_equal(mkdir(dir, 0777), 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_text(journal, texts[i]);
        CHECK_FAILS(sx_claim_open(dir, "predict", &err), err, SX_ERR_IO,
                    "/.spinexr-run: is not the journal of a run");
        check_text(journal, texts[i]);
    }
    write_text(journal, "");
    assert_int_equal(link(journal, other), 0);
    CHECK_FAILS(sx_claim_open(dir, "predict", &err), err, SX_ERR_IO,
                "/.spinexr-run: has another name too (a hard link)");
    check_text(other, "");
    assert_true(sx_path_exists(journal));
    assert_null(sx_file_append(other, &err));
    check_error(&err, SX_ERR_IO, "other-name: has another name too (a hard link)");
    assert_int_equal(unlink(journal), 0);
    /* what a run that was killed at once may leave */
    static const char *const cut[] = {
        "spinexr r",
        "spinexr run 1\n",
        "spinexr run 1\nho",
        "spinexr run 1\nhost x\nprocess 1 1\ncommand a\nstarted b\nresults\nfil\nhost x\nprocess 1",
        "spinexr run 1\nhost x\nprocess 1 1\ncommand predict\nstarted now\nresults\n\nhost x\n",
    };
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        write_text(journal, cut[i]);
        sx_claim_close(claim(dir));
    }
    (void)unlink(journal);
    write_text(path_in(dir, ".spinexr-run-map.csv"), "my notes");
    CHECK_FAILS(sx_claim_open_name(path_in(dir, "map.csv"), "deidentify", &err), err, SX_ERR_IO,
                "/.spinexr-run-map.csv: is not the journal of a run");
    sx_claim_sweep_name(path_in(dir, "map.csv"));
    check_text(path_in(dir, ".spinexr-run-map.csv"), "my notes");
}

static void links_and_pipes_are_not_followed(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("links"));
    assert_int_equal(mkdir(dir, 0777), 0);
    write_text(path_in(dir, "target"), "theirs");
    assert_int_equal(symlink("target", path_in(dir, ".spinexr-run")), 0);
    CHECK_FAILS(sx_claim_open(dir, "predict", &err), err, SX_ERR_IO, dir);
    assert_int_equal(unlink(path_in(dir, ".spinexr-run")), 0);
    assert_int_equal(mkfifo(path_in(dir, ".spinexr-run"), 0600), 0);
    CHECK_FAILS(sx_claim_open(dir, "predict", &err), err, SX_ERR_IO, "not a regular file");
}

static void names_are_reused_once_they_are_done(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512], a[SX_CLAIM_NAME], b[SX_CLAIM_NAME], again[SX_CLAIM_NAME];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("names"));
    sx_claim *c = claim(dir);
    CHECK_OK(sx_claim_temporary(c, path_in(dir, "x"), a, &err), err);
    CHECK_OK(sx_claim_temporary(c, path_in(dir, "y"), b, &err), err);
    assert_string_not_equal(a, b);
    sx_claim_done(c, a);
    CHECK_OK(sx_claim_temporary(c, path_in(dir, "z"), again, &err), err);
    assert_string_equal(a, again);
    CHECK_FAILS(sx_claim_temporary(c, "/elsewhere/x", again, &err), err, SX_ERR_USAGE, "is not in");
    sx_claim_close(c);
    sx_claim_close(NULL);
}

/* A process that is killed while it writes a file as on a file system without O_TMPFILE. */
static void be_killed_writing(const char *dir, const char *name, bool claimed) {
    const pid_t child = fork();
    if (child == 0) {
        sx_error err = { 0 };
        sx_writer_options how = { .named = true };
        if (claimed && !(how.claim = sx_claim_open(dir, "predict", &err))) _exit(1);
        sx_writer *w = sx_writer_open_with(path_in(dir, name), &how, &err);
        if (!w || !sx_writer_put(w, "half", 4, &err)) _exit(1);
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(files_in(dir), 2); /* the part, the journal */
}

static void a_named_part_of_a_killed_writer_is_removed(void **state) {
    (void)state;
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("named"));
    be_killed_writing(dir, "report.json", true);
    sx_claim_close(claim(dir));
    assert_int_equal(files_in(dir), 0);
}

/* The name's file is complete, so that the next run has no reason to claim it. */
static void what_a_killed_run_left_of_a_name_is_swept(void **state) {
    (void)state;
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("swept"));
    assert_int_equal(mkdir(dir, 0777), 0);
    write_text(path_in(dir, "set"), "whole");
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char name[SX_CLAIM_NAME];
        sx_claim *c = sx_claim_open_name(path_in(dir, "set"), "film cache", NULL);
        if (!c || !sx_claim_temporary(c, path_in(dir, "set"), name, NULL)) _exit(1);
        write_text(path_in(dir, name), "half");
        raise(SIGKILL);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(files_in(dir), 3);
    sx_claim_sweep_name(path_in(dir, "other"));
    assert_int_equal(files_in(dir), 3);
    sx_claim_sweep_name(path_in(dir, "set"));
    assert_int_equal(files_in(dir), 1);
    /* of a run that lives: nothing */
    sx_claim *c = sx_claim_open_name(path_in(dir, "set"), "film cache", NULL);
    assert_non_null(c);
    sx_claim_sweep_name(path_in(dir, "set"));
    assert_int_equal(files_in(dir), 2);
    sx_error err = { 0 };
    CHECK_FAILS(sx_claim_open_name(path_in(dir, "set"), "film cache", &err), err, SX_ERR_IO,
                "/set: another run writes there: film cache, ");
    bool taken = false;
    assert_null(sx_claim_try_name(path_in(dir, "set"), "film cache", &taken, NULL));
    assert_true(taken);
    assert_null(sx_claim_try_name(path_in(dir, "set/below"), "film cache", &taken, NULL));
    assert_false(taken); /* it failed for another reason */
    sx_claim_close(c);
}

/* Without a claim: by the next one that writes the file. */
static void a_part_of_an_unclaimed_file_is_removed(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512], names[2][256] = { "weights" };
    snprintf(dir, sizeof dir, "%s", check_tmp_path("unclaimed"));
    assert_int_equal(mkdir(dir, 0777), 0);
    memset(names[1], 'a', 250); /* as long as a file's name can be */
    for (int i = 0; i < 2; i++) {
        const char *path = path_in(dir, names[i]);
        const sx_writer_options named = { .named = true };
        be_killed_writing(dir, names[i], false);
        CHECK_OK(sx_write_file_with(path, "whole", 5, &named, &err), err);
        assert_int_equal(files_in(dir), 1);
        /* two at once: both are written, the last one stays */
        sx_writer *w = sx_writer_open_with(path, &named, &err);
        CHECK_OK(w && sx_writer_put(w, "first", 5, &err), err);
        CHECK_OK(sx_write_file_with(path, "second", 6, &named, &err), err);
        CHECK_OK(sx_writer_commit(w, &err), err);
        assert_int_equal(files_in(dir), 1);
        assert_int_equal(unlink(path), 0);
    }
}

/* A claim that cannot write its journal leaves neither it nor a new folder behind. */
static int claim_without_bytes(void) {
    const struct rlimit none = { 0, 0 };
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &none) != 0) return 1;
    if (sx_claim_open(check_tmp_path("no-bytes"), "data split", NULL)) return 2;
    return sx_claim_open_name(check_tmp_path("s"), "data split", NULL) ? 3 : 0;
}

static void failed_claims_leave_nothing(void **state) {
    (void)state;
    int status;
    const size_t before = (size_t)files_in(check_tmp());
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) _exit(claim_without_bytes());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 100, 0);
    assert_int_equal(files_in(check_tmp()), before);
    assert_int_equal(access(check_tmp_path("no-bytes"), F_OK), -1);
}

/* Neither replaced nor written to. `dir` gets two entries. */
static void check_kept(const char *dir, const sx_writer_options *how) {
    sx_error err = { 0 };
    struct stat st;
    write_text(path_in(dir, "target"), "theirs");
    assert_int_equal(symlink("target", path_in(dir, "link")), 0);
    CHECK_FAILS(sx_write_file_with(path_in(dir, "link"), "ours", 4, how, &err), err, SX_ERR_IO,
                "link: is a symbolic link and is not replaced by a file");
    assert_int_equal(lstat(path_in(dir, "link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(path_in(dir, "target"), &st), 0);
    assert_int_equal(st.st_size, 6);
    assert_int_equal(unlink(path_in(dir, "link")), 0);
    assert_int_equal(mkfifo(path_in(dir, "link"), 0600), 0);
    CHECK_FAILS(sx_write_file_with(path_in(dir, "link"), "ours", 4, how, &err), err, SX_ERR_IO,
                "link: is a named pipe and is not replaced by a file");
    assert_int_equal(lstat(path_in(dir, "link"), &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    /* it comes between opening and the end */
    const char *late = path_in(dir, "late");
    sx_writer *w = sx_writer_open_with(late, how, &err);
    CHECK_OK(w && sx_writer_put(w, "x", 1, &err), err);
    assert_int_equal(mkfifo(late, 0600), 0);
    CHECK_FAILS(sx_writer_commit(w, &err), err, SX_ERR_IO, "late: is a named pipe");
    assert_int_equal(lstat(late, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(unlink(late), 0);
}

/* Both ways of writing: a new file, one that replaces another, one that is given up, and what is
 * not a file in its place. */
static void files_are_whole_or_not_there(void **state) {
    (void)state;
    for (int named = 0; named < 2; named++) {
        sx_error err = { 0 };
        char dir[512];
        snprintf(dir, sizeof dir, "%s", check_tmp_path(named ? "write-named" : "write"));
        sx_claim *c = claim(dir);
        const sx_writer_options how = { .claim = c, .named = named };
        const char *path = path_in(dir, "a");
        CHECK_OK(sx_write_file_with(path, "one", 3, &how, &err), err);
        CHECK_OK(sx_write_file_with(path, "second", 6, &how, &err), err);
        sx_file f;
        CHECK_OK(sx_file_open(&f, path, &err), err);
        assert_int_equal(f.size, 6);
        assert_memory_equal(f.data, "second", 6);
        sx_file_close(&f);
        sx_writer *w = sx_writer_open_with(path, &how, &err);
        CHECK_OK(w && sx_writer_put(w, "x", 1, &err), err);
        sx_writer_abort(w);
        assert_int_equal(files_in(dir), 2); /* a, journal */
        check_kept(dir, &how);
        struct stat st;
        CHECK_FAILS(
            sx_write_file_with(path_in(dir, "no/such"), "x", 1, &(sx_writer_options){ 0 }, &err),
            err, SX_ERR_IO, "no/such");
        CHECK_OK(sx_write_private_file(path_in(dir, "key"), "k", 1, &err), err);
        assert_int_equal(stat(path_in(dir, "key"), &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        sx_claim_close(c);
        assert_int_equal(files_in(dir), 4);
    }
}

/* With keep_existing a file is not replaced, also if it appears while the other is written. */
static void an_existing_file_is_kept(void **state) {
    (void)state;
    for (int named = 0; named < 2; named++) {
        sx_error err = { 0 };
        char dir[512];
        snprintf(dir, sizeof dir, "%s", check_tmp_path(named ? "keep-named" : "keep"));
        CHECK_OK(sx_make_dirs(dir, &err), err);
        const sx_writer_options how = { .keep_existing = true, .named = named };
        const char *path = path_in(dir, "map");
        CHECK_OK(sx_write_file_with(path, "new", 3, &how, &err), err);
        CHECK_FAILS(sx_write_file_with(path, "other", 5, &how, &err), err, SX_ERR_IO,
                    "map: already exists and is not replaced");
        sx_file f;
        CHECK_OK(sx_file_open(&f, path, &err), err);
        assert_int_equal(f.size, 3);
        sx_file_close(&f);
        assert_int_equal(files_in(dir), 1);
    }
}

/* Else a run that is killed at its end leaves files that no journal names. */
static void the_journal_goes_last(void **state) {
    (void)state;
    sx_error err = { 0 };
    char dir[512], name[SX_CLAIM_NAME], buffer[4096], last[256] = "";
    snprintf(dir, sizeof dir, "%s", check_tmp_path("end"));
    CHECK_OK(sx_make_dirs(dir, &err), err);
    sx_claim *c = sx_claim_open_name(path_in(dir, "set"), "model publish", &err);
    CHECK_OK(c != NULL, err);
    CHECK_OK(sx_claim_temporary(c, path_in(dir, "set"), name, &err), err);
    assert_int_equal(mkdir(path_in(dir, name), 0700), 0);
    const int watch = inotify_init1(IN_NONBLOCK);
    assert_true(watch >= 0 && inotify_add_watch(watch, dir, IN_DELETE) >= 0);
    sx_claim_close(c);
    const ssize_t size = read(watch, buffer, sizeof buffer);
    int removed = 0;
    for (ssize_t at = 0; at < size; removed++) {
        struct inotify_event e;
        memcpy(&e, buffer + at, sizeof e);
        snprintf(last, sizeof last, "%s", buffer + at + sizeof e);
        at += (ssize_t)(sizeof e + e.len);
    }
    close(watch);
    assert_int_equal(removed, 2);
    assert_string_equal(last, ".spinexr-run-set");
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_run_is_refused),
        cmocka_unit_test(a_run_that_begins_is_not_named),
        cmocka_unit_test(what_a_killed_run_left_is_removed_and_nothing_else),
        cmocka_unit_test(a_foreign_journal_is_harmless),
        cmocka_unit_test(a_file_of_others_is_kept),
        cmocka_unit_test(links_and_pipes_are_not_followed),
        cmocka_unit_test(a_named_part_of_a_killed_writer_is_removed),
        cmocka_unit_test(what_a_killed_run_left_of_a_name_is_swept),
        cmocka_unit_test(a_part_of_an_unclaimed_file_is_removed),
        cmocka_unit_test(files_are_whole_or_not_there),
        cmocka_unit_test(an_existing_file_is_kept),
        cmocka_unit_test(failed_claims_leave_nothing),
        cmocka_unit_test(the_journal_goes_last),
        cmocka_unit_test(names_are_reused_once_they_are_done),
    };
    return cmocka_run_group_tests(tests, NULL, remove_all);
}
