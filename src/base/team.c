#include "base/team.h"

#include <errno.h>
#include <execinfo.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

/* libgomp keeps a pool of threads for each thread that begins regions. */
static _Thread_local int largest_started = 1;

/* The memory that a team needs in addition to its threads' stacks. */
enum { ROOM_FOR_TEAM = 1 << 20 };

/* OpenMP's notation: a number with the unit B, K, M or G (default: K). 0: not set or not valid. */
static size_t stack_size_of(const char *text) {
    static const char units[] = "BKMG";
    char *end;
    if (!text) return 0;
    while (sx_is_space(*text))
        text++;
    if (!sx_is_digit(*text)) return 0;
    errno = 0;
    const unsigned long long n = strtoull(text, &end, 10);
    while (sx_is_space(*end))
        end++;
    const char *unit = *end ? strchr(units, sx_to_upper(*end)) : units + 1;
    if (errno || !unit) return 0;
    const int shift = 10 * (int)(unit - units);
    return n <= SIZE_MAX >> shift ? (size_t)n << shift : 0;
}

static void set_stack_size(pthread_attr_t *attr) {
    size_t bytes = stack_size_of(getenv("OMP_STACKSIZE"));
    if (!bytes) bytes = stack_size_of(getenv("GOMP_STACKSIZE"));
    /* libgomp also ignores an impossible size */
    if (bytes) pthread_attr_setstacksize(attr, bytes);
}

static void *wait_for_lock(void *lock) {
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

/* Starts `count` threads that exist at the same time, and ends them. Returns errno's value. */
static int try_threads(int count) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_attr_t attr;
    pthread_t *threads = sx_calloc((size_t)count, sizeof *threads);
    void *room = malloc(ROOM_FOR_TEAM);
    int why = threads && room ? pthread_attr_init(&attr) : ENOMEM, started = 0;
    if (why == 0) {
        set_stack_size(&attr);
        pthread_mutex_lock(&lock);
        while (started < count && why == 0) {
            why = pthread_create(&threads[started], &attr, wait_for_lock, &lock);
            started += why == 0;
        }
        pthread_mutex_unlock(&lock);
        for (int i = 0; i < started; i++)
            pthread_join(threads[i], NULL);
        pthread_attr_destroy(&attr);
    }
    free(room);
    free(threads);
    return why;
}

/* libgomp ends threads by pthread_exit. For it glibc loads its unwinder, and ends the process if
 * there is no memory for that; backtrace loads it here. */
static bool load_unwinder(void) {
    void *frame;
    return backtrace(&frame, 1) > 0;
}

static bool can_start(int wanted, sx_error *err) {
    if (wanted <= largest_started) return true;
    const int why = load_unwinder() ? try_threads(wanted - largest_started) : ENOMEM;
    if (why)
        return sx_fail(err, SX_ERR_MEMORY, "%d threads cannot be started (%s); use fewer threads",
                       wanted, strerror(why));
    largest_started = wanted;
    return true;
}

int sx_team_probe(int wanted, sx_error *err) {
    int size = 1;
    if (wanted <= 1) return 1;
    if (!can_start(wanted, err)) return 0;
    const int dynamic = omp_get_dynamic();
    omp_set_dynamic(0);
#pragma omp parallel num_threads(wanted)
#pragma omp master
    size = omp_get_num_threads();
    omp_set_dynamic(dynamic);
    return size;
}

int sx_team_size(int wanted) {
    return wanted > 1 && !omp_in_parallel() && can_start(wanted, NULL) ? wanted : 1;
}
