#define _GNU_SOURCE
#include "pipeline/batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/c_locale.h"
#include "base/clock.h"
#include "base/context_impl.h"
#include "base/mem.h"
#include "pipeline/lanes.h"
#include "pipeline/predictor_impl.h"

/* The current or last finished step of a film in flight. */
typedef enum film_stage { READING, READ, IN_NETWORKS, TO_DRAW, DRAWING, FINISHED } film_stage;

typedef struct slot {
    film_stage stage;
    sx_batch_film film;
    sx_film_views views; /* valid from READ on, if `readable` */
    bool readable;
    size_t bytes; /* counted in engine.bytes */
} slot;

/* Films [done, begun) are in flight; film i is in slots[i % slot_count]. Films are begun, given to
 * the networks and delivered in order: done <= run <= begun. */
typedef struct engine {
    const sx_batch *batch;
    const sx_context *context; /* the predictor's */
    const sx_context *loops;   /* of one thread, or the predictor's if the caller is alone */
    int lane_threads;          /* of each lane; 0: the predictor's own networks are the only lane */
    pthread_mutex_t lock;      /* for all below */
    pthread_cond_t changed;
    slot *slots;
    size_t slot_count;
    size_t begun, run, done, end;
    size_t bytes;      /* of all films in flight */
    size_t next_bytes; /* of film `begun`, once known */
    enum { UNKNOWN, MEASURING, KNOWN } next;
    bool closed; /* tells the helpers to end */
} engine;

static slot *slot_of(const engine *e, size_t film) {
    return &e->slots[film % e->slot_count];
}

/* ---- the work on one film, without the lock ---- */

static void read_film(const engine *e, slot *s) {
    s->readable = sx_film_views_read(e->batch->predictor, e->loops, s->film.source,
                                     &e->batch->options, &s->views, &s->film.error);
}

static void run_film(const engine *e, sx_lane *lane, slot *s) {
    sx_batch_film *f = &s->film;
    f->prediction = sx_lane_predict(lane, &s->views, &e->batch->options, &f->error);
    if (!f->prediction && f->source->path) sx_fail_in(&f->error, "%s", f->source->path);
    sx_film_views_free(&s->views);
    s->readable = false;
}

static void draw_film(const engine *e, slot *s) {
    const double start = sx_now();
    s->film.drawn = e->batch->draw(e->batch->user, e->loops, &s->film, &s->film.draw_error);
    s->film.draw_seconds = sx_now() - start;
}

/* ---- work that any thread may do, with the lock ---- */

static slot *film_to_draw(const engine *e) {
    for (size_t i = e->done; i < e->run; i++)
        if (slot_of(e, i)->stage == TO_DRAW) return slot_of(e, i);
    return NULL;
}

/* One thread estimates the size of the next film, without the lock. */
static void measure_next(engine *e) {
    const sx_film_source *source = &e->batch->sources[e->begun];
    e->next = MEASURING;
    pthread_mutex_unlock(&e->lock);
    const size_t bytes = sx_film_source_bytes(source);
    pthread_mutex_lock(&e->lock);
    e->next_bytes = bytes;
    e->next = KNOWN;
}

static bool may_begin(const engine *e) {
    if (e->begun >= e->end || e->begun - e->done >= e->slot_count || e->next == MEASURING)
        return false;
    return e->next == UNKNOWN || e->begun == e->done ||
           (e->bytes <= SX_BATCH_BYTES && e->next_bytes <= SX_BATCH_BYTES - e->bytes);
}

static void begin_film(engine *e) {
    slot *s = slot_of(e, e->begun);
    *s = (slot){ .stage = READING,
                 .film = { .index = e->begun, .source = &e->batch->sources[e->begun] },
                 .bytes = e->next_bytes };
    e->bytes += s->bytes;
    e->begun++;
    e->next = UNKNOWN;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
    read_film(e, s);
    pthread_mutex_lock(&e->lock);
    s->stage = READ;
}

