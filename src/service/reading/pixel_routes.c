/* The pixels of films for those who may see them. */
#include <unistd.h>

#include "service/reading/pixel_cache.h"
#include "service/reading/pixel_routes.h"
#include "service/reading/reading_access.h"
#include "service/worklist/worklist.h"

/* A browser asks again each time, and is answered 304: what it kept for one person must not be
 * shown to another. */
static const char *const ask_again = "private, no-cache";

static bool reply_part(const sx_web_request *r, const char *part, const char *type,
                       sx_web_reply *reply, sx_error *err) {
    const sx_worklist *w = r->user;
    sx_reading_film film;
    int fd;
    uint64_t size;
    if (!sx_reading_film_find(r, &film, err)) return false;
    const sx_pixel_source source = { w->folder, film.path, film.sha256, NULL, w->pixel_bytes };
    if (!sx_pixel_cache_open(&source, part, &fd, &size, err)) return false;
    sx_web_reply_file(reply, 200, type, fd, size);
    reply->cache = ask_again;
    sx_format(reply->etag, sizeof reply->etag, "\"%.32s-%s\"", film.sha256, part);
    return true;
}

static bool show_description(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_part(r, "json", "application/json", reply, err);
}

static bool show_pixels(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    return reply_part(r, sx_web_parameter(r, "level"), "application/octet-stream", reply, err);
}

enum { WHO = SX_ROLE_MANAGER | SX_ROLE_ADJUDICATOR | SX_ROLE_READER };

const sx_web_route sx_reading_pixel_routes[] = {
    { "GET", "/api/reading/films/{film}", WHO, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_description },
    { "GET", "/api/reading/films/{film}/pixels/{level}", WHO, SX_WEB_SESSION, SX_WEB_NO_BODY, 0,
      show_pixels },
    { .method = NULL },
};
