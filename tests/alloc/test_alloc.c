/* Every allocation of the main commands fails, one after the other: each run must either report it
 * or do all of its work.
 *
 *     test-alloc NAME               a call per place of the program that allocates
 *     ALLOC_STEP=N test-alloc NAME  of these every N-th; the first is drawn and printed
 *     ALLOC_MOST=N test-alloc NAME  a larger step, if there are more than N calls otherwise
 *     ALLOC_ALL=1 test-alloc NAME   every call; with ALLOC_STEP=N every N-th, ALLOC_MOST is ignored
 *     ALLOC_FROM=N ALLOC_ALL=1 ..   from the N-th call on, to continue a long run
 *     ALLOC_AT=N test-alloc NAME    the N-th call alone, and what led to it
 *
 * Leaks are AddressSanitizer's to report, at the end. Without it, each run must leave no more
 * blocks than a good one does. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc/alloc_fail.h"
#include "support/check.h"

#include "base/files.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/writer.h"
#include "cli/command.h"
#include "dicom/dicom_film.h"
#include "dicom/finding_codes.h"
#include "dicom/results.h"
#include "image/noise.h"
#include "image/png.h"
#include "tensor/weights.h"

enum { MAX_CALLS = 1 << 20, MAX_WORDS = 32 };

/* ---- one run ---- */

static int log_fd, null_fd, old_out, old_err;
static char printed[65536]; /* what the last run wrote to standard error */

static void redirect(void) {
    fflush(stdout), fflush(stderr);
    if (ftruncate(log_fd, 0) != 0) abort();
    lseek(log_fd, 0, SEEK_SET);
    dup2(null_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
}

static void restore(void) {
    fflush(stdout), fflush(stderr);
    dup2(old_out, STDOUT_FILENO);
    dup2(old_err, STDERR_FILENO);
    const ssize_t n = pread(log_fd, printed, sizeof printed - 1, 0);
    printed[n > 0 ? n : 0] = '\0';
}

/* Words are parted by blanks. An exit status. */
static int command(const char *line) {
    char text[2048], *argv[MAX_WORDS], *save = NULL;
    int argc = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *w = strtok_r(text, " ", &save); w && argc < MAX_WORDS - 1;
         w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    argv[argc] = NULL;
    return sx_cli_run(sx_commands, sx_command_groups, argc, argv);
}

static void must(const char *line) {
    redirect();
    const int status = command(line);
    restore();
    if (status) fail_msg("%s: status %d: %s", line, status, printed);
}

/* ---- what is run ---- */

#define SMALL_DETECTOR                                                                             \
    "{\"backbone_stem\":8,\"backbone_blocks\":[1,1,1,1],\"proposals\":20,\"heads\":2,"             \
    "\"hidden\":32,\"dynamic\":8,\"feedforward\":64}"
#define SMALL_CLASSIFIER "{\"growth\":4,\"stem\":8,\"blocks\":[1,1,1,1]}"

/* A run writes only below the folder "out". */
typedef struct scenario {
    const char *name;
    const char *setup[6];  /* commands */
    void (*prepare)(void); /* NULL: nothing more */
    const char *line;      /* the command; NULL: `call` */
    int (*call)(void);     /* returns an exit status */
} scenario;

static int open_checkpoints(void);
static int make_results(void);

static void write_text(const char *path, const char *text) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
}

static void draw_films(void) {
    static const int sides[][2] = { { 120, 160 }, { 90, 100 } };
    static const char *const names[] = { "films/a.png", "films/b.png" };
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs("films", &err), err);
    for (int i = 0; i < 2; i++) {
        sx_image im;
        CHECK_OK(sx_noise_image(names[i], sides[i][0], sides[i][1], false, &im, &err), err);
        CHECK_OK(sx_png_write(&im, SX_PNG_SMALL, names[i], &err), err);
        sx_image_free(&im);
    }
}

