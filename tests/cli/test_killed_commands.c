/* kill -9 at random moments, for the commands that write models, predictions and evaluations
 * (tests/data/test_killed.c has those of data sets). Whatever the moment: what has its name is
 * whole, the same command then succeeds, the results are those of an undisturbed run, nothing of
 * anybody else is touched and nothing is left over.
 *
 * test-killed-commands PROGRAM [KILLS [NAME]]: KILLS for each command, or for one. SEED in the
 * environment repeats a run. */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"
#include "support/kill_program.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/rng.h"
#include "base/writer.h"

static char *program;
static int kills = 50;
static uint64_t seed;

/* The command runs in a folder whose subfolder `out` it writes into. */
typedef struct command {
    const char *name;
    const char *args[28];
    const char *resume[8]; /* instead of args once `out` holds a run; empty: args again */
    bool in_steps;         /* a file is replaced several times: it may be older than the last */
    bool edits;            /* it changes a weight file in `out` */
    bool once;             /* a result that is whole is an error of the next run */
} command;

/* Returns to `want` after this many kills at the latest. */
enum { KILLS_IN_A_ROW = 5 };

static const command commands[] = {
    { "predict",
      { "predict", "../set", "--weights", "../c.safetensors", "--explain", "--out", "out",
        "--threads", "1", NULL } },
    { "explain",
      { "explain", "../set", "--weights", "../c.safetensors", "--numbers", "--out", "out",
        "--threads", "1", NULL } },
    { "train",
      { "train", "classifier", "--config", "../t.yaml", "--data", "../set", "--val", "../set",
        "--validate", "2", "--checkpoint", "1", "--out", "out", "--threads", "1", NULL },
      .resume = { "train", "--out", "out", "--resume", "--threads", "1", NULL },
      .in_steps = true },
    { "import", { "model", "import", "../c.safetensors", "--out", "out/w.safetensors", NULL } },
    { "synthetic",
      { "model", "synthetic", "densenet121", "--network",
        "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]}", "--out", "out/w.safetensors",
        NULL } },
    { "export",
      { "model", "export", "../c.safetensors", "--size", "64x64", "--out", "out/w.onnx", NULL } },
    { "calibrate",
      { "model", "calibrate", "--weights", "out/c.safetensors", "--data", "../set", "--threads",
        "1", "--out", "out", "--overwrite", NULL },
      .edits = true },
    { "publish",
      { "model", "publish", "--weights", "../c.safetensors", "--data", "../set", "--about",
        "../about.yaml", "--resamples", "10", "--threads", "1", "--out", "out/release", NULL },
      .once = true },
    { "eval",
      { "eval", "classify", "../set", "../p/scores.csv", "--threshold", "0.5", "--resamples", "50",
        "--csv", "out/t.csv", "--html", "out/t.html", NULL } },
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void write_text(const char *path, const char *text) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
}

static void must_run(const char *const *args, const char *dir) {
    const int status = kill_program_run(program, args, dir, INFINITY);
    if (status != 0) fail_msg("%s %s: exit status %d", args[0], args[1], status);
}

/* ---- the folder ---- */

/* Files of others, whose names look like ours. */
static const char *const others[] = { "notes.txt", "report.json.part-1",
                                      ".spinexr-00000000000000aa.part" };
enum { OTHERS = 3 };

static void copy_file(const char *from, const char *to) {
    sx_error err = { 0 };
    sx_file f;
    CHECK_OK(sx_file_open(&f, from, &err) && sx_write_file(to, f.data, f.size, &err), err);
    sx_file_close(&f);
}

/* DIR/out with the files of others alone. */
static void start_anew(const command *c, const char *dir) {
    sx_error err = { 0 };
    char path[1200];
    snprintf(path, sizeof path, "%s/out", dir);
    CHECK_OK(sx_remove_folder(path, &err) && sx_make_dirs(path, &err), err);
    for (int i = 0; i < OTHERS; i++) {
        snprintf(path, sizeof path, "%s/out/%s", dir, others[i]);
        write_text(path, others[i]);
    }
    snprintf(path, sizeof path, "%s/out/c.safetensors", dir);
    if (c->edits) copy_file(check_tmp_path("c.safetensors"), path);
}

static bool has_line(const char *digest, const char *line, size_t length) {
    for (const char *at = digest; (at = memmem(at, strlen(at), line, length)) != NULL; at++)
        if (at == digest || at[-1] == '\n') return true;
    return false;
}

