/* predict_folder FOLDER OUT WEIGHTS...: predicts every film of a folder and saves a picture of each
 * in the folder OUT, which is made if necessary. Ctrl-C stops after the current film.
 *
 *     cc predict_folder.c $(pkg-config --cflags --libs spinexr) */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <spinexr/spinexr.h>

static sx_context *context;

static void on_interrupt(int number) {
    (void)number;
    /* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): spinexr/context.h allows it */
    sx_context_cancel(context);
}

/* For messages of the library, such as warnings about a film. */
static void print_message(void *user, sx_log_level level, const char *message) {
    (void)user;
    (void)level;
    fprintf(stderr, "%s\n", message);
}

typedef struct totals {
    const char *out;
    size_t failed, abnormal;
    atomic_size_t lost; /* pictures that could not be written; several threads count */
} totals;

/* From any thread, for several films at once: what they share is atomic. */
static void draw_film(void *user, const sx_film_result *film) {
    totals *t = (totals *)user;
    sx_error err = { SX_OK, "" };
    char path[4096];
    snprintf(path, sizeof path, "%s/%05lu-%s.png", t->out, (unsigned long)film->index,
             sx_prediction_image_id(film->prediction));
    sx_picture *picture = sx_prediction_overlay(film->prediction, 0.3, &err);
    if (!picture || !sx_picture_write_png(picture, path, &err)) {
        fprintf(stderr, "%s\n", err.message);
        atomic_fetch_add(&t->lost, 1);
    }
    sx_picture_free(picture);
}

/* In order, from the thread that called sx_predict_batch. */
static bool count_film(void *user, const sx_film_result *film) {
    totals *t = (totals *)user;
    if (!film->prediction) {
        fprintf(stderr, "%s\n", film->error->message);
        t->failed++;
        return true;
    }
    t->abnormal += sx_prediction_verdict(film->prediction) == SX_VERDICT_ABNORMAL;
    printf("%lu/%lu %s %.4f, %d findings\n", (unsigned long)film->index + 1,
           (unsigned long)film->count, film->path, sx_prediction_probability(film->prediction),
           sx_prediction_finding_count(film->prediction));
    return true;
}

int main(int argc, char **argv) {
    sx_error err = { SX_OK, "" };
    sx_context_options settings = SX_CONTEXT_DEFAULTS;
    sx_predict_options film = SX_PREDICT_DEFAULTS;
    sx_batch_options batch = SX_BATCH_DEFAULTS;
    totals t = { NULL, 0, 0, 0 };
    if (argc < 4) {
        fprintf(stderr, "usage: %s FOLDER OUT WEIGHTS...\n", argv[0]);
        return 2;
    }
    if (mkdir(argv[2], 0777) != 0 && errno != EEXIST) {
        perror(argv[2]);
        return 1;
    }
    settings.log = print_message;
    context = sx_context_new(&settings, &err);
    sx_predictor *p = context ? sx_predictor_open(context, (const char *const *)argv + 3,
                                                  (size_t)argc - 3, NULL, &err)
                              : NULL;
    t.out = argv[2];
    film.keep_picture = true;
    batch.film = &film;
    batch.film_done = count_film;
    batch.draw = draw_film;
    batch.user = &t;
    if (p) signal(SIGINT, on_interrupt);
    const bool ok = p && sx_predict_batch(p, (const char *const *)argv + 1, 1, &batch, &err);
    signal(SIGINT, SIG_DFL);
    if (!ok) fprintf(stderr, "%s\n", err.message);
    const size_t lost = atomic_load(&t.lost);
    printf("%lu abnormal, %lu failed, %lu without a picture\n", (unsigned long)t.abnormal,
           (unsigned long)t.failed, (unsigned long)lost);
    sx_predictor_free(p);
    sx_context_free(context);
    return ok && t.failed == 0 && lost == 0 ? 0 : 1;
}