static void write_tables(void) {
    write_text("truth.csv", "image_id,study_id,abnormal\na,s1,1\nb,s1,0\nc,s2,1\nd,s3,0\n");
    write_text("pred.csv", "image_id,score\na,0.9\nb,0.2\nc,0.6\nd,0.7\n");
}

static void write_map(void) {
    write_text("map.csv", "lesion_type,to,set\nOsteophytes,Spurs,set\n");
}

static void write_about(void) {
    write_text("about.yaml", "{title: T, description: D, creators: [A, B], licence: CC0-1.0, "
                             "version: 1, date: 2026-11-29}\n");
}

static void write_model_about(void) {
    write_text("about.yaml", "{title: T, description: D, creators: A, licence: CC0-1.0, version: "
                             "1, date: 2026-11-29, intended_use: I, limits: L, training_data: D, "
                             "training_command: C}\n");
}

static void write_config(void) {
    write_text("c.yaml", "SPINEXR: {PRESET: densenet_small, NETWORK: {growth: 4, stem: 8, "
                         "blocks: [1, 1, 1, 1]}}\nSPINE: {TRAIN_ANNOTATION: "
                         "set/annotations/train.csv}\nSOLVER:\n  BASE_LR: 0.01\n  "
                         "MAX_ITER: 2\n  IMS_PER_BATCH: 2\n");
}

static const char phantoms[] =
    "spinexr data phantom --out set --count 2 --size 96 --seed 4 --mix even --test 0.5 -q";
static const char classifier[] =
    "spinexr model synthetic densenet121 --network " SMALL_CLASSIFIER " --out c.safetensors -q";
static const char detector[] =
    "spinexr model synthetic sparse_rcnn_r50 --network " SMALL_DETECTOR " --out d.safetensors -q";

static const scenario scenarios[] = {
    { "predict",
      { phantoms, classifier, detector },
      NULL,
      "spinexr predict set/train_images --weights c.safetensors --weights d.safetensors "
      "--threshold 0.1 --out out/p --precision f32 --no-overlay --threads 1 -q" },
    { "overlay",
      { detector },
      draw_films,
      "spinexr predict films/b.png --weights d.safetensors --out out/p --precision f32 "
      "--threads 1 -q" },
    { "explain",
      { classifier },
      draw_films,
      "spinexr explain films --weights c.safetensors --out out/e --numbers --precision f32 "
      "--threads 1 -q" },
    { "import",
      { detector },
      NULL,
      "spinexr model import d.safetensors --out out/i.safetensors --note x" },
    { "checkpoints", { NULL }, NULL, NULL, open_checkpoints },
    { "results", { phantoms }, NULL, NULL, make_results },
    { "convert-coco",
      { phantoms },
      NULL,
      "spinexr data convert set --to coco --out out/c --threads 1 -q" },
    { "convert-voc",
      { phantoms },
      NULL,
      "spinexr data convert set --to voc --out out/c --threads 1 -q" },
    { "convert-yolo",
      { phantoms },
      NULL,
      "spinexr data convert set --to yolo --out out/c --threads 1 -q" },
    { "merge",
      { "spinexr data phantom --out set --count 4 --size 96 --seed 5 --mix even --test 0 -q",
        "spinexr data convert set --to yolo --link --out yolo -q" },
      write_map,
      "spinexr data merge set yolo --class-map map.csv --duplicates keep --out out/m --threads 1 "
      "-q" },
    { "deidentify",
      { phantoms },
      NULL,
      "spinexr data deidentify set/train_images --key set/train_meta.csv --map out/map.csv "
      "--out out/d --threads 1 -q" },
    { "deidentify-again",
      { phantoms,
        "spinexr data deidentify set/train_images --key set/train_meta.csv --out there -q" },
      NULL,
      "spinexr data deidentify set/train_images --key set/train_meta.csv --map out/map.csv "
      "--out there --threads 1 -q" },
    { "publish",
      { phantoms, "spinexr data deidentify set --key set/train_meta.csv --out clean -q" },
      write_about,
      "spinexr data publish clean --about about.yaml --out out/p --threads 1 -q" },
    { "publish-model",
      { "spinexr data phantom --out set --count 4 --size 96 --seed 5 --mix even --test 0 -q",
        classifier, detector },
      write_model_about,
      "spinexr model publish --weights c.safetensors --weights d.safetensors --data set --about "
      "about.yaml --resamples 5 --out out/m --threads 1 -q" },
    { "train",
      { "spinexr data phantom --out set --count 4 --size 96 --seed 5 --mix even --test 0 -q" },
      write_config,
      "spinexr train classifier --config c.yaml --data set --out out/t --precision f32 "
      "--threads 1 -q" },
    { "classify",
      { NULL },
      write_tables,
      "spinexr eval classify truth.csv pred.csv --resamples 20 --threshold 0.5 --csv out/t.csv "
      "--html out/p.html --threads 1" },
};
enum { SCENARIOS = sizeof scenarios / sizeof scenarios[0] };

