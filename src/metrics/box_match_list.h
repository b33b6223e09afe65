/* Inside the matching: making and ordering of lists. */
#ifndef SX_METRICS_BOX_MATCH_LIST_H
#define SX_METRICS_BOX_MATCH_LIST_H

#include "metrics/box_match.h"

bool sx_match_list_make(sx_match_list *l, size_t n, size_t films, sx_error *err) SX_MUST_USE;
/* By descending score, stable; then finds the hits. */
bool sx_match_list_sort(sx_match_list *l, size_t films, sx_error *err) SX_MUST_USE;
/* Fills hit_at and what follows it. */
bool sx_match_list_index(sx_match_list *l, sx_error *err) SX_MUST_USE;

#endif
