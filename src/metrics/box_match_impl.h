/* Internal to the matching: lists are made and sorted here. */
#ifndef SX_METRICS_BOX_MATCH_IMPL_H
#define SX_METRICS_BOX_MATCH_IMPL_H

#include "metrics/box_match.h"

/* A list for n boxes, all 0. */
bool sx_match_list_make(sx_match_list *l, size_t n, size_t film_count, sx_error *err) SX_MUST_USE;
/* Sorts by descending score, stably, then calls sx_match_list_index. */
bool sx_match_list_sort(sx_match_list *l, size_t film_count, sx_error *err) SX_MUST_USE;
/* Sets hit_places, hit_start, any_ignored and most_rank. */
bool sx_match_list_index(sx_match_list *l, sx_error *err) SX_MUST_USE;

#endif