/* Checkpoints in all the forms that PyTorch writes. */
static int open_checkpoints(void) {
    static const char *const folders[] = { "../fuzz/corpus/pth", "../fuzz/corpus/pkl" };
    sx_error err = { 0 };
    sx_paths files = { 0 };
    bool ok = true;
    for (int i = 0; ok && i < 2; i++)
        ok = sx_paths_walk(&files, check_golden(folders[i]), &err);
    for (size_t i = 0; ok && i < files.count; i++) {
        sx_weights *w = sx_weights_open(files.items[i], &err);
        ok = w != NULL;
        sx_weights_free(w);
    }
    sx_paths_free(&files);
    if (!ok) fprintf(stderr, "spinexr: %s\n", err.message);
    return !ok;
}

static bool make_objects(const sx_file *file, const sx_film *film, sx_error *err) {
    static const uint8_t rgb[12];
    const sx_result_box box = { "a", { "A", SX_FINDING_SCHEME, "a" }, 1, 2, 3, 4, 0.5, false };
    const sx_result_film f = { .file = file->data,
                               .size = file->size,
                               .digest = "0",
                               .info = &film->info,
                               .probability = 0.5,
                               .boxes = &box,
                               .box_count = 1 };
    const sx_result_study s = { .films = &f,
                                .film_count = 1,
                                .version = "1",
                                .weights = "0",
                                .configuration = "0",
                                .device_uid = "1.2",
                                .serial = "1",
                                .completed = 1795867200,
                                .revision = 1 };
    bool ok = true;
    for (int kind = 0; ok && kind < SX_RESULT_KINDS; kind++) {
        uint8_t *bytes = NULL;
        size_t n = 0;
        ok = kind == SX_RESULT_GSPS ? sx_result_gsps(&s, 0, &bytes, &n, err)
             : kind == SX_RESULT_CAPTURE
                 ? sx_result_capture(&s, 0, rgb, 2, 2, &bytes, &n, err)
                 : sx_result_report(&s, (sx_result_kind)kind, &bytes, &n, err);
        if (ok) free(bytes);
    }
    return ok;
}

/* The result objects of a film. */
static int make_results(void) {
    sx_error err = { 0 };
    sx_paths files = { 0 };
    sx_file file = { 0 };
    sx_film *film = NULL;
    bool ok = sx_paths_walk(&files, "set/train_images", &err) &&
              sx_file_open(&file, files.items[0], &err);
    if (ok)
        film = sx_film_from_memory(file.data, file.size, "film",
                                   &(sx_film_options){ .header_only = true }, &err);
    ok = ok && film && make_objects(&file, film, &err);
    sx_film_free(film);
    sx_file_close(&file);
    sx_paths_free(&files);
    if (!ok) fprintf(stderr, "spinexr: %s\n", err.message);
    return !ok;
}

