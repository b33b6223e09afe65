/* Internal to the reports of subgroups. */
#ifndef SX_EVALUATION_SUBGROUP_IMPL_H
#define SX_EVALUATION_SUBGROUP_IMPL_H

#include "evaluation/subgroup_report.h"

/* The names of the measures, how the interval of each is made, and what each counts; all are
 * [count]. */
void sx_subgroup_name_measures(sx_subgroup_table *t, const char *const *names,
                               const char *const *hows, const char *const *counted, size_t count);
/* Counts the groups with films of several levels. films and groups are [count]. */
bool sx_subgroup_count_shared(const sx_subgroup *g, const uint32_t *films, const uint32_t *groups,
                              size_t count, size_t group_count, size_t *shared,
                              sx_error *err) SX_MUST_USE;

#endif