/* Does one piece of work. Returns false if there is none at the moment. Drawing comes first because
 * it frees memory. */
static bool do_next(engine *e) {
    slot *s = film_to_draw(e);
    if (s) {
        s->stage = DRAWING;
        pthread_mutex_unlock(&e->lock);
        draw_film(e, s);
        pthread_mutex_lock(&e->lock);
        s->stage = FINISHED;
    } else if (!may_begin(e)) {
        return false;
    } else if (e->next == UNKNOWN) {
        measure_next(e);
    } else {
        begin_film(e);
    }
    pthread_cond_broadcast(&e->changed);
    return true;
}

/* The networks' threads wait for one another at the end of every loop. A helper that takes the core
 * of one of them would delay all, so helpers run at a lower priority. On Linux each thread has its
 * own priority. */
static void lower_priority(void) {
    enum { NICENESS = 10 };
    const int own = getpriority(PRIO_PROCESS, (id_t)gettid());
    setpriority(PRIO_PROCESS, (id_t)gettid(), own + NICENESS);
}

static void *helper(void *arg) {
    SX_IN_C_LOCALE;
    engine *e = arg;
    lower_priority();
    pthread_mutex_lock(&e->lock);
    while (!e->closed)
        if (!do_next(e)) pthread_cond_wait(&e->changed, &e->lock);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- work of threads that have a lane, with the lock ---- */

static bool next_is(const engine *e, size_t film, size_t limit, film_stage stage) {
    return film < limit && slot_of(e, film)->stage == stage;
}

/* Puts the next film through the networks. Returns false if none is ready. */
static bool run_next(engine *e, sx_lane *lane) {
    if (!next_is(e, e->run, e->begun < e->end ? e->begun : e->end, READ)) return false;
    slot *s = slot_of(e, e->run++);
    s->stage = IN_NETWORKS;
    pthread_cond_broadcast(&e->changed); /* the film after it may be ready */
    if (s->readable) {
        pthread_mutex_unlock(&e->lock);
        run_film(e, lane, s);
        pthread_mutex_lock(&e->lock);
    }
    s->stage = s->film.prediction && e->batch->draw ? TO_DRAW : FINISHED;
    pthread_cond_broadcast(&e->changed);
    return true;
}

static void *run_lane(void *arg) {
    SX_IN_C_LOCALE;
    engine *e = arg;
    sx_lane lane;
    sx_lane_open(&lane, e->batch->predictor, e->lane_threads);
    pthread_mutex_lock(&e->lock);
    while (!e->closed)
        if (!run_next(e, &lane) && !do_next(e)) pthread_cond_wait(&e->changed, &e->lock);
    pthread_mutex_unlock(&e->lock);
    sx_lane_close(&lane);
    return NULL;
}

/* ---- work of the calling thread only, with the lock ---- */

static bool finish_next(engine *e, sx_error *err) {
    slot *s = slot_of(e, e->done);
    pthread_mutex_unlock(&e->lock);
    const bool ok = e->batch->done(e->batch->user, &s->film, err);
    sx_prediction_free(s->film.prediction);
    pthread_mutex_lock(&e->lock);
    s->film.prediction = NULL;
    e->bytes -= s->bytes;
    e->done++;
    pthread_cond_broadcast(&e->changed);
    return ok;
}

/* Predicts and delivers all films. After a cancellation, it delivers only the films that the
 * networks have finished or were given; *stopped: there are others. */
static bool run_films(engine *e, bool *stopped, sx_error *err) {
    bool ok = true;
    sx_lane lane;
    sx_lane_open(&lane, e->batch->predictor, e->lane_threads);
    pthread_mutex_lock(&e->lock);
    while (ok && e->done < e->end) {
        if (!*stopped && e->run < e->end && sx_context_cancelled(e->context)) {
            *stopped = true;
            e->end = e->run;
        } else if (next_is(e, e->done, e->run, FINISHED)) {
            ok = finish_next(e, err);
        } else if (!run_next(e, &lane) && !do_next(e)) {
            pthread_cond_wait(&e->changed, &e->lock);
        }
    }
    e->closed = true;
    pthread_cond_broadcast(&e->changed);
    pthread_mutex_unlock(&e->lock);
    sx_lane_close(&lane);
    return ok;
}

/* ---- a batch ---- */

/* How many threads do what. */
typedef struct crew {
    int lanes, lane_threads, helpers;
} crew;

static int at_most(int n, int most) {
    return n < most ? n : most;
}

/* A lane of one thread also reads and draws. Where lanes have several threads, helpers do it, so
 * that these need not wait. Where memory is short (base/mem.h), the calling thread does all. */
static crew choose_crew(const sx_batch *b, int threads) {
    crew c = { .lanes = b->lanes > 0 ? at_most(b->lanes, SX_MOST_LANES)
                                     : sx_lane_count(b->count, threads) };
    c.lane_threads = threads / c.lanes > 1 ? threads / c.lanes : 1;
    c.helpers = b->count < 2 || c.lane_threads < 2 ? 0 : (threads - c.lanes + 1) / 2;
    if (sx_memory_is_short()) c = (crew){ .lanes = 1, .lane_threads = threads };
    if (b->helpers >= 0) c.helpers = b->helpers;
    c.helpers = at_most(c.helpers, SX_BATCH_HELPERS);
    return c;
}

/* Frees the engine and the films that were begun and not delivered. The helpers must have ended. */
static void free_rest(engine *e) {
    for (; e->done < e->begun; e->done++) {
        slot *s = slot_of(e, e->done);
        if (s->readable) sx_film_views_free(&s->views);
        sx_prediction_free(s->film.prediction);
    }
    free(e->slots);
    pthread_cond_destroy(&e->changed);
    pthread_mutex_destroy(&e->lock);
}

static bool open_engine(engine *e, const sx_batch *b, const crew *c, sx_error *err) {
    *e = (engine){ .batch = b, .context = sx_predictor_context(b->predictor), .end = b->count };
    const int others = c->lanes - 1 + c->helpers;
    e->slot_count = others ? 4 * (size_t)others + 4 : 1;
    e->lane_threads = c->lanes > 1 ? c->lane_threads : 0;
    e->slots = sx_calloc_for(e->slot_count, sizeof *e->slots, "films", err);
    if (!e->slots) return false;
    if (pthread_mutex_init(&e->lock, NULL) == 0) {
        if (pthread_cond_init(&e->changed, NULL) == 0) return true;
        pthread_mutex_destroy(&e->lock);
    }
    free(e->slots);
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for a lock");
}

/* Starts the other threads; if fewer can be started, the calling thread does their work. */
static int start_threads(engine *e, const crew *c, pthread_t *threads) {
    int n = 0;
    while (n < c->lanes - 1 + c->helpers &&
           pthread_create(&threads[n], NULL, n < c->lanes - 1 ? run_lane : helper, e) == 0)
        n++;
    return n;
}

bool sx_batch_run(const sx_batch *b, bool *stopped, sx_error *err) {
    engine e;
    pthread_t threads[SX_MOST_LANES + SX_BATCH_HELPERS];
    const sx_context *context = sx_predictor_context(b->predictor);
    const crew c = choose_crew(b, sx_threads_of(context));
    const sx_context one = sx_context_child(context, 1);
    *stopped = false;
    if (!sx_predictor_check_process(b->predictor, err)) return false;
    if (!open_engine(&e, b, &c, err)) return false;
    e.loops = e.slot_count > 1 ? &one : context;
    const int others = start_threads(&e, &c, threads);
    const bool ok = run_films(&e, stopped, err);
    for (int i = 0; i < others; i++)
        pthread_join(threads[i], NULL);
    free_rest(&e);
    return ok;
}