static int run_scenario(const scenario *s) {
    return s->line ? command(s->line) : s->call();
}

/* ---- what a run left ---- */

enum { MAX_FILES = 64 };

/* The clocks stand still (fixed_clock.c), so that every file is the same in each good run. */
typedef struct outcome {
    sx_paths files;
    uint64_t hash[MAX_FILES];
} outcome;

static void clear_results(void) {
    sx_error err = { 0 };
    CHECK_OK(sx_remove_folder("out", &err) && sx_make_dirs("out", &err), err);
}

static void look(outcome *o) {
    sx_error err = { 0 };
    *o = (outcome){ 0 };
    CHECK_OK(sx_paths_walk(&o->files, "out", &err), err);
    assert_true(o->files.count <= MAX_FILES);
    for (size_t i = 0; i < o->files.count; i++) {
        sx_file f;
        CHECK_OK(sx_file_open(&f, o->files.items[i], &err), err);
        o->hash[i] = sx_fnv1a(f.data, f.size);
        sx_file_close(&f);
    }
}

/* NULL, or what differs. */
static const char *difference(const outcome *a, const outcome *b) {
    if (a->files.count != b->files.count) return "another number of files";
    for (size_t i = 0; i < a->files.count; i++) {
        if (strcmp(a->files.items[i], b->files.items[i]) != 0) return a->files.items[i];
        if (a->hash[i] != b->hash[i]) return a->files.items[i];
    }
    return NULL;
}

/* ---- the walk ---- */

static outcome want;
static size_t bad;
static size_t usual; /* blocks that a good run leaves, as the libraries' caches do */

static volatile size_t current;

static void on_crash(int signal_number) {
    char text[80];
    const int n = snprintf(text, sizeof text, "call %zu: signal %d\n", current, signal_number);
    if (write(old_err, text, (size_t)n) < 0) _exit(1);
    _exit(1);
}

static int run_once(const scenario *s, size_t n) {
    clear_results();
    current = n;
    alarm(60); /* a run that waits for ever */
    redirect();
    alloc_fail_arm(n, false);
    const int status = run_scenario(s);
    alloc_fail_disarm();
    restore();
    return status;
}

static void complain(size_t n, const char *what) {
    char *end = printed + strlen(printed);
    while (end > printed && end[-1] == '\n')
        *--end = '\0';
    fprintf(stderr, "call %zu: %s; printed \"%s\"\n", n, what, printed);
    bad++;
}

static void check_left(size_t n) {
    size_t first;
    char text[80];
    const size_t left = alloc_fail_left(&first);
    if (left <= usual) return;
    snprintf(text, sizeof text, "%zu blocks are left, the first of call %zu", left - usual, first);
    complain(n, text);
}

static void check_run(const scenario *s, size_t n) {
    const int status = run_once(s, n);
    check_left(n);
    if (!alloc_fail_happened()) {
        if (status) complain(n, "failed by itself");
    } else if (status == 0) {
        outcome got;
        look(&got);
        const char *other = difference(&want, &got);
        char text[600];
        snprintf(text, sizeof text, "status 0, but %s differs", other ? other : "");
        if (other) complain(n, text);
        sx_paths_free(&got.files);
    } else if (status == SX_EXIT_INTERNAL) {
        complain(n, "an internal error");
    } else if (!strstr(printed, "spinexr") || !strstr(printed, "memory")) {
        complain(n, "no word of memory");
    }
}

/* The first call of each place, by the addresses that led to it; with ALLOC_ALL every call. */
static bool is_new(const uint64_t *places, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (places[k] == places[i]) return false;
    return true;
}

/* Which of the calls are to fail. */
typedef struct choice {
    size_t at; /* only this one; 0: those below */
    bool all;
    size_t from;        /* of all calls: the first */
    size_t step, first; /* of the places, or of all calls */
} choice;