/* After a kill: what was there before still is, and no visible file is another than in the end. */
static void check_killed(const command *c, const char *dir, const char *want) {
    char *now = kill_program_digest(dir);
    for (int i = 0; i < OTHERS; i++) {
        char line[300];
        snprintf(line, sizeof line, "out/%s %s\n", others[i],
                 check_sha256(others[i], strlen(others[i])));
        if (!has_line(now, line, strlen(line))) fail_msg("%s: %s is gone", c->name, others[i]);
    }
    const char *line = now;
    for (const char *end; !c->in_steps && !c->edits && (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        const size_t length = (size_t)(end + 1 - line);
        const bool hidden = memmem(line, length, "/.spinexr-", 10) != NULL;
        if (!hidden && !has_line(want, line, length))
            fail_msg("%s: after a kill there is %.*s", c->name, (int)length, line);
    }
    free(now);
}

static bool is_whole(const char *dir, const char *want) {
    char *now = kill_program_digest(dir);
    const bool same = strcmp(now, want) == 0;
    free(now);
    return same;
}

static void must_be_whole(const command *c, const char *dir, const char *want) {
    char *now = kill_program_digest(dir);
    size_t at = 0, line = 0;
    for (; now[at] && now[at] == want[at]; at++)
        if (now[at] == '\n') line = at + 1;
    if (now[at] != want[at])
        fail_msg("%s: an undisturbed run gives %.*s, after kills there is %.*s", c->name,
                 (int)strcspn(want + line, "\n"), want + line, (int)strcspn(now + line, "\n"),
                 now + line);
    free(now);
}

/* ---- the kills ---- */

static const char *const *args_for(const command *c, const char *dir) {
    char path[1200];
    snprintf(path, sizeof path, "%s/out/config.yaml", dir);
    return c->resume[0] && sx_path_exists(path) ? c->resume : c->args;
}

/* Kills it up to KILLS_IN_A_ROW times, then lets it finish. Counts kills. */
static void kill_and_finish(const command *c, const char *dir, const char *want, double *seconds,
                            int *killed, uint64_t *draws) {
    start_anew(c, dir);
    for (int i = 0; i < KILLS_IN_A_ROW; i++) {
        const double at = *seconds * sx_rng_unit(seed, (*draws)++);
        const int status = kill_program_run(program, args_for(c, dir), dir, at);
        if (status == 0) *seconds *= 0.9; /* it is quicker than it was */
        if (status < 0) (*killed)++;
        if (status == 0 || (status > 0 && is_whole(dir, want))) break;
        if (status > 0) fail_msg("%s: exit status %d after a kill", c->name, status);
        check_killed(c, dir, want);
    }
    /* killed after its last act: finished */
    if (!is_whole(dir, want)) {
        const int status = kill_program_run(program, args_for(c, dir), dir, INFINITY);
        if (status != 0 && !(c->once && status == 1))
            fail_msg("%s: exit status %d", c->name, status);
    }
    must_be_whole(c, dir, want);
}

/* All runs are in one folder, because config.yaml has paths from the root. */
static void torture(const command *c) {
    sx_error err = { 0 };
    char dir[512];
    snprintf(dir, sizeof dir, "%s", check_tmp_path("run"));
    double seconds = INFINITY;
    for (int i = 0; i < 2; i++) { /* the first run reads the program and the films */
        start_anew(c, dir);
        const double start = sx_now();
        must_run(c->args, dir);
        seconds = fmin(seconds, sx_now() - start);
    }
    char *want = kill_program_digest(dir);
    int killed = 0;
    uint64_t draws = 0;
    for (int tries = 0; killed < kills && tries < 20 * kills; tries++)
        kill_and_finish(c, dir, want, &seconds, &killed, &draws);
    printf("%s: %d kills\n", c->name, killed);
    assert_true(killed >= kills);
    free(want);
    CHECK_OK(sx_remove_folder(dir, &err), err);
}

static void killed_at_any_moment(void **state) {
    torture(*state);
}

/* ---- preparation ---- */

static int prepare(void **state) {
    (void)state;
    static const char *const set[] = { "data",   "phantom", "--out", "set",   "--count",
                                       "8",      "--size",  "64",    "--mix", "even",
                                       "--test", "0",       "-q",    NULL };
    static const char *const weights[] = { "model",
                                           "synthetic",
                                           "densenet121",
                                           "--network",
                                           "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]}",
                                           "--out",
                                           "c.safetensors",
                                           NULL };
    static const char *const predict[] = { "predict",      "set",   "--weights", "c.safetensors",
                                           "--no-overlay", "--out", "p",         NULL };
    must_run(set, check_tmp());
    must_run(weights, check_tmp());
    must_run(predict, check_tmp());
    write_text(check_tmp_path("about.yaml"),
               "{title: T, description: D, creators: A, licence: CC0-1.0, version: 1, date: "
               "2026-11-29, intended_use: I, limits: L, training_data: D, training_command: C}\n");
    write_text(check_tmp_path("t.yaml"),
               "SPINEXR: {PRESET: densenet_small, NETWORK: {growth: 4, stem: 8, blocks: [1, 1, 1, "
               "1]}}\nSOLVER: {MAX_ITER: 4, IMS_PER_BATCH: 2}\n");
    return 0;
}

static int remove_tmp(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    program = realpath(argv[1], NULL);
    if (!program) return 2;
    if (argc > 2) kills = (int)strtol(argv[2], NULL, 10);
    const char *given = getenv("SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)getpid();
    printf("SEED=%llu\n", (unsigned long long)seed);
    check_tmp();
    struct CMUnitTest tests[COMMANDS];
    size_t count = 0;
    for (int i = 0; i < COMMANDS; i++)
        if (argc < 4 || strcmp(argv[3], commands[i].name) == 0)
            tests[count++] =
                (struct CMUnitTest){ .name = commands[i].name,
                                     .test_func = killed_at_any_moment,
                                     .initial_state = (void *)(uintptr_t)&commands[i] };
    if (count == 0) return 2;
    return _cmocka_run_group_tests("killed commands", tests, count, prepare, remove_tmp);
}
