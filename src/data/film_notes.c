#include "data/film_notes.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"

struct sx_film_notes {
    const sx_context *context;
    pthread_mutex_t lock;
    sx_names films; /* with warnings */
};

sx_film_notes *sx_film_notes_new(const sx_context *context, sx_error *err) {
    sx_film_notes *n = sx_calloc_for(1, sizeof *n, "warnings", err);
    if (!n) return NULL;
    n->context = context;
    pthread_mutex_init(&n->lock, NULL);
    return n;
}

void sx_film_notes_free(sx_film_notes *n) {
    if (!n) return;
    const size_t more = n->films.count > SX_NOTED_FILMS ? n->films.count - SX_NOTED_FILMS : 0;
    if (more)
        sx_log(n->context, SX_LOG_WARNING, "%zu more %s such warnings; predict prints them all",
               more, sx_noun(more, "film has", "films have"));
    pthread_mutex_destroy(&n->lock);
    sx_names_free(&n->films);
    free(n);
}

/* Out of memory, a film's warnings may be logged again. */
void sx_film_notes_add(sx_film_notes *n, const char *path, const sx_film_warnings *warnings) {
    bool fresh = true;
    if (!n || warnings->count == 0) return;
    pthread_mutex_lock(&n->lock);
    if (!sx_names_put(&n->films, path, 0, &fresh, NULL)) fresh = true;
    const bool shown = fresh && n->films.count <= SX_NOTED_FILMS;
    for (int i = 0; shown && i < warnings->count; i++)
        sx_log(n->context, SX_LOG_WARNING, "%s: %s", path, warnings->texts[i]);
    pthread_mutex_unlock(&n->lock);
}
