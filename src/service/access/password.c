#include "service/access/password.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"

_Static_assert(crypto_pwhash_STRBYTES <= SX_PASSWORD_HASH, "a hash fits");

struct sx_password_gate {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    int most_running, most_waiting, running, waiting;
    char nobody[SX_PASSWORD_HASH]; /* the hash that is verified for accounts that do not exist */
};

static bool enter(sx_password_gate *g, sx_error *err) {
    pthread_mutex_lock(&g->lock);
    const bool full = g->running == g->most_running && g->waiting == g->most_waiting;
    if (!full) {
        g->waiting++;
        while (g->running == g->most_running)
            pthread_cond_wait(&g->freed, &g->lock);
        g->waiting--;
        g->running++;
    }
    pthread_mutex_unlock(&g->lock);
    return !full ||
           sx_fail(err, SX_ERR_LIMIT, "too many passwords are being checked; try again soon");
}

static void leave(sx_password_gate *g) {
    pthread_mutex_lock(&g->lock);
    g->running--;
    pthread_cond_signal(&g->freed);
    pthread_mutex_unlock(&g->lock);
}

static bool hash_text(const char *text, char out[SX_PASSWORD_HASH], sx_error *err) {
    memset(out, 0, SX_PASSWORD_HASH);
    return crypto_pwhash_str(out, text, strlen(text), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0 ||
           sx_fail(err, SX_ERR_MEMORY, "out of memory for a password");
}

static bool hash_nobody(sx_password_gate *g, sx_error *err) {
    unsigned char bytes[32];
    char text[2 * sizeof bytes + 1];
    if (sodium_init() < 0) return sx_fail(err, SX_ERR_INTERNAL, "libsodium cannot be used");
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
    return hash_text(text, g->nobody, err);
}

sx_password_gate *sx_password_gate_new(int at_once, int waiting, sx_error *err) {
    if (at_once < 1 || at_once > 100 || waiting < 1 || waiting > 100) {
        sx_fail(err, SX_ERR_USAGE, "limits of password checks are out of range");
        return NULL;
    }
    sx_password_gate *g = sx_calloc_for(1, sizeof *g, "password checks", err);
    if (!g) return NULL;
    g->most_running = at_once;
    g->most_waiting = waiting;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->freed, NULL);
    if (hash_nobody(g, err)) return g;
    sx_password_gate_free(g);
    return NULL;
}

void sx_password_gate_free(sx_password_gate *g) {
    if (!g) return;
    pthread_cond_destroy(&g->freed);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

bool sx_password_check(const char *password, sx_error *err) {
    const size_t n = strlen(password);
    size_t characters = 0;
    for (size_t i = 0, step; i < n; i += step, characters++) {
        step = sx_utf8_length(password + i, n - i);
        if (step == 0) return sx_fail(err, SX_ERR_VALUE, "the password is not UTF-8");
        if ((unsigned char)password[i] < 0x20 || password[i] == 0x7F)
            return sx_fail(err, SX_ERR_VALUE, "the password has control characters");
    }
    if (characters < SX_PASSWORD_LEAST || characters > SX_PASSWORD_MOST)
        return sx_fail(err, SX_ERR_VALUE, "a password has %d to %d characters", SX_PASSWORD_LEAST,
                       SX_PASSWORD_MOST);
    return true;
}

bool sx_password_hash(sx_password_gate *g, const char *password, char out[SX_PASSWORD_HASH],
                      sx_error *err) {
    if (!enter(g, err)) return false;
    const bool ok = hash_text(password, out, err);
    leave(g);
    return ok;
}

bool sx_password_verify(sx_password_gate *g, const char *hash, const char *password, bool *right,
                        sx_error *err) {
    const bool exists = hash && *hash;
    if (!enter(g, err)) return false;
    const int code =
        crypto_pwhash_str_verify(exists ? hash : g->nobody, password, strlen(password));
    leave(g);
    *right = exists && code == 0;
    return true;
}
