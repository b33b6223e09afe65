/* Films of the patient Ziegler Quintus that the node has received, for tests of the reading room,
 * and what is drawn on them. */
#ifndef TESTS_SERVICE_RECEIVED_FILM_H
#define TESTS_SERVICE_RECEIVED_FILM_H

#include <stdbool.h>
#include <stdint.h>

#include "service/store/db.h"

enum { DRAWN_WIDTH = 400, DRAWN_HEIGHT = 240 };
extern uint16_t drawn_cells[DRAWN_WIDTH * DRAWN_HEIGHT];
/* Every row of drawn_cells is a little brighter than the one above. */
void drawn_slope(void);
/* Writes text along the upper edge. */
void drawn_text(const char *text, uint16_t value);

/* A film of the study 1.2.276.0.7.N below check_tmp(), as the node keeps it: a slope, and the name
 * of the patient in its pixels if `text`. */
void receive_film(sx_db *db, int study, bool text);

#endif
