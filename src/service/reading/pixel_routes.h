/* The routes of films' pixels; web/reading_api.json describes the description.
 *
 *     GET /api/reading/films/{film}                 how samples become grey values
 *     GET /api/reading/films/{film}/pixels/{level}  level 1, 4 or 8 (reading/pixel_level.h)
 *
 * The web server's options.user begins with an sx_worklist, whose folder has the cache. A film
 * whose file has changed since its import is status 409. */
#ifndef SX_SERVICE_READING_PIXEL_ROUTES_H
#define SX_SERVICE_READING_PIXEL_ROUTES_H

#include "service/web/routes.h"

extern const sx_web_route sx_reading_pixel_routes[];

#endif
