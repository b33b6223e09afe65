#include "service/access/attempts.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

/* Sets of WAYS entries; a key belongs to one set, where a new one replaces the oldest. */
enum { SETS = 1024, WAYS = 8 };
enum { FORGET = 24 * 3600 * 1000, FIRST_WAIT = 5000, LONGEST_WAIT = 900 * 1000 };

typedef struct entry {
    uint64_t key; /* 0: free */
    int64_t last, until;
    int failures;
} entry;

struct sx_attempts {
    pthread_mutex_t lock;
    uint64_t seed; /* so that nobody can choose names that share a set */
    entry sets[SETS][WAYS];
};

typedef enum scope { ACCOUNT_HERE, ACCOUNT, ADDRESS, SCOPES } scope;
static const int allowed[SCOPES] = { [ACCOUNT_HERE] = 5, [ACCOUNT] = 25, [ADDRESS] = 25 };

sx_attempts *sx_attempts_new(sx_error *err) {
    if (sodium_init() < 0) {
        sx_fail(err, SX_ERR_INTERNAL, "libsodium cannot be used");
        return NULL;
    }
    sx_attempts *a = sx_calloc_for(1, sizeof *a, "the list of failed sign-ins", err);
    if (!a) return NULL;
    pthread_mutex_init(&a->lock, NULL);
    randombytes_buf(&a->seed, sizeof a->seed);
    return a;
}

void sx_attempts_free(sx_attempts *a) {
    if (!a) return;
    pthread_mutex_destroy(&a->lock);
    free(a);
}

/* Lengths keep "a" + "bc" and "ab" + "c" apart. */
static uint64_t key_of(const sx_attempts *a, scope s, const char *login, const char *address) {
    char text[400];
    const char *l = s == ADDRESS ? "" : login, *from = s == ACCOUNT ? "" : address;
    sx_format(text, sizeof text, "%d %zu %.150s %.150s", (int)s, strlen(l), l, from);
    const uint64_t key = sx_xxh64(text, strlen(text), a->seed);
    return key ? key : 1;
}

static entry *find_entry(sx_attempts *a, uint64_t key) {
    entry *set = a->sets[key % SETS];
    for (int i = 0; i < WAYS; i++)
        if (set[i].key == key) return &set[i];
    return NULL;
}

static entry *make_entry(sx_attempts *a, uint64_t key, int64_t now) {
    entry *set = a->sets[key % SETS], *oldest = find_entry(a, key);
    if (oldest && now - oldest->last < FORGET) return oldest;
    for (int i = 0; !oldest && i < WAYS; i++)
        if (!set[i].key) oldest = &set[i];
    if (!oldest) oldest = &set[0];
    for (int i = 1; oldest->key && oldest->key != key && i < WAYS; i++)
        if (set[i].last < oldest->last) oldest = &set[i];
    *oldest = (entry){ .key = key, .last = now };
    return oldest;
}

static int64_t wait_after(int failures, int most) {
    int64_t wait = FIRST_WAIT;
    if (failures < most) return 0;
    for (int i = most; i < failures && wait < LONGEST_WAIT; i++)
        wait *= 2;
    return wait < LONGEST_WAIT ? wait : LONGEST_WAIT;
}

static void add_failure(entry *e, scope s, int64_t now) {
    e->last = now;
    e->failures++;
    e->until = now + wait_after(e->failures, allowed[s]);
}

bool sx_attempts_begin(sx_attempts *a, const char *login, const char *address, int64_t now,
                       int64_t *wait) {
    *wait = 0;
    pthread_mutex_lock(&a->lock);
    for (int s = 0; s < SCOPES; s++) {
        const entry *e = find_entry(a, key_of(a, s, login, address));
        if (e && e->until - now > *wait) *wait = e->until - now;
    }
    for (int s = 0; *wait == 0 && s < SCOPES; s++)
        add_failure(make_entry(a, key_of(a, s, login, address), now), s, now);
    pthread_mutex_unlock(&a->lock);
    return *wait == 0;
}

static void take_back(sx_attempts *a, scope s, const char *login, const char *address, int most) {
    entry *e = find_entry(a, key_of(a, s, login, address));
    if (!e) return;
    e->failures = e->failures > most ? e->failures - most : 0;
    e->until = 0;
}

void sx_attempts_right(sx_attempts *a, const char *login, const char *address) {
    pthread_mutex_lock(&a->lock);
    take_back(a, ACCOUNT_HERE, login, address, INT32_MAX);
    take_back(a, ACCOUNT, login, address, INT32_MAX);
    take_back(a, ADDRESS, login, address, 1);
    pthread_mutex_unlock(&a->lock);
}

void sx_attempts_undo(sx_attempts *a, const char *login, const char *address) {
    pthread_mutex_lock(&a->lock);
    for (int s = 0; s < SCOPES; s++)
        take_back(a, s, login, address, 1);
    pthread_mutex_unlock(&a->lock);
}