static size_t setting(const char *name) {
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

static choice choose(const uint64_t *places, size_t calls) {
    const size_t most = setting("ALLOC_MOST");
    choice c = { .at = setting("ALLOC_AT"),
                 .all = getenv("ALLOC_ALL") != NULL,
                 .from = setting("ALLOC_FROM"),
                 .step = setting("ALLOC_STEP") };
    size_t count = 0;
    for (size_t i = 0; most && !c.all && i < calls; i++)
        count += is_new(places, i);
    if (count > most * c.step) c.step = (count + most - 1) / most;
    if (c.step == 0) c.step = 1;
    uint16_t drawn;
    if (getentropy(&drawn, sizeof drawn) == 0) c.first = drawn % c.step;
    return c;
}

static bool is_chosen(const choice *c, const uint64_t *places, size_t i, size_t *place) {
    if (c->at) return i + 1 == c->at;
    if (c->all) return i + 1 >= c->from && i % c->step == c->first;
    return is_new(places, i) && (*place)++ % c->step == c->first;
}

static void walk(const scenario *s) {
    static uint64_t places[MAX_CALLS];
    outcome again;
    /* what is made once per process is made by these */
    for (int i = 0; i < 3; i++) {
        if (i == 2) alloc_fail_record(places, MAX_CALLS);
        if (run_once(s, 0)) fail_msg("%s: %s", s->name, printed);
        look(i == 0 ? &want : &again);
        size_t first;
        usual = alloc_fail_left(&first);
        const char *other = i ? difference(&want, &again) : NULL;
        if (other) fail_msg("%s: two runs differ: %s", s->name, other);
        if (i) sx_paths_free(&again.files);
    }
    alloc_fail_record(NULL, 0);
    const size_t made = alloc_fail_disarm(), calls = made < MAX_CALLS ? made : MAX_CALLS;
    const choice c = choose(places, calls);
    size_t tried = 0, place = 0;
    if (c.at) alloc_fail_trace(old_err);
    for (size_t i = 0; i < calls; i++) {
        if (!is_chosen(&c, places, i, &place)) continue;
        check_run(s, i + 1);
        tried++;
        if (c.all && tried % 500 == 0)
            fprintf(stderr, "%s: call %zu of %zu, %zu faults\n", s->name, i + 1, calls, bad);
    }
    fprintf(stderr, "%s: %zu calls, %zu refused (step %zu, first %zu), %zu faults\n", s->name,
            calls, tried, c.step, c.first, bad);
    sx_paths_free(&want.files);
}

/* Of the sanitizers, where they are: their reports must not end in what a run printed. */
extern void __sanitizer_set_report_fd(void *fd) __attribute__((weak));

int main(int argc, char **argv) {
    const scenario *s = NULL;
    for (int i = 0; i < SCENARIOS && argc == 2; i++)
        if (strcmp(scenarios[i].name, argv[1]) == 0) s = &scenarios[i];
    if (!s) {
        fprintf(stderr, "usage: test-alloc NAME\n");
        return 2;
    }
    const char *folder = check_tmp();
    old_out = dup(STDOUT_FILENO);
    old_err = dup(STDERR_FILENO);
    if (__sanitizer_set_report_fd) __sanitizer_set_report_fd((void *)(intptr_t)old_err);
    null_fd = open("/dev/null", O_WRONLY);
    log_fd = open(check_tmp_path("log"), O_RDWR | O_CREAT, 0600);
    if (log_fd < 0 || null_fd < 0 || chdir(folder) != 0) return 2;
    for (int i = 0; i < 6 && s->setup[i]; i++)
        must(s->setup[i]);
    if (s->prepare) s->prepare();
    tzset(); /* the C library keeps the time zone, which some runs read only after a failure */
    signal(SIGABRT, on_crash);
    if (!__sanitizer_set_report_fd) signal(SIGSEGV, on_crash);
    signal(SIGALRM, on_crash);
    walk(s);
    if (chdir("/") != 0) return 2;
    check_tmp_remove();
    return bad > 0;
}
