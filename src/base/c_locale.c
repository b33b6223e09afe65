#include "base/c_locale.h"

#include <pthread.h>

static locale_t the_c_locale;

static void make_c_locale(void) {
    the_c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t sx_c_locale(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_c_locale);
    return the_c_locale;
}

/* The locale for the host's callbacks in this thread; 0: the thread is in no scope and already has
 * it. */
static _Thread_local locale_t host_locale;

/* uselocale(0) changes nothing and returns the locale in use. */
sx_locale_scope sx_c_locale_enter(void) {
    const locale_t c = sx_c_locale();
    const sx_locale_scope scope = { uselocale(c), host_locale };
    if (scope.thread != c) host_locale = scope.thread;
    return scope;
}

sx_locale_scope sx_host_locale_enter(void) {
    const sx_locale_scope scope = { uselocale(host_locale), host_locale };
    host_locale = (locale_t)0;
    return scope;
}

void sx_locale_leave(const sx_locale_scope *scope) {
    uselocale(scope->thread);
    host_locale = scope->host;
}
