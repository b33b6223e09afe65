/* What `data meta` prints on a terminal. A film's name may hold any bytes, which a terminal would
 * obey; a pipe gets the name as it is, within CSV. Control characters of values are left out when
 * the header is read.
 *
 * usage: test-terminal PROGRAM */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "support/check.h"
#include "support/dicom.h"
#include "support/text_files.h"

enum { WAIT_MILLISECONDS = 60000 };

static const char *program;

/* A film whose values steer a terminal, under a name that does too. */
static const char *put_film(void) {
    static const uint16_t pixels[4];
    static const dicom_shape shape = {
        .rows = 2, .columns = 2, .bits_allocated = 16, .bits_stored = 12
    };
    sx_error err = { 0 };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0060), "CS", "DX");
    dicom_text(&d, SX_TAG(0x0008, 0x0070), "LO", "maker\033[2J\a\b");
    dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", "P1\nP3");
    dicom_image(&d, &shape);
    dicom_pixels(&d, pixels, 4);
    const char *path = check_tmp_path("film\033]0;title\007\nP2,forged,row.dcm");
    CHECK_OK(sx_write_file(path, d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
    return path;
}

static void become(const char *film, int out) {
    const int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(out, 1);
    dup2(null, 2);
    execl(program, program, "data", "meta", film, (char *)NULL);
    _exit(127);
}

/* All that the command writes; the end of a terminal is an error of reading. */
static void read_all(int from, sx_str *out) {
    char bytes[4096];
    struct pollfd p = { .fd = from, .events = POLLIN };
    for (;;) {
        assert_true(poll(&p, 1, WAIT_MILLISECONDS) > 0);
        const ssize_t n = read(from, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        sx_str_append(out, bytes, (size_t)n);
    }
}

static sx_str output_of(const char *film, int read_end, int write_end) {
    int status;
    sx_str out = { 0 };
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) become(film, write_end);
    close(write_end);
    read_all(read_end, &out);
    close(read_end);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return out;
}

static void check_texts(const sx_str *shown, const char *const texts[3]) {
    for (int i = 0; i < 3; i++)
        if (!strstr(sx_str_text(shown), texts[i]))
            fail_msg("no %s: %s", texts[i], sx_str_text(shown));
}

static void a_terminal_gets_nothing_to_obey(void **state) {
    (void)state;
    int master, slave, lines = 0;
    const char *film = put_film();
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(fcntl(master, F_SETFD, FD_CLOEXEC), 0);
    sx_str shown = output_of(film, master, slave);
    for (size_t i = 0; i < shown.len; i++) {
        const unsigned char c = (unsigned char)shown.data[i];
        lines += c == '\n';
        /* the terminal itself puts a carriage return before a line feed */
        const bool end = c == '\n' || (c == '\r' && shown.data[i + 1] == '\n');
        if ((c < ' ' || c == 0x7F) && !end) fail_msg("byte %02x: %s", c, shown.data);
    }
    assert_int_equal(lines, 2); /* the head and one row */
    check_texts(&shown, (const char *[]){ "P1 P3", "maker[2J,",
                                          "film\\x1b]0;title\\x07\\x0aP2,forged,row" });
    sx_str_free(&shown);
}

static void a_pipe_gets_the_values(void **state) {
    (void)state;
    int ends[2];
    const char *film = put_film();
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    sx_str shown = output_of(film, ends[0], ends[1]);
    check_texts(&shown, (const char *[]){ "P1 P3", "maker[2J,",
                                          "\"film\033]0;title\007\nP2,forged,row\"" });
    sx_str_free(&shown);
}

static int remove_folder(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_terminal_gets_nothing_to_obey),
        cmocka_unit_test(a_pipe_gets_the_values),
    };
    if (argc != 2) return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
